"""What `check` sees of files without reading them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin import registry
from citytwin.cli.check import command
from citytwin.engine.first_look import doubts
from citytwin.model.steps import Format
from tests.unit.test_config import BASE

FORMATS = {kind.name: kind for kind in registry.all_of(Format)}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("citygml", b'<?xml version="1.0"?>', ""),
        ("citygml", codecs.BOM_UTF8 + b"\n<core:CityModel", ""),
        ("citygml", "<a/>".encode("utf-16"), ""),
        ("citygml", b'{"type": "CityJSON"}', "is no citygml: it begins with"),
        ("citygml", b"<!doctype html><title>404", "is no citygml"),
        ("citygml", b"", "is empty"),
        ("cityjson", b' {"type": "CityJSON"}', ""),
        (
            "cityjson",
            b"<!DOCTYPE html><html>404",
            "is no cityjson: it begins with b'<!DOCTYPE html><'",
        ),
        ("geotiff_terrain", b"II*\0abc", ""),
        ("geotiff_terrain", b"version https://git-lfs", "is no geotiff_terrain"),
        ("gtfs_rt", b"\x0a\x0d", ""),
    ],
)
def test_first_bytes_tell_formats_apart(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    """Pages of errors and pointers of LFS that were saved under the name of the data, above all."""
    file = tmp_path / "data"
    file.write_bytes(content)
    found = doubts(FORMATS[name], [file])
    assert len(found) == bool(said)
    assert said in "".join(found)


def test_some_of_many_files_are_looked_at(tmp_path: Path) -> None:
    """The last as well as the first."""
    files = [tmp_path / f"{n:04}.gml" for n in range(1000)]
    for file in files:
        file.write_text("<a/>")
    files[-1].write_text("")
    assert len(doubts(FORMATS["citygml"], files)) == 1


def test_check_says_how_many_files_and_what_they_look_like(tmp_path: Path) -> None:
    """A doubtful source is no clean bill."""
    config = tmp_path / "city.yaml"
    config.write_text(BASE, encoding="utf-8")
    (tmp_path / "a.gml").write_text("<a/>")
    done = CliRunner().invoke(command, [str(config)])
    assert done.exit_code == 0, done.output
    assert "ok       buildings        1 file(s)" in done.output
    (tmp_path / "a.gml").write_text("404")
    done = CliRunner().invoke(command, [str(config)])
    assert done.exit_code == 1
    assert "doubtful buildings        1 file(s)" in done.output
    assert "a.gml is no citygml" in done.output
