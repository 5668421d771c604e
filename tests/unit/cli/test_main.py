"""The entry point: what a user can mend is told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from citytwin.cli.main import main
from citytwin.config import load
from citytwin.engine import locking
from citytwin.engine.locking import holding
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

CITY = """
city: {id: little, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
  - {name: town, use: citygml, path: a.gml, classification: public, title: A, licence: CC0}
"""


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here because a file stands where the folder should."""
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "city.yaml"
    monkeypatch.setattr(sys, "argv", ["citytwin", "init", str(target)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert str(tmp_path / "file") in said


def test_a_city_that_is_held_can_be_tried_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scheduler of jobs tells 75 from a failure."""
    config = tmp_path / "city.yaml"
    config.write_text(CITY, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["citytwin", "prune", str(config), "--keep", "1"])
    monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
    with holding(load(config)), pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 75
    assert "another run holds" in capsys.readouterr().err


def test_prune_keeps_what_the_map_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Old runs go, and are named."""
    config = tmp_path / "city.yaml"
    config.write_text(CITY, encoding="utf-8")
    city = load(config).city_dir
    runs = ("20261123T210000Z", "20261124T210000Z")
    for number, run in enumerate(runs):
        array = lc.field_array(lc.f.TERRAIN) + np.float32(number)
        made = lc.stage(tmp_path / run, "terrain", array=array, fingerprint=f"{number}" * 64)
        publish(city, [made], lc.run_info(run))
    monkeypatch.setattr(sys, "argv", ["citytwin", "prune", str(config), "--keep", "1"])
    for expected in (f"removed: terrain/{runs[0]}\n", "nothing to remove\n"):
        with pytest.raises(SystemExit) as left:
            main()
        assert left.value.code == 0
        assert capsys.readouterr().out == expected
    assert [folder.name for folder in (city / "terrain").glob("2*")] == [runs[1]]


def test_the_demo_keeps_an_edited_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Trying out another parameter must not be undone by the next call."""
    target = tmp_path / "pipelines" / "demo.yaml"
    target.parent.mkdir()
    target.write_text("mine")
    monkeypatch.setattr(sys, "argv", ["citytwin", "demo", str(tmp_path)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2  # it is no configuration, and is told so
    assert target.read_text() == "mine"
    assert "kept as it is" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "nowhere.yaml"),
        ("check", "nowhere.yaml"),
        ("simulate", "sunlite", "--out", "o"),
        ("simulate", "sunlight", "--out", "o"),
        ("simulate", "sunlight", "--surface-height", "--out", "o"),
    ],
)
def test_mistakes_of_configurations_and_arguments_are_mistakes_of_usage(
    arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, as for an option that click does not know."""
    monkeypatch.setattr(sys, "argv", ["citytwin", *arguments])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert "rror: " in capsys.readouterr().err
