"""Observed levels and high-water marks beside a flood, by the command line alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from click.testing import CliRunner, Result
from rasterio.transform import Affine

from citytwin.cli.simulate import command
from citytwin.errors import ConfigError

NORTH_UP = Affine(2.0, 0.0, -44000.0, 0.0, -2.0, -93000.0)
# Level ground under 0.1 mm/s of rain for four minutes: 0.1 mm of depth each second, then 24 mm.
RAIN = """
start: 2019-10-12T15:00:00+09:00
duration_h: 0.1
edges: closed
gauge_seconds: 60
gauges: [{name: pond, x: -43990.9, y: -93005.1}, {name: 橋, x: -43997, y: -93003}]
rain: [{start_minutes: 0, end_minutes: 4, mm_per_h: 360}]
"""
GROUND_M = 2.5


def flood(folder: Path, *arguments: str, params: str = RAIN) -> Result:
    """Run the command on level ground, with a closed cell in the north-west; results go to ``out``."""
    level = np.full((6, 9), GROUND_M, "float32")
    level[0, 0] = np.nan
    with rasterio.open(
        folder / "dtm.tif", "w", driver="GTiff", height=6, width=9, count=1, dtype="float32",
        crs="EPSG:6677", transform=NORTH_UP,
    ) as out:  # fmt: skip
        out.write(level, 1)
    (folder / "params.yaml").write_text(params, encoding="utf-8")
    given = ["--terrain", str(folder / "dtm.tif"), "--params", str(folder / "params.yaml")]
    call = ["flood", *given, "--out", str(folder / "out"), *arguments]
    return CliRunner().invoke(command, call)


def written(folder: Path, text: str) -> str:
    """A table of observations."""
    file = folder / "observed.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_levels_by_the_calendar_are_scored(tmp_path: Path) -> None:
    """5 mm too high all the time, and one before the run; the other gauge by four exact depths too few.

    At 15:01 to 15:05 the depths are 6, 12, 18, 24 and 24 mm.
    """
    depth = np.array([0.006, 0.012, 0.018, 0.024, 0.024])
    times = [f"2019-10-12T06:0{minute}:00Z" for minute in range(1, 6)]
    rows = [
        f"pond,{time},{GROUND_M + one + 0.005:.4f}" for time, one in zip(times, depth, strict=True)
    ]
    rows.insert(0, "pond,2019-10-12T14:59:00+09:00,2.5")
    rows += ["橋,2019-10-12T15:01:00+09:00,2.506", "橋,2019-10-12T15:02:00+09:00,2.512"]
    table = written(tmp_path, "gauge,time,level_m\n" + "\n".join(rows) + "\n")
    done = flood(tmp_path, "--observed", table)
    assert done.exit_code == 0, done.output
    assert "warning: observations before or after the run do not count: 1 of 'pond'" in done.stderr
    assert "warning: gauge '橋' is not scored: fewer than 3 observations" in done.stderr
    made = pd.read_csv(tmp_path / "out" / "gauge_scores.csv")
    assert made["gauge"].tolist() == ["pond"]
    one = made.iloc[0]
    assert (one["measure"], one["observations"], one["dry"]) == ("level_m", 5, 0)
    assert one["bias_m"] == pytest.approx(-0.005, abs=1e-5)
    assert one["rmse_m"] == pytest.approx(0.005, abs=1e-5)
    assert one["peak_error_m"] == pytest.approx(-0.005, abs=1e-5)
    spread = ((depth - depth.mean()) ** 2).sum()
    assert one["nse"] == pytest.approx(1 - 5 * 0.005**2 / spread, abs=1e-3)
    assert "pond" in done.stdout
    assert f"{one['nse']:.3f}" in done.stdout
    pairs = pd.read_csv(tmp_path / "out" / "gauge_pairs.csv")
    assert len(pairs) == 7
    np.testing.assert_allclose(pairs["computed_m"][:5], GROUND_M + depth, atol=1e-5)
    # Without observations those of an earlier run do not stay.
    assert flood(tmp_path).exit_code == 0
    assert not (tmp_path / "out" / "gauge_scores.csv").exists()


def test_depths_by_the_clock_are_scored_where_it_is_dry(tmp_path: Path) -> None:
    """Water of 10 mm is seen before any has come, in seconds since the start."""
    dry = RAIN.replace("start_minutes: 0, end_minutes: 4", "start_minutes: 2, end_minutes: 4")
    table = written(tmp_path, "seconds,gauge,depth_m\n0,pond,0.01\n60,pond,0.01\n360,pond,0.022\n")
    done = flood(tmp_path, "--observed", table, params=dry)
    assert done.exit_code == 0, done.output
    one = pd.read_csv(tmp_path / "out" / "gauge_scores.csv").iloc[0]
    assert (one["measure"], one["observations"], one["dry"]) == ("depth_m", 3, 2)
    assert one["bias_m"] == pytest.approx((-0.01 - 0.01 - 0.01) / 3, abs=1e-5)


def test_high_water_marks_are_scored(tmp_path: Path) -> None:
    """24 mm everywhere: one mark 6 mm too high, one on a wall 4 mm too low, one off the raster."""
    table = written(
        tmp_path,
        "name,x,y,level_m\nbridge,-43990,-93005,2.53\n壁,-43999,-93001,2.52\nfar,-40000,-93005,9\n",
    )
    done = flood(tmp_path, "--marks", table)
    assert done.exit_code == 0, done.output
    made = pd.read_csv(tmp_path / "out" / "mark_errors.csv")
    assert made["name"].tolist() == ["bridge", "壁", "far"]
    np.testing.assert_allclose(made["error_m"][:2], [-0.006, 0.004], atol=2e-5)
    assert made["error_m"].isna().tolist() == [False, False, True]
    assert "1 marks lie off the raster or have no open cell beside them: far" in done.stderr
    assert "2 high-water marks, 0 of them dry: bias -0.001 m, RMSE 0.005 m" in done.stdout
    assert "largest error -0.006 m" in done.stdout


def test_no_table_that_is_given_is_written_over(tmp_path: Path) -> None:
    """Not by scores, and not by the series of the run itself."""
    (tmp_path / "out").mkdir()
    for option, name in (("--observed", "gauges.csv"), ("--marks", "mark_errors.csv")):
        file = tmp_path / "out" / name
        file.write_text("kept", encoding="utf-8")
        done = flood(tmp_path, option, str(file))
        assert isinstance(done.exception, ConfigError)
        assert "would be written over it" in done.exception.message
        assert file.read_text(encoding="utf-8") == "kept"


@pytest.mark.parametrize(
    ("option", "text", "said"),
    [
        ("--observed", "gauge,minutes,level_m\nponds,0,1\n", "gauge 'ponds' is not among those of the run"),
        ("--observed", "gauge,minutes,level_m,depth_m\n", "has both level_m and depth_m"),
        ("--observed", "gauge,minutes,flow\npond,0,1\n", "has no column level_m"),
        ("--observed", "gauge,minutes,depth_m\npond,0,1\npond,5,-1\n", "line 3: depth_m is -1, not 0"),
        ("--observed", "gauge,minutes,depth_m\npond,5,1\n橋,1,1\npond,4,1\n", "line 4: gauge 'pond' is not"),
        ("--observed", "gauge,time,depth_m\npond,2019-10-12T15:00:00,1\n", "has no offset from UTC"),
        ("--observed", "gauge,minutes,depth_m\npond,0,1,234\n", "line 2: has 4 fields, the header 3"),
        ("--observed", "gauge,minutes,seconds,depth_m\npond,0,0,1\n", "has both minutes and seconds"),
        ("--observed", "gauge,minutes,depth_m\n", "holds no row"),
        ("--observed", ".", "cannot be read: it is no file"),
        ("--observed", "gauge,time,depth_m\npond,2019-10-12T15:01:00Z,1\npond,2019-10-12T15:04:00Z,2\n", "in the 6 minutes of the run, but from 541 to 544 minutes after"),
        ("--marks", "x,y,depth_m\n35.7,139.7,1\n", "no mark lies on the rasters"),
        ("--marks", "x,y,depth_m\n-43990,-93005,?\n", "line 2: depth_m is '?'"),
        ("--marks", "lon,lat,depth_m\n1,2,3\n", "has no column x, y; it has lon, lat, depth_m"),
    ],
)  # fmt: skip
def test_what_cannot_be_scored_is_refused_before_the_run(
    tmp_path: Path, option: str, text: str, said: str
) -> None:
    """With the file, the line, and what to do."""
    given = str(tmp_path) if text == "." else written(tmp_path, text)
    done = flood(tmp_path, option, given)
    assert isinstance(done.exception, ConfigError)
    assert said in done.exception.message
    assert done.exception.hint
    assert not (tmp_path / "out").exists()


def test_a_dam_break_in_a_flume_meets_its_closed_solution(tmp_path: Path) -> None:
    """Ritter (1892): 5 mm of water behind a dam at 5 m, a dry flume before it; series at three gauges.

    h = (2 sqrt(g h0) - x / t)^2 / 9 g between the two fronts, x from the dam.
    """
    gravity, behind_m, cell_m, dam_m = 9.80665, 0.005, 0.025, 5.0
    with rasterio.open(
        tmp_path / "flume.tif", "w", driver="GTiff", height=4, width=400, count=1, dtype="float32",
        crs="EPSG:6677", transform=Affine(cell_m, 0.0, 0.0, 0.0, -cell_m, 0.1),
    ) as out:  # fmt: skip
        out.write(np.zeros((4, 400), "float32"), 1)
    wave = np.sqrt(gravity * behind_m)
    places = {"behind": 4.5125, "near": 5.2625, "far": 5.7625}
    rows = ["gauge,seconds,depth_m"]
    for name, x in places.items():
        for time in np.arange(0.5, 6.01, 0.1):
            speed = np.clip((x - dam_m) / time, -wave, 2 * wave)
            rows.append(f"{name},{time:.1f},{(2 * wave - speed) ** 2 / (9 * gravity):.7f}")
    gauges = [f"  - {{name: {name}, x: {x}, y: 0.0625}}" for name, x in places.items()]
    corners = f"[[0, 0], [{dam_m}, 0], [{dam_m}, 0.1], [0, 0.1]]"
    params = [
        f"duration_h: {6 / 3600}",
        "scheme: full",
        "edges: closed",
        "manning: 1.0e-6",
        "arrival_depth_m: 1.0e-5",
        "dry_depth_m: 1.0e-5",
        f"initial_water: [{{level_m: {behind_m}, outline: {corners}}}]",
        "gauge_seconds: 0.05",
        "gauges:",
        *gauges,
    ]
    (tmp_path / "flume.yaml").write_text("\n".join(params))
    given = ["--terrain", str(tmp_path / "flume.tif"), "--params", str(tmp_path / "flume.yaml")]
    given += ["--observed", written(tmp_path, "\n".join(rows) + "\n")]
    done = CliRunner().invoke(command, ["flood", *given, "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    scores = pd.read_csv(tmp_path / "out" / "gauge_scores.csv").set_index("gauge")
    assert scores["observations"].tolist() == [56] * 3
    # The bar of dam breaks on dry ground is an error of 0.5 % of the depths; the reservoir is 5 mm deep.
    assert (scores["rmse_m"] < 0.01 * behind_m).all()
    assert (scores["bias_m"].abs() < 0.005 * behind_m).all()
    assert (scores["nse"] > 0.99).all()
