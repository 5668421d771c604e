"""``citytwin simulate`` on files: what cannot be a sound input is refused, and nothing is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from click import Command
from click.testing import CliRunner, Result
from rasterio.transform import Affine

from citytwin.cli.bare_files import read_raster
from citytwin.cli.ensemble import command as ensemble
from citytwin.cli.simulate import command
from citytwin.engine.bare import named
from citytwin.engine.bare_forecast import forecast_s
from citytwin.engine.bare_rasters import arrays_of
from citytwin.errors import ConfigError, SourceError
from citytwin.model.fields import TERRAIN
from citytwin.store.plain_rasters import write_plain_rasters
from citytwin.strict_yaml import read_yaml

NORTH_UP = Affine(2.0, 0.0, -44000.0, 0.0, -2.0, -93000.0)
HEIGHTS = np.add.outer(np.arange(6.0), np.arange(9.0)).astype("float32")
SUN = "suns: [{azimuth_deg: 160, altitude_deg: 30, hours: 2}]"


def geotiff(file: Path, bands: np.ndarray, transform: Affine, crs: str | None) -> Path:
    """A GeoTIFF of some bands."""
    count, ny, nx = bands.shape
    with rasterio.open(
        file, "w", driver="GTiff", height=ny, width=nx, count=count, dtype=bands.dtype,
        crs=crs, transform=transform,
    ) as out:  # fmt: skip
        out.write(bands)
    return file


def simulate(folder: Path, params: str, *arguments: str) -> Result:
    """Run the command; results would go to ``out``."""
    file = folder / "params.yaml"
    file.write_text(params, encoding="utf-8")
    out = str(folder / "out")
    return CliRunner().invoke(command, [*arguments, "--params", str(file), "--out", out])


def test_a_sound_raster_gives_a_map_in_its_place(tmp_path: Path) -> None:
    """The result has the extent and CRS of the input."""
    dsm = geotiff(tmp_path / "dsm.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677")
    done = simulate(tmp_path, SUN, "sunlight", "--surface-height", str(dsm))
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "out" / "sunlit_hours.tif") as made:
        assert made.transform == NORTH_UP
        assert made.crs.to_epsg() == 6677


def test_classes_keep_their_own_code_for_no_data(tmp_path: Path) -> None:
    """A map of classes is written in bytes; at night all known cells are in shadow."""
    heights = HEIGHTS.copy()
    heights[2, 3] = np.nan
    dsm = geotiff(tmp_path / "dsm.tif", heights[None], NORTH_UP, "EPSG:6677")
    night = "moment: 2026-12-22T00:00:00+09:00"
    done = simulate(tmp_path, night, "shadow", "--surface-height", str(dsm))
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "out" / "shadow.tif") as made:
        mask = made.read(1)
        assert (made.dtypes[0], made.nodata) == ("uint8", 255)
    assert mask[2, 3] == 255
    assert (mask == 1).sum() == mask.size - 1


def test_whole_numbers_with_a_scale_are_the_heights_that_they_stand_for(tmp_path: Path) -> None:
    """Centimetres as integers, which a scale makes metres: no ground a hundred times as steep."""
    whole = geotiff(
        tmp_path / "cm.tif", (HEIGHTS * 100).astype("int16")[None], NORTH_UP, "EPSG:6677"
    )
    with rasterio.open(whole, "r+") as raster:
        raster.scales, raster.offsets, raster.nodata = (0.01,), (5.0,), 1300.0
    read = read_raster(whole)
    assert np.allclose(read.values[:-1], HEIGHTS[:-1] + 5.0)
    assert np.isnan(read.values[-1, -1])


@pytest.mark.parametrize(
    ("unit", "crs", "said"),
    [
        ("ft", "EPSG:6677", "'ft'"),
        ("", "EPSG:6677+6360", "'US survey foot'"),
        ("cm", "EPSG:6677", "'cm'"),
        ("m/s", "EPSG:6677", "'m/s'"),
    ],
)
def test_heights_in_feet_are_refused(tmp_path: Path, unit: str, crs: str, said: str) -> None:
    """By the unit of the band, or the vertical part of the CRS; the factor of feet for feet alone."""
    dtm = geotiff(tmp_path / "dtm.tif", HEIGHTS[None], NORTH_UP, crs)
    with rasterio.open(dtm, "r+") as raster:
        raster.units = (unit,)
    done = simulate(tmp_path, RAIN, "flood", "--terrain", str(dtm))
    assert isinstance(done.exception, ConfigError)
    assert f"terrain is in {said}" in str(done.exception)
    # The foot of the US is 1200/3937 m, the international one 0.3048 m, by their definitions.
    factor = {"'ft'": "A*0.3048'", "'US survey foot'": "A*0.3048006096'"}.get(said)
    assert (factor or "convert it to metres") in done.exception.hint
    assert (factor is not None) == ("gdal_calc" in done.exception.hint)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "unit", ["metre", "m.", "[m]", "meter(s)", "mTP", "m (T.P.)", "unknown", "Metres above NAP"]
)
def test_heights_in_metres_are_read_however_they_are_written(tmp_path: Path, unit: str) -> None:
    """By the band, or by neither it nor the CRS: no error is told."""
    sound = geotiff(tmp_path / "m.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677+6695")
    with rasterio.open(sound, "r+") as raster:
        raster.units = (unit,)
    read = read_raster(sound)
    for given in (read, read.assign_attrs(units=(unit, ""))):
        _, arrays = arrays_of(named("flood"), (), {"terrain": given})
        assert np.array_equal(arrays[TERRAIN], HEIGHTS)


RAIN = """
duration_h: 0.1
edges: closed
gauge_seconds: 120
gauges: [{name: pond, x: -43990.9, y: -93005.1}, {name: 水位計, x: -43999.5, y: -93011.5}]
rain: [{start_minutes: 0, end_minutes: 4, mm_per_h: 360}]
"""


def test_gauges_become_a_table_of_their_moments(tmp_path: Path) -> None:
    """Rain of 0.1 mm/s for four minutes on level ground at 2.5 m, looked at every two minutes."""
    level = np.full((1, 6, 9), 2.5, dtype="float32")
    dtm = geotiff(tmp_path / "dtm.tif", level, NORTH_UP, "EPSG:6677")
    done = simulate(tmp_path, RAIN, "flood", "--terrain", str(dtm))
    assert done.exit_code == 0, done.output
    made = pd.read_csv(tmp_path / "out" / "gauges.csv")
    assert list(made.columns) == ["gauge", "x", "y", "seconds", "depth_m", "level_m"]
    assert made["gauge"].tolist() == ["pond"] * 4 + ["水位計"] * 4
    assert made["seconds"].tolist() == [0, 120, 240, 360] * 2
    assert made.loc[0, ["x", "y"]].tolist() == [-43990.9, -93005.1]
    expected = np.array([0.0, 0.012, 0.024, 0.024] * 2)
    np.testing.assert_allclose(made["depth_m"], expected, rtol=1e-4)
    np.testing.assert_allclose(made["level_m"][1:4], 2.5 + expected[1:4], rtol=1e-6)
    assert made["level_m"].isna().sum() == 2  # dry at the start
    assert json.loads(done.output[done.output.index("{") :])["gauge_2_depth_max"] > 0.02


def test_gauges_of_a_dated_run_have_times(tmp_path: Path) -> None:
    """In UTC, whatever zone the begin is given in: observed levels can be put beside them."""
    dtm = geotiff(tmp_path / "dtm.tif", np.full((1, 6, 9), 2.5, "float32"), NORTH_UP, "EPSG:6677")
    dated = f"start: 2019-10-12T23:58:00+09:00\n{RAIN}"
    done = simulate(tmp_path, dated, "flood", "--terrain", str(dtm))
    assert done.exit_code == 0, done.output
    made = pd.read_csv(tmp_path / "out" / "gauges.csv")
    assert list(made) == ["gauge", "x", "y", "seconds", "time_utc", "depth_m", "level_m"]
    minutes = ["14:58", "15:00", "15:02", "15:04"]
    assert made["time_utc"].tolist() == [f"2019-10-12T{one}:00Z" for one in minutes] * 2
    halves = dated.replace("gauge_seconds: 120", "gauge_seconds: 0.5").replace("0.1", "0.001")
    assert simulate(tmp_path, halves, "flood", "--terrain", str(dtm)).exit_code == 0
    made = pd.read_csv(tmp_path / "out" / "gauges.csv")
    assert made["time_utc"][1] == "2019-10-12T14:58:00.500Z"


def test_the_time_of_a_run_is_told_and_limited_before_it(tmp_path: Path) -> None:
    """A step so small that the run would need weeks: refused at once; more days may be allowed."""
    dtm = geotiff(tmp_path / "dtm.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677")
    # 54 cells and 10 days in steps of 1e-7 x 2 m / 5.5 m/s: 2.4e13 steps, 55 days at 270 million.
    endless = "{duration_h: 240, courant: 1.0e-7, rain: [{start_minutes: 0, end_minutes: 9, mm_per_h: 9}]}"
    done = simulate(tmp_path, endless, "flood", "--terrain", str(dtm))
    assert isinstance(done.exception, ConfigError)
    assert "may take 55 days, 0:00:00 on one thread, were there water" in done.exception.message
    assert "at most 14 days, 0:00:00 is wanted" in done.exception.message
    assert "--longest-days" in (done.exception.hint or "")
    assert not (tmp_path / "out").exists()
    forecast = forecast_s("flood", {"terrain": read_raster(dtm)}, read_yaml(endless, "endless"))
    assert forecast == pytest.approx(54 * 864000 / (1e-7 * 2 / 5.5) / 270e6, rel=0.01)
    assert forecast_s("sky_view", {"surface_height": read_raster(dtm)}, {}) is None
    wind = ["wind_flow", "--surface-height", str(dtm), "--longest-days", "1e-9"]
    dry = simulate(tmp_path, "{from_deg: [270]}", *wind).exception
    assert isinstance(dry, ConfigError)
    assert "on one thread; at most less than a second is wanted" in dry.message


def test_every_law_of_the_ground_is_described() -> None:
    """Where one of several forms may be given, each with its keys."""
    said = CliRunner().invoke(command, ["flood", "--describe"]).output
    for law, key in (("constant", "rate"), ("horton", "decay"), ("green_ampt", "suction")):
        assert f"law: {law} (required)" in said
        assert key in said
    assert "infiltration: list of mapping\n" in said


@pytest.mark.parametrize(
    ("gauge", "said"),
    [
        ("{name: far, x: -43000, y: -93005}", "gauge 'far' at (-43000, -93005) lies outside"),
        ("{name: hole, x: -43999, y: -93001}", "'hole' at (-43999, -93001) lies in a building or"),
        ("{name: a, x: -43990, y: -93005}, {name: a, x: -43992, y: -93005}", "the name 'a'"),
    ],
)
def test_a_gauge_without_a_cell_is_named(tmp_path: Path, gauge: str, said: str) -> None:
    """Outside the raster, where the ground is not known, or two of one name."""
    level = np.full((1, 6, 9), 2.5, dtype="float32")
    level[0, 0, 0] = np.nan
    dtm = geotiff(tmp_path / "dtm.tif", level, NORTH_UP, "EPSG:6677")
    params = (
        f"{RAIN[: RAIN.index('gauges:')]}gauges: [{gauge}]{RAIN[RAIN.index(chr(10) + 'rain') :]}"
    )
    done = simulate(tmp_path, params, "flood", "--terrain", str(dtm))
    assert done.exit_code != 0
    assert said in str(done.exception) + done.output
    assert not (tmp_path / "out").exists()


ROTATED = Affine(2.0, 0.5, -44000.0, 0.5, -2.0, -93000.0)


@pytest.mark.parametrize(
    ("bands", "transform", "crs", "said"),
    [
        (HEIGHTS[None], ROTATED, "EPSG:6677", "rotated"),
        (HEIGHTS[None], NORTH_UP, None, "names no CRS"),
        (np.stack([HEIGHTS] * 3), NORTH_UP, "EPSG:6677", "holds 3 bands"),
        (HEIGHTS[None].astype("complex64"), NORTH_UP, "EPSG:6677", "complex"),
    ],
)
def test_a_raster_that_would_be_misread_is_refused(
    tmp_path: Path, bands: np.ndarray, transform: Affine, crs: str | None, said: str
) -> None:
    """Such as one whose cells do not lie along its axes."""
    dsm = geotiff(tmp_path / "dsm.tif", bands, transform, crs)
    done = simulate(tmp_path, SUN, "sunlight", "--surface-height", str(dsm))
    assert done.exit_code == 1
    assert f"{dsm}: " in str(done.exception)
    assert said in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("content", [b"", b"hello\n", None])
def test_a_broken_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    """Empty, text, or cut off in the middle."""
    dsm = geotiff(tmp_path / "dsm.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677")
    dsm.write_bytes(dsm.read_bytes()[:-60] if content is None else content)
    done = simulate(tmp_path, SUN, "sunlight", "--surface-height", str(dsm))
    assert f"{dsm}: cannot be read" in str(done.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [command, ensemble])
def test_an_option_that_is_none_is_named_before_any_file(tmp_path: Path, command: Command) -> None:
    """A name that is written wrong is no raster that cannot be read."""
    table = tmp_path / "levels.csv"
    table.write_text("gauge,minutes,level_m\n")
    call = ["flood", "--terrian", "none.tif", "--params", "none.yaml", "--out", "none"]
    for name, said in (("terrian", "did you mean 'terrain'"), ("observd", "known are .*terrain")):
        call[1:3] = [f"--{name}", str(table)]
        done = CliRunner().invoke(command, call)
        assert isinstance(done.exception, ConfigError)
        assert f"flood takes no '{name}'" in str(done.exception)
        assert re.search(said, str(done.exception))


def test_a_raster_given_twice_is_refused(tmp_path: Path) -> None:
    """Rather than the last one winning."""
    done = simulate(
        tmp_path, SUN, "sunlight", "--surface-height", "a.tif", "--surface-height", "b.tif"
    )  # fmt: skip
    assert "--surface-height is given twice: a.tif and b.tif" in str(done.exception)


def test_deeply_nested_parameters_are_refused(tmp_path: Path) -> None:
    """The parser gives up; the user learns which file."""
    done = simulate(tmp_path, "[" * 5000, "sunlight")
    assert "params.yaml: lists or mappings nested too deeply" in str(done.exception)


def test_describe_lists_what_can_be_given() -> None:
    """Rasters with their flags and units, parameters with ranges and meaning, nothing computed."""
    done = CliRunner().invoke(command, ["flood", "--describe"])
    assert done.exit_code == 0
    assert "--terrain FILE [m]" in done.output
    assert "--sewer-network FILE_OR_FOLDER (optional)" in done.output
    assert "--hydraulic-structures FILE_OR_FOLDER (optional)" in done.output
    assert "mm_per_h: float (required)  [>= 0, <= 500]" in done.output
    assert "share the discharge." in done.output
    assert "edges: mapping\n" in done.output
    assert "north: closed or normal_depth or critical = normal_depth" in done.output
    assert "EdgeKind" not in done.output


def test_times_and_days_are_described_in_words() -> None:
    """A reader of the list knows no types of a library."""
    done = CliRunner().invoke(command, ["shadow", "--describe"])
    assert "moment: time with its zone, such as" in done.output
    assert "first: time of the clock, such as 08:00" in done.output
    assert "date: date\n" in done.output
    assert "annotation" not in done.output


def test_a_day_gives_a_band_per_moment(tmp_path: Path) -> None:
    """Each band is described by its moment in UTC; clocks are those of the zone given."""
    dsm = geotiff(tmp_path / "dsm.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677")
    hours = "{date: 2026-12-22, step_minutes: 60, first: '10:00', last: '12:00'}"
    done = simulate(
        tmp_path, hours, "shadow", "--surface-height", str(dsm), "--time-zone", "Asia/Tokyo"
    )
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "out" / "shadow.tif") as made:
        assert made.descriptions == tuple(f"shadow 2026-12-22T0{h}:00:00Z" for h in (1, 2, 3))
        assert made.transform == NORTH_UP


def test_results_need_a_folder() -> None:
    """Without --out there is a usage error, not a result nowhere."""
    done = CliRunner().invoke(command, ["flood"])
    assert done.exit_code == 2
    assert "--out" in done.output


def test_a_file_in_the_place_of_the_folder_is_told_before_the_run(tmp_path: Path) -> None:
    """Hours of computing would be for nothing."""
    (tmp_path / "out").write_text("mine")
    dtm = geotiff(tmp_path / "dtm.tif", HEIGHTS[None], NORTH_UP, "EPSG:6677")
    done = simulate(tmp_path, RAIN, "flood", "--terrain", str(dtm))
    assert isinstance(done.exception, ConfigError)
    assert "a file stands there" in done.exception.message
    assert (tmp_path / "out").read_text() == "mine"


def test_series_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    """Without gauges those of the run before go; a table of another kind stays."""
    y, x = 100.0 - np.arange(4) * 2.0, np.arange(5) * 2.0
    depth = xr.DataArray(np.zeros((4, 5), np.float32), {"y": y, "x": x}, ("y", "x"), name="depth")
    data = depth.rio.write_crs("EPSG:6677").to_dataset()
    file = tmp_path / "gauges.csv"
    for header, stays in (("gauge,x,y,seconds,depth_m,level_m", False), ("gauge,x,y", True)):
        file.write_text(f"{header}\n")
        write_plain_rasters(data, tmp_path)
        assert file.exists() == stays


def test_maps_over_time_of_an_earlier_run_do_not_stay(tmp_path: Path) -> None:
    """A run without `frame_minutes` in the folder of one with it; maps of another simulation stay."""
    level = np.full((1, 6, 9), 2.5, dtype="float32")
    dtm = geotiff(tmp_path / "dtm.tif", level, NORTH_UP, "EPSG:6677")
    params = RAIN + "start: 2019-10-12T15:00:00+09:00\n"
    for more, stays in (("frame_minutes: 2\n", True), ("", False)):
        done = simulate(tmp_path, params + more, "flood", "--terrain", str(dtm))
        assert done.exit_code == 0, done.output
        for name in ("flood_depth", "flood_speed"):
            assert (tmp_path / "out" / f"{name}.tif").exists() == stays
        assert (tmp_path / "out" / "flood_depth_max.tif").exists()


def test_bands_by_direction_are_read_as_they_are_written(tmp_path: Path) -> None:
    """Results by direction say it in the description of each band; others of several are refused."""
    y, x = 100.0 - np.arange(4) * 2.0, np.arange(5) * 2.0
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5)
    array = xr.DataArray(
        values, {"direction": [0.0, 22.5, 270.0], "y": y, "x": x}, name="ratio"
    ).rio.write_crs("EPSG:6677")
    (file,) = write_plain_rasters(array.to_dataset(), tmp_path)
    again = read_raster(file)
    assert again.dims == ("direction", "y", "x")
    assert again["direction"].values.tolist() == [0.0, 22.5, 270.0]
    np.testing.assert_array_equal(again.values, values)
    bare = array.drop_vars("direction").rename(direction="band")
    bare.rio.to_raster(tmp_path / "bands.tif")
    with pytest.raises(SourceError, match="holds 3 bands"):
        read_raster(tmp_path / "bands.tif")
