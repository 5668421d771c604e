"""What is remembered of map tiles lies in the working store; lost or damaged, tiles are cut anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from citytwin.engine.city_store import CityStore
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_streams import OPENED
from citytwin.security.sealing import MAGIC
from citytwin.store import tile_patching
from citytwin.store.at_rest import files_below
from citytwin.store.drawing import Drawing, DrawnPieces
from citytwin.store.layer_writer import LayerContent, write_layer
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.tile_cutting import cut
from citytwin.store.tile_memory import ArchiveMemory, TileMemory
from tests.unit.store import little_city as lc

TILES = "buildings.pmtiles"


def night(
    folder: Path,
    remembered: Path,
    before: Drawing | None = None,
    content: LayerContent | None = None,
) -> Drawing:
    """Write the layer of buildings."""
    folder.mkdir(parents=True)
    known = None if before is None else lc.drawn_before(before)
    drawing = Drawing(folder, "code", known, remembered)
    write_layer(content or lc.content("buildings"), folder, drawing)
    return drawing


def lower(row: int = 3) -> LayerContent:
    """One building is lower than it was."""
    known = lc.content("buildings")
    assert known.frame is not None
    rows = known.frame.copy()
    rows.loc[row, "height_m"] -= 0.5
    return replace(known, frame=rows)


@pytest.fixture
def cuts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many outlines were cut, one number for each time."""
    said: list[int] = []

    def counted(outlines, layer, zoom, beside):  # type: ignore[no-untyped-def]
        said.append(len(outlines))
        return cut(outlines, layer, zoom, beside)

    monkeypatch.setattr(tile_patching, "cut", counted)
    return said


def test_the_record_holds_a_digest_and_the_working_store_the_rest(tmp_path: Path) -> None:
    """The manifest of a city of any size stays small; nothing lies beside what is published."""
    drawing = night(tmp_path / "layer", tmp_path / "remembered")
    assert [file.name for file in files_below(tmp_path / "remembered")] == [f"{TILES}.memory"]
    assert not [file for file in files_below(tmp_path / "layer") if "memory" in file.name]
    (pieces,) = drawing.record.pieces
    assert len(DrawnPieces.model_dump_json(pieces)) < 250


def test_tiles_are_taken_night_after_night(tmp_path: Path, cuts: list[int]) -> None:
    """Also after one in which nothing changed, which wrote no tiles."""
    nights = [night(tmp_path / "0", tmp_path / "remembered")]
    cuts.clear()
    for number, content in enumerate([None, lower(), lower(), lower(9)], 1):
        nights.append(night(tmp_path / str(number), tmp_path / "remembered", nights[-1], content))
    assert not cuts
    anew = night(tmp_path / "anew", tmp_path / "other", content=lower(9))
    assert (nights[-1].folder / TILES).read_bytes() == (anew.folder / TILES).read_bytes()


def test_a_layer_that_was_empty_is_filled_and_emptied_again(
    tmp_path: Path, cuts: list[int]
) -> None:
    """Of no row nothing is known, and what was known of rows is no more when they come back."""
    known = lc.content("buildings")
    assert known.frame is not None
    empty = replace(known, frame=known.frame.iloc[:0])
    before: Drawing | None = None
    for number, content in enumerate([empty, known, empty, known, known]):
        anew = night(tmp_path / f"anew{number}", tmp_path / f"other{number}", content=content)
        cuts.clear()
        before = night(tmp_path / str(number), tmp_path / "remembered", before, content)
        assert (before.folder / TILES).read_bytes() == (anew.folder / TILES).read_bytes()
    assert not cuts


def lost(file: Path) -> None:
    """The file is gone."""
    file.unlink()


def halved(file: Path) -> None:
    """Its second half is gone."""
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2])


def emptied(file: Path) -> None:
    """Nothing is in it."""
    file.write_bytes(b"")


def of_other_rows(file: Path) -> None:
    """It tells, whole, of other tiles."""
    before = night(file.parent / "layer", file.parent / "memories", content=lower())
    content = (file.parent / "memories" / file.name).read_bytes()
    assert content != file.read_bytes()
    assert before.record.pieces
    file.write_bytes(content)


SPOILT = [lost, halved, emptied, of_other_rows]


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__)
def test_a_memory_that_is_lost_or_another_helps_nothing(
    tmp_path: Path, cuts: list[int], spoil: Callable[[Path], None]
) -> None:
    """All is cut, the bytes are right, and the night after takes tiles again."""
    remembered = tmp_path / "remembered"
    first = night(tmp_path / "first", remembered)
    spoil(remembered / f"{TILES}.memory")
    cuts.clear()
    second = night(tmp_path / "second", remembered, first, lower())
    assert max(cuts) == 40
    anew = night(tmp_path / "anew", tmp_path / "other", content=lower())
    assert (second.folder / TILES).read_bytes() == (anew.folder / TILES).read_bytes()
    cuts.clear()
    night(tmp_path / "third", remembered, second)
    assert not cuts


