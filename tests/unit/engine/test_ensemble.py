"""Many breach points: the worst of each cell, whatever runs where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import rioxarray
import xarray as xr
from click.testing import CliRunner
from distributed import Client, LocalCluster

from citytwin.cli.main import cli
from citytwin.engine.bare import simulate
from citytwin.engine.ensemble import cases_to_run, ensemble
from citytwin.engine.worst_of_cases import WORST_CASE, CaseFigures
from citytwin.errors import ConfigError, StepError
from citytwin.model import fields as f
from citytwin.store.plain_rasters import write_plain_rasters

CELL_M = 5.0
NY, NX = 12, 30


def terrain() -> xr.DataArray:
    """A levee with its crest at 6 m along the south, land at 1 m, a ridge in the middle."""
    level = np.ones((NY, NX), dtype=np.float32)
    level[-2:] = 6.0
    level[:, 14:16] = 4.0
    x = 1000.0 + CELL_M * (np.arange(NX) + 0.5)
    y = 2000.0 - CELL_M * (np.arange(NY) + 0.5)
    array = xr.DataArray(level, dims=("y", "x"), coords={"y": y, "x": x})
    return array.rio.write_crs("EPSG:6677")


def breach(x: float, minutes: float, width: float, name: str) -> dict[str, Any]:
    """A breach at a place along the levee."""
    return {
        "x": x,
        "y": 1945.0,
        "width_m": width,
        "start_minutes": minutes,
        "growth_minutes": 0,
        "name": name,
    }


def params(*breaches: dict[str, Any]) -> dict[str, Any]:
    """Twelve minutes with water at 3 m outside."""
    levee = {
        "line": [(1000.0, 1945.0), (1150.0, 1945.0)],
        "land": "left",
        "stage": [{"minutes": 0, "level_m": 3.0}],
        "breaches": list(breaches),
    }
    return {"duration_h": 0.2, "edges": "closed", "levees": [levee]}


WEST = breach(1030.0, 1.0, 10.0, "west")
EAST = breach(1120.0, 3.0, 20.0, "east")
LATE = breach(1120.0, 6.0, 5.0, "late")


@contextmanager
def threads(number: int) -> Iterator[Client]:
    """Threads of this process: the arithmetic is the same, and no process is waited for."""
    with (
        LocalCluster(
            n_workers=1, threads_per_worker=number, processes=False, dashboard_address="127.0.0.1:0"
        ) as cluster,
        Client(cluster, set_as_default=False) as one,
    ):
        yield one


def computed(
    ground: xr.DataArray, given: dict[str, Any], client: Client, folder: Path
) -> tuple[xr.Dataset, tuple[CaseFigures, ...]]:
    """All cases on that ground."""
    return ensemble(cases_to_run("flood", {"terrain": ground}, given, folder / "kept"), client)


@pytest.fixture(scope="module")
def client():
    """Two at a time."""
    with threads(2) as one:
        yield one


def test_the_worst_of_each_cell(client: Client, tmp_path: Path) -> None:
    """Against the cases run one by one: largest values, earliest times, the number of the case."""
    found, cases = computed(terrain(), params(WEST, EAST, LATE), client, tmp_path)
    alone = [simulate("flood", {"terrain": terrain()}, params(one)) for one in (WEST, EAST, LATE)]
    assert [case.name for case in cases] == ["west", "east", "late"]
    for name in ("flood_depth_max", "flood_speed_max", "flood_hazard_rating", "flood_duration"):
        stack = np.array([case[name].values for case in alone])
        np.testing.assert_array_equal(found[name].values, stack.max(axis=0))
    classes = np.array([case["flood_hazard_class"].values for case in alone])
    np.testing.assert_array_equal(found["flood_hazard_class"].values, classes.max(axis=0))
    arrival = np.array([case["flood_arrival"].values for case in alone])
    np.testing.assert_array_equal(found["flood_arrival"].values, np.fmin.reduce(arrival))
    depth = np.array([case["flood_depth_max"].values for case in alone])
    deepest = np.where(depth.max(axis=0) > 0, depth.argmax(axis=0), -1)
    np.testing.assert_array_equal(found[WORST_CASE].values, deepest)
    assert found[WORST_CASE].values[3, 3] == 0
    assert found[WORST_CASE].values[3, 25] == 1
    for case, one in zip(cases, alone, strict=True):
        assert case.figures["breach_volume"] == one.attrs["breach_volume"]
        assert case.figures["volume_error"] < 1e-7
    assert "Worst of 3 cases" in found.attrs["comment"]


def test_gauges_are_told_case_by_case(client: Client, tmp_path: Path) -> None:
    """Series of each case, not those of the first one; what is said of all cases alike is kept."""
    given = params(WEST, EAST) | {
        "scale": "L2",
        "gauges": [{"name": "east", "x": 1120.0, "y": 1970.0}, {"name": "west", "x": 1030.0, "y": 1970.0}],
        "gauge_seconds": 240,
    }  # fmt: skip
    ground = terrain()
    ground[3, 5] = np.nan
    found, _ = computed(ground, given, client, tmp_path)
    for number, one in enumerate((WEST, EAST)):
        levees = params(one)["levees"]
        alone = simulate("flood", {"terrain": ground}, given | {"levees": levees})
        for name in ("gauge_depth", "gauge_level"):
            series = found[name].sel(case=number)
            np.testing.assert_array_equal(series.values, alone[name].values)
    assert found.gauge_depth[0].values.max() != found.gauge_depth[1].values.max()
    assert "Largest assumed scale (L2)" in found.attrs["comment"]
    assert "Computed without advection" in found.attrs["comment"]
    write_plain_rasters(found, tmp_path)
    table = pd.read_csv(tmp_path / "gauges.csv")
    assert list(table) == ["gauge", "x", "y", "seconds", "case", "depth_m", "level_m"]
    assert len(table) == 2 * 2 * 4
    last = table[table.seconds == 720].set_index(["gauge", "case"]).depth_m
    for case in (0, 1):
        for place, name in enumerate(("east", "west")):
            assert last[name, case] == pytest.approx(float(found.gauge_depth[case, -1, place]))


def test_any_number_of_workers_gives_the_same_bits(client: Client, tmp_path: Path) -> None:
    """One case after the other or side by side."""
    given = params(WEST, EAST, LATE)
    both = computed(terrain(), given, client, tmp_path / "two")[0]
    with threads(1) as single:
        one = computed(terrain(), given, single, tmp_path / "one")[0]
    for name in both.data_vars:
        assert both[name].values.tobytes() == one[name].values.tobytes()


LOST = {**EAST, "y": 1000.0, "name": "lost"}
"""The place of its breach lies on no levee."""


def test_a_case_that_fails_is_left_out_and_named(client: Client, tmp_path: Path) -> None:
    """The others count, by their own numbers; where all fail there is no result."""
    gauges = {"gauges": [{"name": "east", "x": 1120.0, "y": 1970.0}], "gauge_seconds": 240}
    found, cases = computed(terrain(), params(LOST, WEST, EAST) | gauges, client, tmp_path)
    sound = computed(terrain(), params(WEST, EAST) | gauges, client, tmp_path / "sound")[0]
    for name in ("flood_depth_max", "flood_arrival"):
        np.testing.assert_array_equal(found[name].values, sound[name].values)
    numbers = np.where(sound[WORST_CASE].values < 0, -1, sound[WORST_CASE].values + 1)
    np.testing.assert_array_equal(found[WORST_CASE].values, numbers)
    assert found["gauge_depth"]["case"].values.tolist() == [1, 2]
    assert "from its levee" in cases[0].failure
    assert [case.failure for case in cases[1:]] == ["", ""]
    for said in (found.attrs["comment"], found.attrs["warnings"]):
        assert "1 of 3 cases came to no result (0: lost)" in said
        assert "lower bound" in said
    assert found.attrs["comment"].startswith("Worst of 2 of 3 cases")
    assert "bound" not in sound.attrs["comment"] + sound.attrs["warnings"]
    with pytest.raises(StepError, match=r"none of 1 cases .*'lost': .*from its levee"):
        computed(terrain(), params(LOST), client, tmp_path)


def test_a_warning_of_some_cases_names_them(client: Client, tmp_path: Path) -> None:
    """A breach after the end brings no water; what is said of the ground of all names none."""
    ground = terrain()
    ground[0, 0] = np.nan
    after = breach(1120.0, 50.0, 20.0, "after")
    found, _ = computed(ground, params(WEST, after), client, tmp_path)
    said = found.attrs["warnings"].splitlines()
    assert [one for one in said if one.startswith("case 1 (after): No water came")]
    assert [one for one in said if one.startswith("The ground is not known in 1 cells")]
    assert len(said) == 2


def test_finished_cases_stand_for_the_same_run_alone(client: Client, tmp_path: Path) -> None:
    """Another breach beside them is computed alone; another ground, or a changed bit, is no result."""
    kept = tmp_path / "kept"
    ground = {"terrain": terrain()}
    computed(terrain(), params(WEST, EAST), client, tmp_path)
    assert cases_to_run("flood", ground, params(LATE, WEST, EAST), kept).left == (0,)
    assert cases_to_run("flood", ground, params(EAST, WEST), kept).left == ()
    assert cases_to_run("flood", {"terrain": terrain() + 0.5}, params(WEST), kept).left == (0,)
    assert cases_to_run("flood", ground, params(WEST), kept, time_zone="Asia/Tokyo").left == (0,)
    again = computed(terrain(), params(LATE, WEST, EAST), client, tmp_path)[0]
    whole = computed(terrain(), params(LATE, WEST, EAST), client, tmp_path / "whole")[0]
    for name in whole.data_vars:
        assert again[name].values.tobytes() == whole[name].values.tobytes()
    assert again.attrs == whole.attrs
    assert again.rio.crs == whole.rio.crs == terrain().rio.crs
    for file in sorted(kept.glob("*.npz"))[:1]:
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        file.write_bytes(data)
    assert len(cases_to_run("flood", ground, params(LATE, WEST, EAST), kept).left) == 1


def test_what_has_no_cases_is_refused(tmp_path: Path) -> None:
    """No breaches, and a simulation that knows no cases."""
    with pytest.raises(ConfigError, match="hold no cases"):
        cases_to_run("flood", {"terrain": terrain()}, params(), tmp_path)
    with pytest.raises(ConfigError, match="knows no cases"):
        cases_to_run("sky_view", {"terrain": terrain()}, {}, tmp_path)


def test_the_command_writes_rasters_and_the_account_of_each_case(tmp_path: Path) -> None:
    """On two worker processes, around a building given as an outline."""
    ground = terrain()
    ground[0, 0] = np.nan
    ground.rio.to_raster(tmp_path / "terrain.tif")
    block = {"type": "Polygon", "coordinates": [[[1100, 1970], [1110, 1970], [1110, 1980], [1100, 1980], [1100, 1970]]]}  # fmt: skip
    town = {"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {}, "geometry": block}]}  # fmt: skip
    (tmp_path / "town.geojson").write_text(json.dumps(town), "utf-8")
    file = tmp_path / "flood.yaml"
    file.write_text(json.dumps(params(WEST, EAST)), "utf-8")
    out = tmp_path / "out"
    call = ["ensemble", "flood", "--terrain", str(tmp_path / "terrain.tif"), "--params", str(file)]
    call += ["--buildings", str(tmp_path / "town.geojson"), "--crs", "EPSG:6677"]
    done = CliRunner().invoke(cli, [*call, "--out", str(out), "--workers", "2"])
    assert done.exit_code == 0, done.output
    assert "warning: The ground is not known in 1 cells" in done.stderr
    told = json.loads((out / "cases.json").read_text("utf-8"))
    assert [case["name"] for case in told] == ["west", "east"]
    assert all(case["volume_error"] < 1e-7 for case in told)
    # QGIS draws the largest depth in the ranks of Japanese hazard maps, from one to the next.
    symbols = ET.parse(out / "flood_depth_max.qml").iter("item")
    assert [float(one.attrib["value"]) for one in symbols][:5] == [0.05, 0.5, 3.0, 5.0, 10.0]
    with rioxarray.open_rasterio(out / f"{WORST_CASE}.tif") as written:
        assert set(np.unique(written.values)) == {-1, 0, 1}
    with rioxarray.open_rasterio(out / f"{f.FLOOD_DEPTH_MAX.name}.tif") as written:
        # Four cells of 5 m lie in the building.
        assert np.argwhere(np.isnan(written.values[0])).tolist() == [
            [0, 0],
            [4, 20],
            [4, 21],
            [5, 20],
            [5, 21],
        ]
    assert (out / f"{f.FLOOD_DEPTH_MAX.name}.tif").is_file()
    # One flood in the same folder: neither numbers nor accounts of cases stay beside it, but what is no result.
    ground.rio.to_raster(out / f"{f.FLOOD_DEPTH.name}.tif")
    call[0] = "simulate"
    done = CliRunner().invoke(cli, [*call, "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert not (out / f"{WORST_CASE}.tif").exists()
    assert not (out / "cases.json").exists()
    assert (out / f"{f.FLOOD_DEPTH.name}.tif").exists()


def test_where_no_water_comes_no_case_is_the_worst(client: Client, tmp_path: Path) -> None:
    """The ridge in the middle keeps the east dry when the levee breaks in the west alone."""
    found, _ = computed(terrain(), params(WEST), client, tmp_path)
    wet = found["flood_depth_max"].values > 0
    np.testing.assert_array_equal(found[WORST_CASE].values, np.where(wet, 0, -1))
    assert not wet[:, 20:].any()
    assert wet[:9, :12].any()


def test_the_time_of_all_cases_is_limited_before_any(tmp_path: Path) -> None:
    """360 cells of 5 m and 10 days in steps of 1e-7 x 5 m / 5.5 m/s, twice: 293 days at 270 million a second."""
    terrain().rio.to_raster(tmp_path / "terrain.tif")
    file = tmp_path / "flood.yaml"
    endless = params(WEST, EAST) | {"duration_h": 240, "courant": 1e-7}
    file.write_text(json.dumps(endless), "utf-8")
    call = ["ensemble", "flood", "--terrain", str(tmp_path / "terrain.tif"), "--params", str(file)]
    done = CliRunner().invoke(cli, [*call, "--out", str(tmp_path / "out"), "--longest-days", "200"])
    assert isinstance(done.exception, ConfigError)
    said = done.exception.message
    assert said.startswith("flood, all 2 cases, may take 293 days, 8:00:00 on one thread")
    assert said.endswith("at most 200 days, 0:00:00 is wanted")
    assert not (tmp_path / "out").exists()
