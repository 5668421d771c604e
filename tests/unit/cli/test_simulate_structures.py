"""Walls, underpasses, culverts and rain from files, by the command line alone."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from click.testing import CliRunner, Result
from rasterio.transform import Affine

from citytwin.cli.ensemble import command as ensemble
from citytwin.cli.simulate import command
from citytwin.errors import ConfigError, SourceError

X0, Y0, CELL_M = -44000.0, -93000.0, 2.0
NY, NX = 8, 20
POOL = f"""
duration_h: 0.1
edges: closed
initial_water:
  - {{level_m: 2.0, outline: [[{X0}, {Y0}], [{X0 + 10}, {Y0}], [{X0 + 10}, {Y0 - 16}], [{X0}, {Y0 - 16}]]}}
"""
"""Two metres of water on the five columns of the west."""


def flat() -> np.ndarray:
    """Level ground at 1 m."""
    return np.ones((NY, NX), "float32")


def geotiff(file: Path, level: np.ndarray) -> str:
    """Ground with cells of 2 m."""
    with rasterio.open(
        file, "w", driver="GTiff", height=NY, width=NX, count=1, dtype="float32",
        crs="EPSG:6677", transform=Affine(CELL_M, 0.0, X0, 0.0, -CELL_M, Y0),
    ) as out:  # fmt: skip
        out.write(level, 1)
    return str(file)


def lines(file: Path, *rows: dict[str, object], crs: str = "EPSG:6677") -> str:
    """A file of lines, each given by metres from the north-west corner."""
    frame = gpd.GeoDataFrame(
        [{key: value for key, value in row.items() if key != "line"} for row in rows],
        geometry=[
            shapely.LineString([(X0 + x, Y0 - down) for x, down in row["line"]]) for row in rows
        ],
        crs="EPSG:6677",
    ).to_crs(crs)
    frame.to_file(file)
    return str(file)


def flood(folder: Path, out: str, level: np.ndarray, params: str, *more: str) -> Result:
    """Run the command."""
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    given = ["--terrain", geotiff(folder / "dtm.tif", level), "--out", str(folder / out)]
    return CliRunner().invoke(
        command, ["flood", *given, "--params", str(folder / "params.yaml"), *more]
    )


def raster(file: Path) -> np.ndarray:
    """The only band."""
    with rasterio.open(file) as made:
        return made.read(1)


WALL = {"kind": "wall", "start_level_m": 5.0, "end_level_m": 5.0, "line": [(21, -5), (21, 21)]}


def test_a_wall_from_a_file_is_ground_raised_to_its_crest(tmp_path: Path) -> None:
    """The bits of a run on ground that was raised by hand in its column; none of it gets behind."""
    by_hand = flat()
    by_hand[:, 10] = 5.0
    done = flood(tmp_path, "by_hand", by_hand, POOL)
    assert done.exit_code == 0, done.output
    for name, crs in (("gpkg", "EPSG:6677"), ("geojson", "EPSG:4326")):
        given = lines(tmp_path / f"wall.{name}", WALL, crs=crs)
        done = flood(tmp_path, name, flat(), POOL, "--hydraulic-structures", given)
        assert done.exit_code == 0, done.output
        depth = raster(tmp_path / name / "flood_depth_max.tif")
        assert (depth[:, 11:] == 0).all()
        assert (depth[:, 9] > 0.1).all()
        with rasterio.open(tmp_path / name / "flood_depth_max.tif") as made:
            assert "1 walls or levees are burned into the ground" in made.tags()["comment"]
        for file in sorted((tmp_path / "by_hand").glob("*.tif")):
            np.testing.assert_array_equal(raster(tmp_path / name / file.name), raster(file))


def test_a_mark_on_a_wall_is_that_of_the_water_beside_it(tmp_path: Path) -> None:
    """Rain leaves a film on the crest at 5 m; the pond before the wall stands lower."""
    marks = tmp_path / "marks.csv"
    marks.write_text(f"name,x,y,level_m\nwall,{X0 + 20.2},{Y0 - 9},1.5\n", encoding="utf-8")
    rain = "rain: [{start_minutes: 0, end_minutes: 6, mm_per_h: 60}]\n"
    wall = lines(tmp_path / "wall.gpkg", WALL)
    given = ("--hydraulic-structures", wall, "--marks", str(marks))
    done = flood(tmp_path, "out", flat(), POOL + rain, *given)
    assert done.exit_code == 0, done.output
    row = (tmp_path / "out" / "mark_errors.csv").read_text(encoding="utf-8").splitlines()[1]
    beside = 1.0 + raster(tmp_path / "out" / "flood_depth_max.tif")[4, 9]
    assert float(row.split(",")[5]) == pytest.approx(beside, abs=1e-5)


def test_openings_lead_water_through_a_dam(tmp_path: Path) -> None:
    """An underpass as an open cut, a culvert of known size below the ground; a mark beside them counts."""
    dam = flat()
    dam[:, 10:12] = 6.0
    cut = {
        "kind": "underpass",
        "start_level_m": 1.0,
        "end_level_m": 1.0,
        "line": [(19, 5), (25, 5)],
    }
    pipe = {"kind": "culvert", "start_level_m": 1.0, "end_level_m": 1.0, "width_m": 1.0, "height_m": 0.8, "line": [(19, 5), (25, 5)]}  # fmt: skip
    closed = flood(tmp_path, "closed", dam, POOL)
    assert closed.exit_code == 0
    assert (raster(tmp_path / "closed" / "flood_depth_max.tif")[:, 12:] == 0).all()
    cases = (
        ("cut", cut, "1 underpasses are burned into the ground"),
        ("pipe", pipe, "1 culverts pass water below the ground"),
    )
    for name, row, said in cases:
        given = lines(tmp_path / f"{name}.gpkg", row)
        marks = tmp_path / "marks.csv"
        marks.write_text(f"x,y,level_m\n{X0 + 21},{Y0 - 5},1.5\n")
        more = ["--hydraulic-structures", given, "--marks", str(marks)]
        done = flood(tmp_path, name, dam, POOL, *more)
        assert done.exit_code == 0, done.output
        assert (raster(tmp_path / name / "flood_depth_max.tif")[:, 12:] > 0.02).any()
        with rasterio.open(tmp_path / name / "flood_depth_max.tif") as made:
            assert said in made.tags()["comment"]
        level = pd.read_csv(tmp_path / name / "mark_errors.csv")["computed_m"][0]
        # In the cut the ground is at 1 m, over the pipe at 6 m.
        assert 1.0 < level < 2.0 if name == "cut" else level == 6.0


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"kind": "fence"}, "kind is 'fence', not culvert, underpass or wall"),
        ({"type": "wall"}, "has no column 'kind'"),
        ({"kind": "wall", "height_m": 900.0}, "height_m is 900, not 0.01 to 100 m"),
        ({"kind": "culvert", "inlet": "round"}, "inlet is 'round', not one of"),
        ({"kind": "wall", "line": [(9000, 0), (9009, 0)]}, "no line lies on the rasters"),
    ],
)
def test_lines_that_cannot_be_used_are_refused(
    tmp_path: Path, row: dict[str, object], said: str
) -> None:
    """All of the file: a wall that is left out lets a flood through."""
    given = lines(tmp_path / "a.gpkg", {"line": [(1, 1), (9, 9)], **row})
    done = flood(tmp_path, "out", flat(), POOL, "--hydraulic-structures", given)
    assert isinstance(done.exception, SourceError)
    assert said in done.exception.message
    assert done.exception.hint
    assert not (tmp_path / "out").exists()


def test_every_case_of_an_ensemble_has_the_wall(tmp_path: Path) -> None:
    """Two breaches in the south; a wall keeps what comes of both in the west and in the east."""
    breaches = [
        {
            "x": X0 + x,
            "y": Y0 - 15,
            "width_m": 4,
            "start_minutes": 0,
            "growth_minutes": 0,
            "name": n,
        }
        for x, n in ((9, "west"), (33, "east"))
    ]
    levee = {
        "line": [[X0, Y0 - 15], [X0 + 40, Y0 - 15]],
        "land": "left",
        "crest_m": [4.0],
        "toe_m": 4,
    }
    levee |= {"stage": [{"minutes": 0, "level_m": 2.0}], "breaches": breaches}
    params = {"duration_h": 0.1, "edges": "closed", "levees": [levee]}
    (tmp_path / "params.yaml").write_text(json.dumps(params))
    given = ["--terrain", geotiff(tmp_path / "dtm.tif", flat()), "--out", str(tmp_path / "out")]
    given += ["--hydraulic-structures", lines(tmp_path / "wall.gpkg", WALL), "--workers", "1"]
    done = CliRunner().invoke(
        ensemble, ["flood", *given, "--params", str(tmp_path / "params.yaml")]
    )
    assert done.exit_code == 0, done.output
    worst = raster(tmp_path / "out" / "worst_case.tif")
    assert (worst[:7, :10] == 0).all()
    assert (worst[:7, 11:] == 1).all()
    assert not (tmp_path / "out" / ".cases-flood").exists()


HYETOGRAPHS = {
    "intensity": "minutes,mm_per_h\n-3,90\n1,180\n3,0\n",
    "fallen": "seconds,mm\n-180,0\n60,6\n180,6\n",
    "calendar": "time,mm\n2026-06-30T17:57:00+09:00,0\n2026-06-30T09:01:00Z,6\n2026-06-30T09:03:00Z,6\n",
}


@pytest.mark.parametrize("kind", HYETOGRAPHS)
def test_rain_from_a_file_falls_alike_everywhere(tmp_path: Path, kind: str) -> None:
    """Of 6 mm in four minutes those of one count, 1.5 mm; then 6 mm in two: on closed level ground all stays."""
    table = tmp_path / "rain.csv"
    table.write_text(HYETOGRAPHS[kind])
    start = "start: 2026-06-30T18:00:00+09:00\n" if kind == "calendar" else ""
    done = flood(tmp_path, "out", flat(), f"{start}duration_h: 0.1\nedges: closed\nrain: {table}\n")
    assert done.exit_code == 0, done.output
    np.testing.assert_allclose(raster(tmp_path / "out" / "flood_depth_max.tif"), 7.5e-3, rtol=1e-4)
    account = json.loads(done.stdout[done.stdout.index("{") :])
    assert account["rain_volume"] == pytest.approx(7.5e-3 * NY * NX * CELL_M**2, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minutes,mm_per_h\n0,10\n60,5\n", "line 3: mm_per_h is 5 in the last row, which does not say how"),
        ("minutes,mm\n0,1\n10,5\n", "line 2: mm is 1 in the first row, which does not say since when"),
        ("minutes,mm\n0,0\n1,20\n", "line 3: 20 mm in 1 minutes are 1200 mm/h"),
        ("minutes,mm_per_h\n0,-1\n60,0\n", "line 2: mm_per_h is -1, not 0 to 500"),
        ("minutes,mm,mm_per_h\n0,0,0\n9,1,0\n", "has both mm_per_h and mm"),
        ("minutes,mm_per_h\n0,0\n", "holds 1 rows, no interval"),
        ("minutes,mm_per_h\n-60,10\n-30,0\n", "all rain falls before the start of the run"),
        ("minutes,mm_per_h\n5,10\n3,0\n", "line 3: is not later than line 2"),
        ("minutes,mm_per_h\n0,6\n10,9\n20,5\n90,0\n", "line 5: comes 70 minutes after line 4, most rows 10: mm_per_h 5 of line 4"),
        ("minutes,mm\n0,0\n10,1\n20,0\n90,3\n100,0\n", "line 5: comes 70 minutes after line 4, most rows 10: mm 3 of line 5"),
        ("minutes,mm\n0,0\n10,\n20,1\n", "line 3: mm is '', no finite number (give 0 where it was dry"),
    ],
)  # fmt: skip
def test_what_is_no_hyetograph_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """With the line, and what to do."""
    table = tmp_path / "rain.csv"
    table.write_text(text)
    done = flood(tmp_path, "out", flat(), f"duration_h: 0.1\nrain: {table}\n")
    assert isinstance(done.exception, ConfigError)
    assert "rain.csv" in str(done.exception)
    assert said in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text",
    [
        "minutes,mm_per_h\n0,60\n1,60\n2,0\n90,60\n91,0\n",  # dry in the long step
        "minutes,mm_per_h\n0,60\n2,0\n5,30\n15,10\n60,0\n",  # no usual step
    ],
)
def test_rows_that_are_missing_where_it_is_dry_say_nothing(tmp_path: Path, text: str) -> None:
    """60 mm/h for two minutes are 2 mm; what comes after the run does not count."""
    table = tmp_path / "rain.csv"
    table.write_text(text)
    done = flood(tmp_path, "out", flat(), f"duration_h: 0.05\nedges: closed\nrain: {table}\n")
    assert done.exit_code == 0, done.output
    account = json.loads(done.stdout[done.stdout.index("{") :])
    assert account["rain_volume"] == pytest.approx(2e-3 * NY * NX * CELL_M**2, rel=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start_level_m": 0.5, "end_level_m": 1.0}, "1 lines change nothing: a wall below all ground"),
        ({"kind": "underpass", "start_level_m": 1.0, "end_level_m": 2.0}, "1 lines change nothing"),
        ({"start_level_m": 33.0, "end_level_m": 35.0}, "1 lines have levels more than 30 m above"),
        ({"kind": "underpass", "start_level_m": -90.0, "end_level_m": -80.0}, "1 lines have levels more than 30 m"),
    ],
)  # fmt: skip
def test_levels_of_another_datum_are_told(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    """The ground lies at 1 m; a wall to 5 m has nothing to be told."""
    for name, row in (("sound", WALL), ("doubtful", WALL | change)):
        given = lines(tmp_path / f"{name}.gpkg", row)
        done = flood(tmp_path, name, flat(), POOL, "--hydraulic-structures", given)
        assert done.exit_code == 0, done.output
        assert (said in done.stderr) == (name == "doubtful")
        assert ("warning" in done.stderr) == (name == "doubtful")
