"""Buildings as people corrected them: the last word counts, by id or by the key that outlives releases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from citytwin.engine.corrected import Corrections
from citytwin.errors import StoreError
from citytwin.store.corrections import (
    Correction,
    correction_files,
    correction_in,
    keep_correction,
    standing,
)

NOW = datetime(2026, 7, 1, tzinfo=UTC)


def said(building: str, attribute: str, value: str | None, hour: float = 0.0) -> Correction:
    """Somebody says so, some hours after midnight."""
    return Correction.model_validate(
        {
            "building": building,
            "attribute": attribute,
            "value": value,
            "by": "Tanaka",
            "why": "seen",
            "made": NOW + timedelta(hours=hour),
        }
    )


def buildings() -> pd.DataFrame:
    """Three, as their table types them."""
    return pd.DataFrame(
        {
            "building_id": pd.array(["a", "b", "c"], dtype="string"),
            "stable_key": pd.array(["13-1", "13-2", "13-3"], dtype="string"),
            "storeys": pd.array([2, pd.NA, 5], dtype="Int32"),
            "usage": pd.array(["住宅", None, "学校"], dtype="string"),
            "usage_code": pd.array(["411", None, "441"], dtype="string"),
        }
    )


def test_the_last_word_counts_and_may_be_taken_back() -> None:
    """Whatever the order of the files, and as of any time."""
    every = [said("a", "storeys", "3", 1), said("a", "storeys", "4", 2), said("b", "usage", "寺", 1),
             said("b", "usage", None, 3)]  # fmt: skip
    for order in (every, every[::-1]):
        assert {key: one.value for key, one in standing(order).items()} == {("a", "storeys"): "4"}
        then = standing(order, NOW + timedelta(hours=1.5))
        assert {key: one.value for key, one in then.items()} == {
            ("a", "storeys"): "3",
            ("b", "usage"): "寺",
        }


def test_corrected_attributes_and_no_others() -> None:
    """A new usage has no code; a building that is gone is told as a loss, the rest as corrected."""
    every = [said("a", "usage", "病院"), said("13-2", "storeys", "7"), said("gone", "storeys", "1")]
    corrections, before = Corrections(standing(every)), buildings()
    assert corrections.concern(before)
    after = corrections.applied(before)
    assert after["usage"].tolist() == ["病院", pd.NA, "学校"]
    assert after["usage_code"].tolist() == [pd.NA, pd.NA, "441"]
    assert after["storeys"].tolist() == [2, 7, 5]
    assert (after.dtypes == before.dtypes).all()
    pd.testing.assert_frame_equal(before, buildings())
    assert [note.severity for note in corrections.notes()] == ["info", "loss"]
    assert "2 attributes" in corrections.notes()[0].en
    assert corrections.gone == ("gone",)
    # told where the run started, not on a layer that may be less protected than the source
    assert not any("gone" in said for note in corrections.notes() for said in (note.ja, note.en))
    assert Corrections().notes() == ()


def test_files_are_kept_and_checked(tmp_path: Path) -> None:
    """One for each; what is damaged is named, and what is no correction is refused."""
    file = keep_correction(tmp_path, said("a", "storeys", "3"))
    keep_correction(tmp_path, said("a", "storeys", "3"))
    assert len(correction_files(tmp_path)) == 2
    assert correction_in(file) == said("a", "storeys", "3")
    file.write_text("{", encoding="utf-8")
    with pytest.raises(StoreError, match=f"{file.name} is no correction"):
        correction_in(file)
    for building, attribute, value in (
        ("a", "storeys", "0"), ("a", "storeys", "²"), ("a", "storeys", "301"), ("a b", "usage", "x"),
        ("a", "height_m", "3"), ("a", "usage", ""),
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            said(building, attribute, value)
