"""Files at a place: one, those of a folder, those that a pattern finds."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from zip_files import zipped

from citytwin.errors import SourceError
from citytwin.transports.finding import find_files
from tests.unit.rights import closed_to_us, open_folder


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two wards with a model each, and what is no model."""
    for name in ("a/udx/1.gml", "a/udx/deep/2.gml", "b/udx/3.gml", "b/udx/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


def test_a_folder_that_cannot_be_read_is_told() -> None:
    """A city without the buildings in it would look whole."""
    with open_folder() as place:
        (place / "bldg").mkdir()
        (place / "1.gml").write_text("x")
        with (
            closed_to_us(place / "bldg"),
            pytest.raises(SourceError, match=r"bldg: cannot be looked into: Permission denied"),
        ):
            find_files(place, ("*.gml",))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a/udx/1.gml", ["a/udx/1.gml"]),
        ("a", ["a/udx/1.gml", "a/udx/deep/2.gml"]),
        ("*/udx/*.gml", ["a/udx/1.gml", "b/udx/3.gml"]),
        ("*/udx", ["a/udx/1.gml", "a/udx/deep/2.gml", "b/udx/3.gml"]),
        ("*", ["a/udx/1.gml", "a/udx/deep/2.gml", "b/udx/3.gml"]),
        ("b/udx/*", ["b/udx/3.gml", "b/udx/notes.txt"]),
    ],
)
def test_only_files_are_found(place: Path, path: str, expected: list[str]) -> None:
    """A folder that a pattern finds is searched like one that is named; each file counts once."""
    found = find_files(place / path, ("*.gml",))
    assert [file.relative_to(place).as_posix() for file in found] == expected


@pytest.mark.parametrize("path", ["none", "none/*.gml"])
def test_nothing_is_an_error(place: Path, path: str) -> None:
    """With the place, and what it should hold."""
    with pytest.raises(SourceError, match=r"no such file.*\*\.gml"):
        find_files(place / path, ("*.gml",))


def names(place: Path, found: tuple[Path, ...]) -> list[str]:
    """Paths below a place."""
    return [file.relative_to(place).as_posix() for file in found]


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """A folder with archives of two wards, one of them in a third archive, and a gzip file."""
    ward = {"udx/bldg/1.gml": b"1", "udx/bldg/1_appearance/a.jpg": b"j", "udx/dem/2.gml": b"2"}
    (tmp_path / "a.zip").write_bytes(zipped(ward))
    fork = {"__MACOSX/x/._3.gml": b"f", "x/._3.gml": b"f"}
    (tmp_path / "all.ZIP").write_bytes(zipped({"b.zip": zipped({**ward, **fork}), "c/3.gml": b"3"}))
    (tmp_path / "4.gml.gz").write_bytes(gzip.compress(b"4"))
    (tmp_path / "notes.txt").write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (".", ["4.gml.gz", "a.zip/udx/bldg/1.gml", "a.zip/udx/dem/2.gml", "all.ZIP/b.zip/udx/bldg/1.gml",
               "all.ZIP/b.zip/udx/dem/2.gml", "all.ZIP/c/3.gml"]),
        ("a.zip", ["a.zip/udx/bldg/1.gml", "a.zip/udx/dem/2.gml"]),
        ("a.zip/udx/bldg", ["a.zip/udx/bldg/1.gml"]),
        ("a.zip/udx/bldg/1.gml", ["a.zip/udx/bldg/1.gml"]),
        ("all.ZIP/b.zip", ["all.ZIP/b.zip/udx/bldg/1.gml", "all.ZIP/b.zip/udx/dem/2.gml"]),
        ("*.zip/udx/bldg", ["a.zip/udx/bldg/1.gml"]),
        ("a*/*/*m", ["a.zip/udx/dem/2.gml"]),
        ("all.ZIP/*.zip/**/dem/*.gml", ["all.ZIP/b.zip/udx/dem/2.gml"]),
        ("*/**/bldg/*", ["a.zip/udx/bldg/1.gml"]),
        ("*/**/bldg/*/*", ["a.zip/udx/bldg/1_appearance/a.jpg"]),
    ],
)  # fmt: skip
def test_archives_are_folders(packed: Path, path: str, expected: list[str]) -> None:
    """Searched like folders, by path and by glob; what a pattern finds in them is a file."""
    found = find_files(packed / path, ("*.gml",))
    assert names(packed, found) == expected


def test_an_archive_that_a_format_reads_itself(packed: Path) -> None:
    """Where a pattern takes the archive, it is not looked into."""
    found = names(packed, find_files(packed, ("*.zip", "*.txt")))
    assert found == ["a.zip", "all.ZIP", "notes.txt"]
    assert names(packed, find_files(packed / "a.zip", ("*.zip",))) == ["a.zip"]
    assert len(find_files(packed, ("*",))) == 4


def test_nothing_counts_twice(packed: Path) -> None:
    """An archive and what was unpacked from it, unless it is named; a file and its compressed copy."""
    for folder in ("", "a/"):
        file = packed / folder / "udx/bldg/1.gml"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"1")
        found = names(packed, find_files(packed, ("1.gml",)))
        assert set(found) == {f"{folder}udx/bldg/1.gml", "all.ZIP/b.zip/udx/bldg/1.gml"}
        file.write_bytes(b"another")
        assert len(find_files(packed, ("1.gml",))) == 3
        file.unlink()
        file.write_bytes(b"1")
        assert "a.zip/udx/bldg/1.gml" in names(packed, find_files(packed / "a.zip", ("1.gml",)))
        file.unlink()
    (packed / "4.gml").write_bytes(b"4")
    assert names(packed, find_files(packed, ("4.gml",))) == ["4.gml"]


def test_a_damaged_archive_on_the_way_is_for_the_reader_to_refuse(packed: Path) -> None:
    """It loses nothing else; named itself, it says why."""
    (packed / "a.zip").write_bytes(b"PK\x03\x04")
    assert names(packed, find_files(packed, ("*.gml",)))[:2] == ["4.gml.gz", "a.zip"]
    for path in ("a.zip", "a.zip/udx"):
        with pytest.raises(SourceError, match=r"a\.zip: cannot be read as a zip archive"):
            find_files(packed / path, ("*.gml",))


def test_what_a_dot_hides_is_no_data(tmp_path: Path) -> None:
    """Stores and what macOS adds are passed over, unless they are named."""
    shown, *hidden = (tmp_path / name for name in ("a.gml", "._a.gml", ".work/t/b.gml"))
    for file in (shown, *hidden):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x", encoding="utf-8")
    assert find_files(tmp_path, ["*.gml"]) == (shown,)
    assert find_files(tmp_path / ".work", ["*.gml"]) == (hidden[1],)
    assert find_files(hidden[0], ["*.gml"]) == (hidden[0],)
