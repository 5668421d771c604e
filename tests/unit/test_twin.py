"""A published city, opened by whatever names its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

import citytwin
from citytwin.errors import StoreError
from citytwin.store.observations import ObservationStore, Thing, folder_of
from citytwin.store.publish import publish
from citytwin.twin import Twin
from tests.unit.store import little_city as lc
from tests.unit.store.observations.rows import Clock, at, levels


def test_a_folder_may_be_a_text_or_a_path(tmp_path: Path) -> None:
    """``Twin("out/demo")`` is what people write."""
    publish(tmp_path / "city", [lc.stage(tmp_path / "s", "terrain")], lc.run_info())
    for twin in (
        Twin(str(tmp_path / "city")), Twin(tmp_path / "city"), citytwin.open(tmp_path / "city")
    ):  # fmt: skip
        assert list(twin) == ["terrain"]
        assert twin["terrain"].to_xarray().attrs["sources"] == {"Rain": "cd" * 32}
    with pytest.raises(StoreError, match="holds no published city"):
        Twin(str(tmp_path))


def test_what_was_observed_in_a_city(tmp_path: Path) -> None:
    """State, difference and history, in the CRS of the city."""
    publish(tmp_path / "city", [lc.stage(tmp_path / "s", "terrain")], lc.run_info())
    twin = Twin(tmp_path / "city")
    with pytest.raises(StoreError, match="holds no observations"):
        twin.state(at(0))
    clock = Clock(1)
    with ObservationStore.open(folder_of(tmp_path / "city"), clock=clock) as store:
        store.things([Thing("a", "river", "Bridge", "gauge", 139.5, 35.5)])
        store.append(levels([("a", 0, 1.0), ("b", 5, 3.0)]))
        store.commit()
        clock.set(11)
        store.append(levels([("a", 10, 1.5)]))
        store.commit()
    frame = twin.state(at(10), properties=["water_level"])
    assert frame["result"].tolist() == [1.5, 3.0]
    assert frame["age_s"].tolist() == [0.0, 300.0]
    assert frame.crs == twin.crs
    assert frame.geometry.iloc[0] is not None
    assert frame.geometry.iloc[1] is None
    assert frame.attrs["known_at"] == at(11).isoformat()
    changes = twin.diff(at(1), at(10))
    assert changes[["what", "change"]].values.tolist()[0] == ["changed", 0.5]
    assert changes["what"].tolist() == ["changed", "appeared"]
    series = twin.history("a", "water_level", at(-1), at(60)).to_xarray()
    assert series.values.tolist() == [1.0, 1.5]
    assert series.attrs["units"] == "m"
    with pytest.raises(StoreError, match="a has never reported rainfall_rate"):
        twin.history("a", "rainfall_rate", at(0), at(1))
    with pytest.raises(StoreError, match="has no time zone"):
        twin.state(at(0).replace(tzinfo=None))
