"""An archive is put together of what is known of its rows, and is that of cutting all of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.store import tile_patching
from citytwin.store.drawing import PiecesBefore
from citytwin.store.pmtiles import write_pmtiles
from citytwin.store.tile_cutting import cut
from citytwin.store.tile_memory import ArchiveMemory
from tests.unit.store.test_tile_cutting import BOX, COUNT, houses, tiles_in, write


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


def twice(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Some houses stand there twice, in all they say."""
    return pd.concat([rows, rows.iloc[40:60]], ignore_index=True)


def other_order(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The same houses, the last one first."""
    return rows.iloc[::-1].reset_index(drop=True)


def come_last(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Some houses are built, and stand last."""
    return pd.concat([rows, houses(8).iloc[:3]], ignore_index=True)


def all_others(_rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Every house stands elsewhere and says something else."""
    return houses(9)


def all_gone(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """No house is left; on the way back all come into an archive without tiles."""
    return rows.iloc[:0]


def without_any_place(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """No house has an outline."""
    rows["geometry"] = [shapely.Polygon()] * len(rows)
    return rows


def odd_names(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Names that files, JSON, XML or C would trip over, and one that stands for none."""
    odd = [
        "",
        " ",
        "\0",
        "a\0b",
        '"',
        "'",
        "\\",
        "</id>",
        "\r\n",
        "家😀",
        "\u202e",
        "é",
        "é",
        "x" * 70_000,
    ]
    rows.loc[: len(odd) - 1, "id"] = odd
    return rows


EDITS = [
    *(twice, other_order, other_value, moved, gone, come, come_last, all_others),
    *(all_gone, without_any_place, odd_names, without_uses, without_place),
]


class Cuts:
    """Counts the outlines that are cut."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: dict[int, int] = {}
        monkeypatch.setattr(tile_patching, "cut", self._counted)

    def _counted(
        self, outlines: gpd.GeoSeries, layer: str, zoom: int, scratch: Path
    ) -> dict[int, bytes]:
        self.rows[zoom] = len(outlines)
        return cut(outlines, layer, zoom, scratch)


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
    assert after.memory == anew.memory
    back = write(tmp_path / "back.pmtiles", houses(), after)
    assert back.path.read_bytes() == before.path.read_bytes()


def crowd(rng: np.random.Generator, count: int) -> gpd.GeoDataFrame:
    """Walls, houses and blocks within a few tiles; some too small to be seen, many that are alike."""
    x, y = rng.uniform(-7000.0, -6000.0, count), rng.uniform(-35000.0, -34000.0, count)
    wide, high = rng.choice([0.01, 8.0, 400.0], count), rng.choice([0.0, 0.01, 60.0], count)
    areas = shapely.box(x, y, x + wide, y + np.maximum(high, 0.01))
    walls = shapely.linestrings(np.stack([x, y, x + wide, y + high], axis=1).reshape(-1, 2, 2))
    both = shapely.multipolygons(
        np.stack([areas, shapely.box(x - 900.0, y, x - 890.0, y + 9.0)], 1)
    )
    return gpd.GeoDataFrame(
        {
            "kind": pd.array(rng.choice(["a", "b", "住宅", None], count), dtype="string"),
            "size": rng.choice([0.0, -0.0, 0.1, 7.25, np.nan, 1e300], count),
            "whole": pd.array(rng.choice([None, -3, 0, 4_000_000_000], count), dtype="Int64"),
            "flat": rng.random(count) < 0.5,
        },
        geometry=np.where(rng.random(count) < 0.3, walls, np.where(x < -6800.0, both, areas)),
        crs="EPSG:6677",
    )


def edited(rng: np.random.Generator, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Some rows go, come, are doubled, are moved, say something else, or none of that."""
    some = rng.random(len(rows)) < rng.choice([0.0, 0.02, 0.5])
    other = crowd(rng, len(rows))
    match rng.integers(6):
        case 0:
            return rows[~some].reset_index(drop=True)
        case 1:
            at = int(rng.integers(len(rows)))
            return pd.concat([rows[:at], other[:3], rows[at:]], ignore_index=True)
        case 2:
            return pd.concat([rows, rows[some]], ignore_index=True)
        case 3:
            return rows.assign(geometry=rows.geometry.where(~some, other.geometry))
        case 4:
            return rows.assign(size=rows["size"].where(~some, other["size"]))
        case _:
            return rows.assign(kind=rows["kind"].where(~some, other["kind"]))


@pytest.mark.parametrize("seed", range(4))
def test_night_after_night_the_archive_is_that_of_all_anew(tmp_path: Path, seed: int) -> None:
    """Whatever is edited, in whatever order."""
    rng = np.random.default_rng(seed)
    rows = crowd(rng, 150)
    before = write(tmp_path / "0.pmtiles", rows)
    for night in range(1, 8):
        rows = edited(rng, edited(rng, rows))
        before = write(tmp_path / f"{night}.pmtiles", rows, before)
        anew = write(tmp_path / "anew.pmtiles", rows)
        assert before.path.read_bytes() == anew.path.read_bytes()
        assert before.memory == anew.memory


def test_attributes_of_a_tile_at_a_time_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a country, whose rows are not held all at once."""
    at_once = write(tmp_path / "at_once.pmtiles", houses())
    monkeypatch.setattr(tile_patching, "_MOST_ROWS", 5)
    in_turn = write(tmp_path / "in_turn.pmtiles", houses())
    assert in_turn.path.read_bytes() == at_once.path.read_bytes()


def test_only_new_outlines_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One house is moved; its neighbours are those of the archive before."""
    before = write(tmp_path / "before.pmtiles", houses())
    cuts = Cuts(monkeypatch)
    rows = moved(houses())
    after = write(tmp_path / "after.pmtiles", rows, before)
    # far out another house may be seen in the pixel that became free
    assert set(cuts.rows) == set(range(10, 17))
    assert max(cuts.rows.values()) <= 2
    assert cuts.rows[16] == 1
    assert after.path.read_bytes() != before.path.read_bytes()


def test_other_attributes_cut_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All outlines are known, and only tiles of the house are others."""
    before = write(tmp_path / "before.pmtiles", houses())
    cuts = Cuts(monkeypatch)
    after = write(tmp_path / "after.pmtiles", other_value(houses()), before)
    assert not cuts.rows
    old, new = tiles_in(before.path), tiles_in(after.path)
    assert old.keys() == new.keys()
    assert 7 <= sum(old[number] != new[number] for number in old) < len(old) / 2


def test_what_gives_nothing_is_not_cut_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lines that are shorter than the steps of a tile vanish in it, night after night."""
    rows = houses()
    start = shapely.get_coordinates(shapely.centroid(rows.geometry.to_numpy()))
    rows["geometry"] = shapely.linestrings(np.stack([start, start + 0.001], axis=1))
    rows.loc[:20, "geometry"] = houses().geometry[:21]
    before = write(tmp_path / "before.pmtiles", rows)
    cuts = Cuts(monkeypatch)
    write(tmp_path / "after.pmtiles", other_value(rows), before)
    assert not cuts.rows
    told = ArchiveMemory.of(before.memory)
    assert told is not None
    assert any((tile.features == 0).any() for tile in told.tiles.values())


def test_nothing_changed_cuts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tiles are those of the archive before."""
    before = write(tmp_path / "before.pmtiles", houses())
    monkeypatch.delattr(tile_patching, "cut")
    monkeypatch.delattr(tile_patching, "tile_bytes")
    after = write(tmp_path / "after.pmtiles", houses(), before)
    assert after.path.read_bytes() == before.path.read_bytes()


def of_another_layer(before: PiecesBefore) -> PiecesBefore:
    """The same rows, in tiles of another name."""
    write_pmtiles(before.path, houses(), "roads", "Houses", BOX)
    return before


def of_fewer(before: PiecesBefore) -> PiecesBefore:
    """Tiles of fewer features than is told."""
    write(before.path, houses().iloc[: COUNT // 2])
    return before


def cut_off(before: PiecesBefore) -> PiecesBefore:
    """Half of the archive."""
    content = before.path.read_bytes()
    before.path.write_bytes(content[: len(content) // 2])
    return before


def of_another_version(before: PiecesBefore) -> PiecesBefore:
    """An archive of a version to come."""
    content = before.path.read_bytes()
    before.path.write_bytes(content[:7] + b"\x04" + content[8:])
    return before


def overwritten(before: PiecesBefore) -> PiecesBefore:
    """Directories and tiles of noise."""
    content = before.path.read_bytes()
    noise = np.random.default_rng(3).bytes(len(content) - 127)
    before.path.write_bytes(content[:127] + noise)
    return before


def empty(before: PiecesBefore) -> PiecesBefore:
    """No byte."""
    before.path.write_bytes(b"")
    return before


def told_nothing(before: PiecesBefore) -> PiecesBefore:
    """Nothing is told of the archive."""
    return PiecesBefore(before.path, b"")


def told_noise(before: PiecesBefore) -> PiecesBefore:
    """What is told is damaged."""
    return PiecesBefore(before.path, np.random.default_rng(3).bytes(900))


def told_half(before: PiecesBefore) -> PiecesBefore:
    """Half of what is told."""
    return PiecesBefore(before.path, before.memory[: len(before.memory) // 2])


SPOILT = [
    *(of_another_layer, of_fewer, cut_off, of_another_version, overwritten, empty),
    *(told_nothing, told_noise, told_half),
]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_an_archive_that_is_not_what_was_told_is_no_help(
    tmp_path: Path, spoil: Callable[[PiecesBefore], PiecesBefore]
) -> None:
    """The tiles of a change are those of cutting anew."""
    before = spoil(write(tmp_path / "before.pmtiles", houses()))
    rows = without_uses(moved(houses()))
    after = write(tmp_path / "after.pmtiles", rows, before)
    assert after.path.read_bytes() == write(tmp_path / "anew.pmtiles", rows).path.read_bytes()