def test_no_bit_of_what_is_remembered_may_change(tmp_path: Path) -> None:
    """A count that is wrong would take features for those of another row."""
    remembered = tmp_path / "remembered"
    first = night(tmp_path / "first", remembered)
    known = lc.drawn_before(first)
    file = remembered / f"{TILES}.memory"
    right = file.read_bytes()
    found = []
    for place in range(0, len(right), len(right) // 60):
        wrong = bytearray(right)
        wrong[place] ^= 1 << place % 8
        file.write_bytes(bytes(wrong))
        again = Drawing(tmp_path, "code", known, remembered)
        again.in_pieces(TILES, (), lambda before: found.append(before) or b"")
    assert found == [None] * len(found)
    assert len(found) >= 60


def test_what_another_code_remembered_is_not_looked_at(tmp_path: Path, cuts: list[int]) -> None:
    """An older form is never read."""
    remembered = tmp_path / "remembered"
    first = night(tmp_path / "first", remembered)
    cuts.clear()
    (tmp_path / "second").mkdir()
    other = Drawing(tmp_path / "second", "other", lc.drawn_before(first), remembered)
    write_layer(lower(), other.folder, other)
    assert max(cuts) == 40


def test_a_layer_that_became_restricted_is_remembered_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: list[int]
) -> None:
    """Its working store is another, which knows nothing of tiles at first, and then seals what it knows."""
    write_new_key(tmp_path / "keys", "town")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    sealed = tmp_path / ".work" / ".sealed" / "town"
    ensure_sealed(sealed, "town", open_ring())
    sealed_folders.forget_keys()
    OPENED.clear()
    clear = tmp_path / ".work" / "town"
    first = night(tmp_path / "first", CityStore(clear, "EPSG:6677", "UTC", 4).remembered("b"))
    cuts.clear()
    inside = CityStore(sealed, "EPSG:6677", "UTC", 4).remembered("b")
    closed = replace(lower(), classification="restricted")
    second = night(tmp_path / "second", inside, first, closed)
    assert max(cuts) == 40
    (file,) = files_below(inside)
    assert file.read_bytes().startswith(MAGIC)
    cuts.clear()
    third = night(tmp_path / "third", inside, second, lower(9))
    assert not cuts
    file.write_bytes(file.read_bytes()[:-40])  # damaged
    night(tmp_path / "fourth", inside, third, lower())
    assert max(cuts) == 40


def test_layers_that_are_no_longer_made_are_forgotten(tmp_path: Path) -> None:
    """So is what a kill left half written of others."""
    store = CityStore(tmp_path, "EPSG:6677", "UTC", 4)
    store.forget_other_layers(["walls"])  # nothing is remembered yet
    for layer in ("walls", "roofs"):
        store.remembered(layer).mkdir(parents=True)
        (store.remembered(layer) / "tiles.memory").write_bytes(b"x")
    (store.remembered("walls") / f".tmp-{'0' * 32}.memory").write_bytes(b"x")
    store.forget_other_layers(["walls"])
    assert files_below(store.memories) == [store.remembered("walls") / "tiles.memory"]


@pytest.mark.parametrize("most", [1, 255, 256, 65_535, 65_536, 2**33])
def test_counts_of_any_size_come_back(most: int) -> None:
    """A row of many parts may give a tile more features than two bytes count."""
    rows, counts = np.array([0, 3, 70_000]), np.array([0, most, 1])
    tiles = {7: TileMemory((1, 2**64 - 1), rows, counts), 9: TileMemory((3, 4), rows, counts)}
    outlines = np.arange(70_001, dtype=np.uint64)
    found = ArchiveMemory.of(ArchiveMemory(b"\x07" * 32, outlines, tiles).as_bytes())
    assert found is not None
    assert found.archive == b"\x07" * 32
    np.testing.assert_array_equal(found.outlines, outlines)
    for number, tile in tiles.items():
        assert found.tiles[number].digest == tile.digest
        np.testing.assert_array_equal(found.tiles[number].rows, rows)
        np.testing.assert_array_equal(found.tiles[number].features, counts)


def test_a_row_that_the_layer_has_not_got_is_no_memory() -> None:
    """Whoever wrote that was not this program."""
    tile = TileMemory((1, 2), np.array([0, 5]), np.array([1, 1]))
    outlines = np.zeros(5, dtype=np.uint64)
    assert ArchiveMemory.of(ArchiveMemory(b"a", outlines, {3: tile}).as_bytes()) is None
