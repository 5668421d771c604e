"""Damage that a run meets is cleared away within it; a disk that damages all is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.engine.healing import ATTEMPTS, clearing, healed
from citytwin.engine.report import RunReport
from citytwin.errors import DamagedError, StoreError


def test_what_is_damaged_goes_and_the_run_begins_again(tmp_path: Path) -> None:
    """A file that a worker met, and a folder that the main process met."""
    (tmp_path / "chunk").write_text("x")
    (tmp_path / "field").mkdir()
    attempts: list[int] = []

    def carry_out(report: RunReport) -> None:
        attempts.append(len(attempts))
        if (tmp_path / "field").exists():
            raise DamagedError("field a", files=(str(tmp_path / "field"),))
        if (tmp_path / "chunk").exists():
            error = DamagedError("chunk b", files=(str(tmp_path / "chunk"),))
            report.fail(str(error), error)
            return
        report.run_id = "20261126T000000Z"

    report = healed("town", carry_out)
    assert attempts == [0, 1, 2]
    assert not report.failures
    assert report.run_id
    assert report.healed == ["field a", "chunk b"]
    assert list(tmp_path.iterdir()) == []


def test_damage_that_comes_back_is_told() -> None:
    """A failing disk: the run ends, and says what."""
    tried: list[RunReport] = []

    def carry_out(report: RunReport) -> None:
        tried.append(report)
        error = DamagedError("chunk b", files=())
        report.fail(str(error), error)

    report = healed("town", carry_out)
    assert len(tried) == ATTEMPTS
    assert report.failures == ["chunk b"]


def test_a_command_that_does_not_begin_again_clears_away_too(tmp_path: Path) -> None:
    """The same command then makes it anew; what is no damage stays."""
    file = tmp_path / "part.parquet"
    file.write_text("x")
    with pytest.raises(StoreError), clearing(RunReport("town")):
        raise StoreError("the disk is full")
    assert file.exists()
    with pytest.raises(DamagedError), clearing(RunReport("town")):
        raise DamagedError("table", files=(str(file),))
    assert not file.exists()
