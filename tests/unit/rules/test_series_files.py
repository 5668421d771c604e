"""Hydrographs and stages from CSV files: what is read, cut off and refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from citytwin.config import load
from citytwin.engine.bare import bound_params, named
from citytwin.engine.bind import bind
from citytwin.errors import ConfigError
from citytwin.rules.series_files import points_of_file
from citytwin.simulations.flood.params import FloodParams
from citytwin.wording import explain

CITY = {
    "city": {"id": "town", "title": {"ja": "町", "en": "Town"}},
    "crs": "EPSG:6677",
    "vertical_datum": {"ja": "東京湾平均海面", "en": "T.P."},
    "time_zone": "Asia/Tokyo",
    "data_date": "2026-01-01",
    "out": "out",
    "grid": {"cell_m": 2.0},
    "sources": [
        {
            "name": "town",
            "use": "citygml",
            "path": "udx",
            "classification": "public",
            "licence": "CC BY 4.0",
            "title": "Town",
        }
    ],
}


def written(file: Path, text: str) -> Path:
    """A file of some lines."""
    file.write_text(text, encoding="utf-8")
    return file


def flood(path: object, **more: object) -> FloodParams:
    """A flood by one inflow."""
    return FloodParams.model_validate(
        {"inflows": [{"x": 0.0, "y": 0.0, "hydrograph": str(path)}], **more}
    )


def test_minutes_and_times_give_the_same_hydrograph(tmp_path: Path) -> None:
    """Times of another zone; a mark of the byte order, columns of notes and blanks do no harm."""
    minutes = written(tmp_path / "a.csv", "\ufeffminutes,m3_s,note\n0,1.5,\n10,4,high\n\n60, 0,\n")
    times = written(
        tmp_path / "b.csv",
        "station,time,m3_s\nx,2019-10-12T06:00:00Z,1.5\nx,2019-10-12T15:10:00+09:00,4\n"
        "x,2019-10-12T16:00:00+09:00,0\n",
    )
    start = {"start": "2019-10-12T15:00:00+09:00"}
    for made in (flood(minutes), flood(times, **start)):
        points = [(one.minutes, one.m3_s) for one in made.inflows[0].hydrograph]
        assert points == [(0.0, 1.5), (10.0, 4.0), (60.0, 0.0)]
    again = FloodParams.model_validate_json(flood(times, **start).model_dump_json())
    assert again == flood(times, **start)


def test_what_lies_before_the_start_is_cut_off(tmp_path: Path) -> None:
    """Half way between 2 and 6 at the start, by hand; the last row may not lie before it."""
    file = written(tmp_path / "a.csv", "minutes,level_m\n-30,1\n-10,2\n10,6\n20,7\n")
    points = points_of_file(file, "level_m", None, lasts=True)
    assert [tuple(one.values()) for one in points] == [(0.0, 4.0), (10.0, 6.0), (20.0, 7.0)]


@pytest.mark.parametrize(
    ("last", "said"), [("-10", "10 minutes before the start"), ("0", "at the start")]
)
def test_what_ends_before_the_run_lasts_or_is_refused(tmp_path: Path, last: str, said: str) -> None:
    """A stage stays as it was; no water would come by a hydrograph."""
    rows = f"minutes,level_m,m3_s\n-30,1,1\n{last},2,3\n"
    file = written(tmp_path / "a.csv", rows)
    assert points_of_file(file, "level_m", None, lasts=True) == [{"minutes": 0.0, "level_m": 2.0}]
    with pytest.raises(ConfigError, match=f"last row is {said}"):
        points_of_file(file, "m3_s", None, lasts=False)


def test_stages_of_levees_and_levels_are_read(tmp_path: Path) -> None:
    """Both by a column level_m."""
    file = str(written(tmp_path / "stage.csv", "minutes,level_m\n0,3.25\n30,4\n"))
    made = FloodParams.model_validate(
        {
            "levees": [{"line": [[0, 0], [9, 0]], "land": "left", "stage": file}],
            "levels": [{"edge": "west", "stage": file}],
        }
    )
    for stage in (made.levees[0].stage, made.levels[0].stage):
        assert [(one.minutes, one.level_m) for one in stage] == [(0.0, 3.25), (30.0, 4.0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minutes,m3_s\n", "holds no row"),
        ("minutes,flow\n0,1\n", "has no column m3_s; it has minutes, flow"),
        ("t,m3_s\n0,1\n", "has no column minutes"),
        ("minutes,m3_s\n0,1\n5,\n9,2\n", "line 3: m3_s is '', no finite number"),
        ("minutes,m3_s\n0,1\nx,2\n", "line 3: minutes is 'x', no finite number"),
        ("minutes,m3_s\n0\n", "line 2: has 1 fields, the header 2"),
        ("minutes,m3_s\n0,1,234\n60,1,500\n", "line 2: has 3 fields, the header 2"),
        ("minutes,m3_s\n0,1_000\n9,2\n", "line 2: m3_s is '1_000'"),
        ("minutes,m3_s\n0,\uff11\n9,2\n", "line 2: m3_s is '\uff11'"),
        ("minutes,m3_s,m3_s\n0,1,2\n9,1,2\n", "more than one column m3_s"),
        ("time,minutes,m3_s\n2019-10-12T15:00:00Z,0,1\n", "has both time and minutes"),
        ("time,m3_s\n2019-10-12T15:00:00Z,1\n", "the run has no begin"),
        ("minutes,m3_s\nnan,9\n0,1\n9,2\n", "line 2: minutes is 'nan'"),
        ("minutes,m3_s\n-inf,9\n5,1\n9,2\n", "line 2: minutes is '-inf'"),
        ("minutes,m3_s\n0,1\n9,1e999\n", "line 3: m3_s is '1e999'"),
        ("minutes,m3_s\n30,5\n-60,9\n", "line 3: is not later than line 2"),
        ("minutes,m3_s\n-9,5\n\n-9,9\n9,1\n", "line 4: is not later than line 2"),
        ('minutes,note,m3_s\n0,"a,1\n5,,2\n', "unexpected end of data"),
        (f"minutes,m3_s,note\n0,1,{'x' * 140_000}\n", "line 2: field larger than"),
        (f"minutes,m3_s\n{'#' * 20_000_000}", "is larger than 20 MB"),
    ],
)
def test_what_is_no_series_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the line, and what to do."""
    file = written(tmp_path / "q.csv", text)
    with pytest.raises(ConfigError, match=f"q.csv.*{said}") as refused:
        points_of_file(file, "m3_s", None, lasts=False)
    assert refused.value.hint
    with pytest.raises(ValidationError, match=said):
        flood(file)


