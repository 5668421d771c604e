"""Where the grid lies, and what does not belong there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from citytwin.config import Config
from citytwin.engine.city_store import CityStore
from citytwin.engine.placing import check_memory, find_grid
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.errors import ConfigError
from citytwin.model import crs as crs_of
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec
from citytwin.store.placed import Places
from citytwin.store.row_index import RowIndex

KANAGAWA = (139.35, 35.15)


def config(crs: str, **grid: object) -> Config:
    """A city in a CRS."""
    return Config.model_validate(
        {
            "city": {"id": "town", "title": {"ja": "町", "en": "Town"}},
            "crs": crs,
            "vertical_datum": {"ja": "T.P.", "en": "T.P."},
            "time_zone": "Asia/Tokyo",
            "data_date": "2026-06-01",
            "out": "out",
            "grid": {"cell_m": 2.0, **grid},
            "sources": [
                {"name": "a", "use": "cityjson", "path": "a", "classification": "public",
                 "title": "A", "licence": "CC0"}
            ],
        }
    )  # fmt: skip


def boxes_at(crs: str, lonlat: tuple[float, float], count: int = 40) -> np.ndarray:
    """Boxes of 10 m in two rows of streets around a place."""
    x, y = crs_of.transform(np.array([lonlat[0]]), np.array([lonlat[1]]), "EPSG:4326", crs)
    east = x[0] + 15.0 * np.arange(count)
    north = y[0] + 20.0 * (np.arange(count) % 2)
    return np.stack([east, north, east + 10.0, north + 10.0], axis=1)


def standing(boxes: np.ndarray) -> Standing:
    """Buildings with these boxes."""
    digests = np.zeros(len(boxes), dtype=np.uint64)
    return Standing(tables={t.BUILDINGS: TableEntry.of("merged", Places(RowIndex(boxes), digests))})


def store(folder: Path, crs: str) -> CityStore:
    """A working store."""
    return CityStore(folder, crs, "Asia/Tokyo", 16)


@pytest.mark.parametrize("wrong", ["EPSG:28992", "EPSG:6669", "EPSG:3035"])
def test_a_crs_made_for_another_place_is_refused(tmp_path: Path, wrong: str) -> None:
    """Dutch RD turns Kanagawa by 117 degrees; the zone of Nagasaki is 1 % too long there."""
    with pytest.raises(ConfigError, match=r"longitude 139.*latitude 35.*on the grid") as caught:
        find_grid(config(wrong), store(tmp_path, wrong), standing(boxes_at(wrong, KANAGAWA)))
    assert wrong in caught.value.message
    assert "EPSG:6677" in caught.value.hint


def test_a_crs_outside_its_area_is_refused_whatever_its_scale(tmp_path: Path) -> None:
    """UTM zone 52 ends at 132 degrees east."""
    crs = "EPSG:32652"
    with pytest.raises(ConfigError, match="made for Between 126"):
        find_grid(config(crs), store(tmp_path, crs), standing(boxes_at(crs, (133.5, 34.4))))


def test_a_place_where_a_crs_is_not_defined_is_refused(tmp_path: Path) -> None:
    """Bounds with some digits too many."""
    far = config("EPSG:6677", bounds=[1e9, 1e9, 1e9 + 100, 1e9 + 100])
    with pytest.raises(ConfigError, match="not defined"):
        find_grid(far, store(tmp_path, "EPSG:6677"), Standing())


@pytest.mark.parametrize("right", ["EPSG:6677", "EPSG:6676", "EPSG:32654"])
def test_a_crs_that_suits_is_taken_without_a_word(tmp_path: Path, right: str) -> None:
    """The plane zone, its neighbour, and UTM."""
    found = standing(boxes_at(right, KANAGAWA))
    assert find_grid(config(right), store(tmp_path, right), found).crs == right
    assert not found.warnings


def test_a_crs_that_is_a_little_off_is_told_on_every_layer(tmp_path: Path) -> None:
    """3.9 degrees from the central meridian at 34.4 N: 0.9996 (1 + (0.0681 cos 34.4)^2 / 2)."""
    crs = "EPSG:32652"
    found = standing(boxes_at(crs, (132.9, 34.4)))
    find_grid(config(crs), store(tmp_path, crs), found)
    (warning,) = found.warnings
    assert warning.sources == {"a"}
    assert warning.notes[0].severity == "fallback"
    assert "+0.12 %" in warning.notes[0].en


def test_a_grid_that_does_not_fit_into_memory_is_refused() -> None:
    """60 km at 1 m: 3.6e9 cells of 8 bytes are 29 GB; 1.4 m would need 15 GB."""
    grid = GridSpec.covering(Bounds(-60_000, -130_000, 0, -70_000), 1.0, "EPSG:6677")
    check_memory(grid, 64_000_000_000)
    with pytest.raises(ConfigError, match="29 GB, this machine has 16 GB") as caught:
        check_memory(grid, 16_000_000_000)
    assert "cell_m: 1.4" in caught.value.hint


def test_a_grid_where_no_data_lie_is_refused_with_both_places(tmp_path: Path) -> None:
    """Bounds that were never filled in."""
    empty = config("EPSG:6677", bounds=[0, 0, 300, 300])
    with pytest.raises(ConfigError, match=r"buildings \(40 rows\) lies in \[-4") as caught:
        find_grid(empty, store(tmp_path, "EPSG:6677"), standing(boxes_at("EPSG:6677", KANAGAWA)))
    assert "the grid in [0, 0, 300, 300] (139.835 E, 36.001 N)" in caught.value.message


def test_a_table_that_lies_elsewhere_is_a_loss_of_what_is_made_from_it(tmp_path: Path) -> None:
    """Roads of another ward."""
    found = standing(boxes_at("EPSG:6677", KANAGAWA))
    roads = boxes_at("EPSG:6677", (139.7, 35.7))
    found.tables[t.ROADS] = TableEntry.of(
        "merged", Places(RowIndex(roads), np.zeros(40, dtype=np.uint64))
    )
    find_grid(config("EPSG:6677"), store(tmp_path, "EPSG:6677"), found)
    assert len(found.losses) == 1
    assert "roads (40 rows) lies in [-12" in found.losses[0]
    assert found.lineage[t.ROADS].notes[0].severity == "loss"
    assert t.BUILDINGS not in found.lineage
