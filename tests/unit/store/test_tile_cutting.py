"""Vector tiles are cut where rows have changed; an archive is that of cutting all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from citytwin.errors import StoreError
from citytwin.store import pmtiles
from citytwin.store.drawing import PiecesBefore
from citytwin.store.pmtiles import write_pmtiles
from citytwin.store.tile_cutting import cut, read_tiles, tiles_of

BOX = (139.755, 35.690, 139.762, 35.694)
COUNT = 300


def houses(seed: int = 7) -> gpd.GeoDataFrame:
    """Houses, roads that cross many tiles, and values with gaps, within 4 km."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-8000.0, -4000.0, COUNT), rng.uniform(-36000.0, -33000.0, COUNT)
    outlines = shapely.box(x, y, x + rng.uniform(1.0, 300.0, COUNT), y + 12.0)
    return gpd.GeoDataFrame(
        {
            "id": pd.array([f"h{i}" for i in range(COUNT)], dtype="string"),
            "height_m": np.where(rng.random(COUNT) < 0.2, np.nan, rng.uniform(3.0, 60.0, COUNT)),
            "storeys": pd.array(
                [None if i % 5 == 0 else i % 9 for i in range(COUNT)], dtype="Int32"
            ),
            "use": pd.array([None if i % 4 else "住宅" for i in range(COUNT)], dtype="string"),
        },
        geometry=outlines,
        crs="EPSG:6677",
    )


def other_value(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One house becomes lower."""
    rows.loc[150, "height_m"] = 1.25
    return rows


def moved(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One house stands where none stood, far from all others."""
    rows.loc[20, "geometry"] = shapely.box(-12000.0, -40000.0, -11980.0, -39990.0)
    return rows


def gone(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One house is taken away."""
    return rows.drop(index=77).reset_index(drop=True)


def come(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """One house is built, and stands first."""
    return pd.concat([houses(8).iloc[:1], rows], ignore_index=True)


def without_uses(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """No house has a use any more: a column without a value."""
    rows["use"] = pd.array([None] * len(rows), dtype="string")
    return rows


def without_place(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A house without an outline is in no tile."""
    rows.loc[5, "geometry"] = shapely.Polygon()
    return rows


EDITS = [other_value, moved, gone, come, without_uses, without_place]


def write(path: Path, rows: gpd.GeoDataFrame, before: PiecesBefore | None = None) -> PiecesBefore:
    """Write an archive."""
    return PiecesBefore(path, write_pmtiles(path, rows, "houses", "Houses", BOX, before))


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_same_bytes_as_all_anew(
    tmp_path: Path, edit: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
) -> None:
    """An archive after an edit is, byte by byte, the one without an archive before, and back."""
    before = write(tmp_path / "before.pmtiles", houses())
    rows = edit(houses())
    after = write(tmp_path / "after.pmtiles", rows, before)
    anew = write(tmp_path / "anew.pmtiles", rows)
    assert after.path.read_bytes() == anew.path.read_bytes()
    assert after.pieces == anew.pieces
    back = write(tmp_path / "back.pmtiles", houses(), after)
    assert back.path.read_bytes() == before.path.read_bytes()


def test_only_tiles_of_changed_rows_are_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One house in one place: of the closest tiles a few, and of the rows those near it."""
    seen: dict[int, int] = {}

    def counted(rows: gpd.GeoDataFrame, layer: str, zoom: int, scratch: Path) -> dict[int, bytes]:
        seen[zoom] = len(rows)
        return cut(rows, layer, zoom, scratch)

    before = write(tmp_path / "before.pmtiles", houses())
    monkeypatch.setattr(pmtiles, "cut", counted)
    write(tmp_path / "after.pmtiles", other_value(houses()), before)
    assert COUNT / 3 < seen[10] < COUNT
    assert 0 < seen[16] < COUNT / 10


def test_the_same_numbers_in_another_crs_are_other_tiles(tmp_path: Path) -> None:
    """A CRS that was corrected moves all rows, though none of their numbers changes."""
    before = write(tmp_path / "before.pmtiles", houses())
    rows = houses().set_crs("EPSG:6676", allow_override=True)
    after = write(tmp_path / "after.pmtiles", rows, before)
    assert after.path.read_bytes() == write(tmp_path / "anew.pmtiles", rows).path.read_bytes()
    assert not set(after.pieces.values()) & set(before.pieces.values())


def test_a_row_around_the_world_is_named(tmp_path: Path) -> None:
    """It would reach into some four billion tiles."""
    rows = houses().to_crs(4326)
    rows.loc[5, "geometry"] = shapely.box(-179.0, -80.0, 179.0, 80.0)
    with pytest.raises(StoreError, match=r"layer houses: 'h5' alone reaches into \d{10} map tiles"):
        write(tmp_path / "a.pmtiles", rows)
    assert not (tmp_path / "a.pmtiles").exists()


def test_nothing_changed_cuts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tiles are those of the archive before."""
    before = write(tmp_path / "before.pmtiles", houses())
    monkeypatch.delattr(pmtiles, "cut")
    after = write(tmp_path / "after.pmtiles", houses(), before)
    assert after.path.read_bytes() == before.path.read_bytes()


def test_tiles_are_those_that_gdal_cuts_at_once(tmp_path: Path) -> None:
    """GDAL alone, in one go, gives the same where all rows are shown."""
    pyogrio.write_dataframe(
        houses().to_crs("EPSG:3857"),
        tmp_path / "gdal.pmtiles",
        driver="PMTiles",
        layer="houses",
        dataset_options={"MINZOOM": "15", "MAXZOOM": "16"},
    )
    by_gdal = read_tiles(tmp_path / "gdal.pmtiles")
    ours = read_tiles(write(tmp_path / "ours.pmtiles", houses()).path)
    assert {number: tile for number, tile in ours.items() if number >= min(by_gdal)} == by_gdal


@pytest.mark.parametrize("zoom", [10, 13, 16])
def test_no_tile_is_missed(tmp_path: Path, zoom: int) -> None:
    """Each house alone: every tile that GDAL makes of it is among those that it may be seen in."""
    rows = houses().iloc[:40].to_crs("EPSG:3857")
    named = {
        tile.number: set(tile.rows.tolist()) for tile in tiles_of(rows.bounds.to_numpy(), zoom)
    }
    for row in range(len(rows)):
        made = cut(rows.iloc[[row]], "houses", zoom, tmp_path / "one.pmtiles")
        assert all(row in named[number] for number in made)