@pytest.mark.parametrize(
    ("time", "said"),
    [("2019-10-12T15:00:00", "has no offset from UTC"), ("12.10.2019 15:00", "line 2: time is")],
)
def test_times_need_their_zone(tmp_path: Path, time: str, said: str) -> None:
    """A gauge's local time is off by hours else."""
    file = written(tmp_path / "q.csv", f"time,m3_s\n{time},1\n")
    with pytest.raises(ValidationError, match=said):
        flood(file, start="2019-10-12T15:00:00+09:00")


def test_values_of_files_are_checked_as_those_by_hand(tmp_path: Path) -> None:
    """Negative discharge, NaN, times that fall; and no file at all."""
    for rows in ("0,-1\n5,2\n", "0,nan\n5,2\n", "0,1\n9,1\n5,2\n"):
        file = written(tmp_path / "q.csv", f"minutes,m3_s\n{rows}")
        with pytest.raises(ValidationError):
            flood(file)
    with pytest.raises(ValidationError, match=r"none\.csv cannot be read"):
        flood(tmp_path / "none.csv")
    with pytest.raises(ValidationError, match="it is no file"):
        flood("/dev/zero")


def test_values_before_the_start_are_checked_too(tmp_path: Path) -> None:
    """A discharge below zero is a mistake of the file, also where it does not count; so is a level in mm."""
    file = written(tmp_path / "q.csv", "minutes,m3_s\n-30,-2\n0,1\n9,2\n")
    with pytest.raises(ConfigError, match=r"q.csv, line 2: m3_s is -2, not 0 to 100000"):
        points_of_file(file, "m3_s", None, lasts=False)
    file = written(tmp_path / "s.csv", "minutes,level_m\n-30,12500\n0,12\n")
    with pytest.raises(ConfigError, match=r"s.csv, line 2: level_m is 12500, not -500 to 9000"):
        points_of_file(file, "level_m", None, lasts=True)


def test_seconds_since_the_start_count_too(tmp_path: Path) -> None:
    """As laboratories write them."""
    file = written(tmp_path / "q.csv", "seconds,m3_s\n0,1\n90,2\n")
    points = points_of_file(file, "m3_s", None, lasts=False)
    assert points == [{"minutes": 0.0, "m3_s": 1.0}, {"minutes": 1.5, "m3_s": 2.0}]


def test_faults_of_files_are_told_at_their_places(tmp_path: Path) -> None:
    """All of them, with the path as it was given."""
    wet = {"edge": "west", "stage": str(written(tmp_path / "s.csv", "minutes,level_m\n0,x\n"))}
    with pytest.raises(ValidationError) as refused:
        FloodParams.model_validate(
            {"inflows": [{"x": 0, "y": 0, "hydrograph": "away.csv"}], "levels": [wet]}
        )
    told = explain(refused.value, FloodParams, "params")
    assert "params.inflows[0].hydrograph: away.csv cannot be read: there is no such file" in told
    assert "got 'away.csv'; params.levels[0].stage: " in told
    assert "s.csv, line 2: level_m is 'x'" in told


def test_paths_lead_from_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As all others in it, wherever the command runs; without one from where it runs."""
    home, away = tmp_path / "home", tmp_path / "away"
    for folder in (home, away):
        folder.mkdir()
    written(home / "q.csv", "minutes,m3_s\n0,1\n9,2\n")
    written(away / "q.csv", "minutes,m3_s\n0,7\n9,8\n")
    params = {"inflows": [{"x": 1000, "y": 2000, "hydrograph": "q.csv"}], "edges": "closed"}
    config = home / "city.yaml"
    config.write_text(yaml.safe_dump(CITY | {"simulations": [{"use": "flood", "params": params}]}))
    monkeypatch.chdir(away)
    bound = next(one for one in bind(load(config)).steps if one.step.name == "flood")
    bare = bound_params(named("flood"), params)
    for made, first in ((bound.params, 1.0), (bare, 7.0)):
        assert isinstance(made, FloodParams)
        assert made.inflows[0].hydrograph[0].m3_s == first
