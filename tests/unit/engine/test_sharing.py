"""No file is read twice in one way."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.config import load
from citytwin.engine.bind import BoundCity, bind
from citytwin.engine.sharing import refuse_shared_files
from citytwin.errors import ConfigError

HEAD = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
"""
SOURCE = (
    "  - {name: NAME, use: cityjson, path: PATH, classification: public, title: A, licence: CC0,"
    " params: {PARAMS}}\n"
)


def city(folder: Path, *sources: tuple[str, str, str]) -> BoundCity:
    """A city with sources of these names, paths and parameters."""
    (folder / "data").mkdir()
    for name in ("a.city.json", "b.city.json"):
        (folder / "data" / name).write_text("{}")
    (folder / "link.city.json").symlink_to(folder / "data" / "a.city.json")
    lines = [
        SOURCE.replace("NAME", name).replace("PATH", path).replace("PARAMS", params)
        for name, path, params in sources
    ]
    file = folder / "city.yaml"
    file.write_text(HEAD + "".join(lines), encoding="utf-8")
    return bind(load(file))


@pytest.mark.parametrize("path", ["data", "data/a.city.json", "./data/*.json", "link.city.json"])
def test_a_file_read_twice_is_refused(tmp_path: Path, path: str) -> None:
    """However it is named; the message names both sources and the file."""
    twice = city(tmp_path, ("one", "data", ""), ("two", path, ""))
    with pytest.raises(ConfigError, match=r"sources\[1\].*'two'.*a\.city\.json.*'one'"):
        refuse_shared_files(twice)


def test_files_of_their_own_other_parameters_and_missing_files_pass(tmp_path: Path) -> None:
    """Buildings from one source and roads from another may come from one file."""
    refuse_shared_files(
        city(
            tmp_path,
            ("one", "data/a.city.json", "themes: [buildings]"),
            ("two", "data/a.city.json", "themes: [roads]"),
            ("three", "data/b.city.json", "themes: [buildings]"),
            ("four", "nowhere", "themes: [buildings]"),
        )
    )
