"""What a layer shows is drawn once: files of the run before are taken, and no byte tells."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from citytwin.model import fields as f
from citytwin.model.layer import SourceCredit
from citytwin.store.at_rest import files_below, read_bytes
from citytwin.store.drawing import Drawing
from citytwin.store.layer_writer import LayerContent, write_layer
from citytwin.store.series_layer import FieldSeries
from tests.unit.store import little_city as lc
from tests.unit.store.little_tables import VALID

OTHER = SourceCredit(title="Rain", sha256="ef" * 32, licence="CC-BY-4.0", synthetic=True)
DRAWN = (".tif", ".png", ".gz", ".pmtiles", ".gpkg", ".parquet")
SAID = {"layer.json", "inputs.json"}
"""Files that tell of the sources."""


def drawn_in(folder: Path, content: LayerContent, before: Drawing | None = None) -> Drawing:
    """Write a layer after another run of it."""
    folder.mkdir()
    drawing = Drawing(folder, "code", None if before is None else lc.drawn_before(before))
    write_layer(content, folder, drawing)
    return drawing


def files_of(folder: Path) -> dict[str, bytes]:
    """Content of all files."""
    return {file.relative_to(folder).as_posix(): read_bytes(file) for file in files_below(folder)}


def shared(one: Path, other: Path) -> set[str]:
    """Files that are the same on the disk."""
    names = files_of(one).keys() & files_of(other).keys()
    return {name for name in names if (one / name).samefile(other / name)}


@pytest.mark.parametrize("name", ["terrain", "flood_hazard_class", "shadow", "water"])
def test_another_source_of_the_same_values_draws_nothing(tmp_path: Path, name: str) -> None:
    """All but two files are those of the run before; the bytes are those of drawing anew."""
    before = drawn_in(tmp_path / "before", lc.content(name))
    changed = lc.content(name, sources=(OTHER,), fingerprint="cd" * 32)
    after = drawn_in(tmp_path / "after", changed, before)
    drawn_in(tmp_path / "anew", changed)
    assert files_of(after.folder) == files_of(tmp_path / "anew")
    own = files_of(after.folder).keys() - shared(before.folder, after.folder)
    assert own >= SAID
    assert not [file for file in own - {"thumbnail.png"} if file.endswith(DRAWN)]
    assert "layer.json" not in {file for one in after.record.files for file in one.files}


def test_other_values_are_drawn(tmp_path: Path) -> None:
    """A cell that changed is in every file that shows it, as if there had been no run before."""
    before = drawn_in(tmp_path / "before", lc.content("terrain"))
    values = lc.field_array(f.TERRAIN)
    values[50, 60] += 3.0
    changed = lc.content("terrain", array=values)
    after = drawn_in(tmp_path / "after", changed, before)
    drawn_in(tmp_path / "anew", changed)
    assert files_of(after.folder) == files_of(tmp_path / "anew")
    assert not [file for file in shared(before.folder, after.folder) if file.endswith(".tif")]


def test_only_the_moment_that_changed_is_drawn(tmp_path: Path) -> None:
    """The other one of a layer over time is taken with all its files."""
    whole = lc.content("shadow").array
    assert isinstance(whole, FieldSeries)
    other = np.where(whole.read(1) == 0, 1, whole.read(1)).astype(np.uint8)
    later = FieldSeries(whole.along, lambda k: other if k else whole.read(0))
    before = drawn_in(tmp_path / "before", lc.content("shadow"))
    after = drawn_in(tmp_path / "after", lc.content("shadow", array=later), before)
    taken = {file for file in shared(before.folder, after.folder) if file.endswith(".tif")}
    assert taken == {f"shadow_{whole.along[0].stamp}.tif"}


@pytest.mark.parametrize(
    "change",
    [
        {"notes": (lc.SYNTHETIC.model_copy(update={"en": "Synthetic data: other rain"}),)},
        {"licence": "CC0-1.0"},
        {"classification": "internal"},
        {"valid_time": VALID.replace(year=2027)},
    ],
)
def test_what_stands_in_a_file_counts(tmp_path: Path, change: dict[str, object]) -> None:
    """Tags of a GeoTIFF are among what it follows from."""
    before = drawn_in(tmp_path / "before", lc.content("terrain"))
    changed = lc.content("terrain", **change)
    after = drawn_in(tmp_path / "after", changed, before)
    drawn_in(tmp_path / "anew", changed)
    assert files_of(after.folder) == files_of(tmp_path / "anew")


def test_other_code_takes_nothing(tmp_path: Path) -> None:
    """What another version has drawn may have other bytes."""
    before = drawn_in(tmp_path / "before", lc.content("terrain"))
    (tmp_path / "after").mkdir()
    after = Drawing(tmp_path / "after", "other code", lc.drawn_before(before))
    write_layer(lc.content("terrain"), after.folder, after)
    assert not shared(before.folder, after.folder)


@pytest.mark.parametrize("damage", ["other bytes", "gone"])
def test_a_damaged_file_is_not_taken(tmp_path: Path, damage: str) -> None:
    """What was not written so is drawn anew, with all that was drawn with it; the rest is taken."""
    before = drawn_in(tmp_path / "before", lc.content("shadow"))
    known = lc.drawn_before(before)
    whole = lc.content("shadow").array
    assert isinstance(whole, FieldSeries)
    stems = [f"shadow_{place.stamp}" for place in whole.along]
    struck = before.folder / f"{stems[0]}.tif"
    wanted = struck.read_bytes()
    if damage == "gone":
        struck.unlink()
    else:
        struck.write_bytes(wanted[:-1] + bytes([wanted[-1] ^ 1]))
    (tmp_path / "after").mkdir()
    after = Drawing(tmp_path / "after", "code", known)
    write_layer(lc.content("shadow"), after.folder, after)
    assert (after.folder / struck.name).read_bytes() == wanted
    taken = {
        file for file in shared(before.folder, after.folder) if file.endswith((".tif", ".png"))
    }
    assert {f"{stems[1]}.tif", f"{stems[1]}.png"} <= taken
    assert not {f"{stems[0]}.tif", f"{stems[0]}.png"} & taken
