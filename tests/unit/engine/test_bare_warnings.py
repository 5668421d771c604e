"""What would give a plausible wrong map of the sun is refused, or told beside the result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from click.testing import CliRunner

import citytwin
from citytwin.cli.simulate import command
from citytwin.errors import ConfigError

SIMULATIONS = {
    "sunlight": {"date": "2026-12-22", "step_minutes": 60},
    "shadow": {"moment": "2026-12-22T12:00:00+09:00"},
    "sky_view": {"directions": 16},
    "irradiation": {"first_day": "2026-12-22", "step_minutes": 60, "directions": 16},
}


def surface(
    cell_m: float = 1.0, crs: str = "EPSG:6677", at: tuple[float, float] = (-44000.0, -94000.0)
) -> xr.DataArray:
    """Level ground with one block."""
    height = np.full((30, 40), 12.0, dtype=np.float32)
    height[10:18, 12:22] = 30.0
    coords = {
        "y": at[1] - (np.arange(30) + 0.5) * cell_m,
        "x": at[0] + (np.arange(40) + 0.5) * cell_m,
    }
    return xr.DataArray(height, dims=("y", "x"), coords=coords).rio.write_crs(crs)


@pytest.mark.parametrize("name", SIMULATIONS)
def test_spikes_and_pits_are_told(name: str) -> None:
    """Count and place of the worst, for every simulation of the sun; nothing on sound ground."""
    sound = surface()
    made = citytwin.simulate(name, {"surface_height": sound}, SIMULATIONS[name])
    assert made.warnings == ""
    sound[25, 30], sound[3, 3], sound[3, 8] = 90.0, -60.0, -30.0
    told = citytwin.simulate(name, {"surface_height": sound}, SIMULATIONS[name]).warnings
    spikes, pits = told.splitlines()
    assert spikes.startswith("The surface has spikes: 1 cells stand more than 10 m above all")
    assert "by 78.0 m at x -43969.5, y -94025.5" in spikes
    assert pits.startswith("The surface has pits: 2 cells lie more than 10 m below all around")
    assert "by 72.0 m at x -43996.5, y -94003.5" in pits


@pytest.mark.parametrize(
    ("crs", "at", "said"),
    [
        ("EPSG:4326", (139.7, 35.7), "degrees"),
        ("EPSG:3857", (15_550_000.0, 4_250_000.0), "Web Mercator"),
        ("EPSG:3395", (15_550_000.0, 4_230_000.0), r"1\.2295 m on the grid"),
        ("EPSG:2263", (980_000.0, 200_000.0), "not in metres"),
    ],
)
@pytest.mark.parametrize("name", SIMULATIONS)
def test_metres_must_be_metres_on_the_ground(
    name: str, crs: str, at: tuple[float, float], said: str
) -> None:
    """Degrees, feet and both Mercators of the world are refused."""
    cell = 1e-5 if crs == "EPSG:4326" else 1.0
    with pytest.raises(ConfigError, match=said) as refused:
        citytwin.simulate(name, {"surface_height": surface(cell, crs, at)}, SIMULATIONS[name])
    assert refused.value.hint


def test_lengths_that_are_slightly_off_are_told() -> None:
    """West of its zone, UTM is 0.16 % too long: a warning with the zone that suits."""
    far = surface(crs="EPSG:32654", at=(900_000.0, 3_950_000.0))
    told = citytwin.simulate("sunlight", {"surface_height": far}, SIMULATIONS["sunlight"]).warnings
    assert "+0.16 %" in told
    assert "EPSG:32655" in told


def test_cells_larger_than_buildings_are_told() -> None:
    """From 5 m on."""
    given = {cell: {"surface_height": surface(cell)} for cell in (4.9, 5.0, 30.0)}
    told = {
        cell: citytwin.simulate("sunlight", one, SIMULATIONS["sunlight"]).warnings
        for cell, one in given.items()
    }
    assert told[4.9] == ""
    assert "Cells of 5 m are larger than many buildings" in told[5.0]
    assert "Cells of 30 m" in told[30.0]


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("sunlight", {"date": "7000-01-01"}, "5999-12-31"),
        ("sunlight", {"date": "0001-01-01"}, "0002-01-01"),
        ("sunlight", {"date": "2026-01-01", "until": "9999-12-31"}, "5999-12-31"),
        ("shadow", {"moment": "9999-12-31T23:00:00-09:00"}, "5999-12-31"),
        ("shadow", {"moment": "2026-12-22T12:00:00"}, "offset from UTC"),
        ("irradiation", {"first_day": "6000-01-01"}, "5999-12-31"),
        ("sky_view", {"date": "noon"}, "date"),
    ],
)
def test_times_that_mean_nothing_are_refused(name: str, params: dict[str, str], said: str) -> None:
    """Years beyond the algorithm of the sun, and clocks of nowhere."""
    with pytest.raises(ConfigError, match=said):
        citytwin.simulate(name, {"surface_height": surface()}, params)


def test_heights_of_trees_above_the_ground_are_no_heights() -> None:
    """Crowns that lie in the ground are a mistake of the reference, not trees without shade."""
    trees = surface()
    trees.values[:] = np.nan
    trees.values[5:9, 5:9] = 8.0
    given = {"surface_height": surface(), "canopy_top": trees}
    with pytest.raises(ConfigError, match="canopy_top lies at or below") as refused:
        citytwin.simulate("sunlight", given, SIMULATIONS["sunlight"])
    assert "above the datum" in (refused.value.hint or "")


FLOOD = {
    "duration_h": 0.02,
    "rain": [{"start_minutes": 0, "end_minutes": 1, "mm_per_h": 60}],
}


def flood_over(ground: xr.DataArray) -> list[str]:
    """Warnings of a short flood."""
    return str(citytwin.simulate("flood", {"terrain": ground}, FLOOD).warnings).splitlines()


def test_faults_of_the_ground_are_told_of_a_flood() -> None:
    """Pits, a code for no data in the midst of the ground, cells that are not known; no sound ground."""
    sound = surface()
    sound.values[:] = 12.0 + 0.05 * np.arange(40)
    assert flood_over(sound) == []
    pit = sound.copy(deep=True)
    pit[25, 30] = -40.0
    assert [line[:48] for line in flood_over(pit)] == [
        "The ground has pits: 1 cells lie more than 10 m "
    ]
    coded = sound + 30.0
    coded[3:8, 10:20] = 0.0
    coded = coded.rio.write_crs("EPSG:6677")
    told = flood_over(coded)
    assert len(told) == 1
    assert told[0].startswith(
        "The ground is at exactly 0 m in 50 cells, and all around them at least"
    )
    holes = sound.copy(deep=True)
    holes[3:8, 10:20] = np.nan
    assert [line[:40] for line in flood_over(holes)] == ["The ground is not known in 50 cells (4.1"]


def test_heights_in_millimetres_are_no_ground() -> None:
    """In most places steeper than 45 degrees: refused, with what to do; a cliff is none of it."""
    rolling = surface()
    y, x = np.mgrid[:30, :40]
    rolling.values[:] = 6.0 + 0.5 * np.sin(x / 3.0) + 0.5 * np.cos(y / 4.0)
    wrong = (1000 * rolling).rio.write_crs("EPSG:6677")
    with pytest.raises(ConfigError, match="from cell to cell") as refused:
        flood_over(wrong)
    assert "not centimetres or millimetres" in (refused.value.hint or "")
    rolling[:, 20:] += 60.0
    assert flood_over(rolling) == []


def test_the_command_tells_and_the_file_keeps_it(tmp_path: Path) -> None:
    """Warnings go to the terminal, and into the tags of the result."""
    bad = surface()
    bad[25, 30] = 400.0
    bad.rio.to_raster(tmp_path / "dsm.tif")
    (tmp_path / "p.yaml").write_text("date: 2026-12-22\nstep_minutes: 60\n")
    arguments = ["sunlight", "--surface-height", str(tmp_path / "dsm.tif")]
    arguments += ["--params", str(tmp_path / "p.yaml"), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "warning: The surface has spikes: 1 cells" in done.stderr
    with rasterio.open(tmp_path / "out" / "sunlit_hours.tif") as file:
        assert "by 388.0 m" in file.tags()["warnings"]


def test_a_surface_below_the_ground_is_refused() -> None:
    """Heights above the ground given as those above the datum: the wind over a buried town would be that of a plain."""
    ground = surface() + 50.0
    given = {"surface_height": surface(), "terrain": ground.rio.write_crs("EPSG:6677")}
    with pytest.raises(
        ConfigError, match=r"surface_height lies more than 2 m below terrain"
    ) as refused:
        citytwin.simulate("sunlight", given, SIMULATIONS["sunlight"])
    assert "one datum" in (refused.value.hint or "")
    given["terrain"] = (surface() + 1.0).rio.write_crs("EPSG:6677")
    citytwin.simulate("sunlight", given, SIMULATIONS["sunlight"])
