"""Files at a place: one, those of a folder, those that a pattern finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.errors import SourceError
from citytwin.transports.files import find_files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Two wards with a model each, and what is no model."""
    for name in ("a/udx/1.gml", "a/udx/deep/2.gml", "b/udx/3.gml", "b/udx/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


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
