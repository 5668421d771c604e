"""``citytwin simulate`` on a case of one's own: outlines in, the wind at places out."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import rasterio
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from click.testing import CliRunner, Result
from pyproj import Transformer
from shapely.geometry import box

from citytwin.cli.bare_buildings import read_buildings
from citytwin.cli.bare_case import CaseWishes, tell_places
from citytwin.cli.bare_files import read_raster
from citytwin.cli.bare_probes import Probes, ProbeWishes, read_probes, table_of, wind_at_probes
from citytwin.cli.simulate import command
from citytwin.engine.bare import bound_params, named
from citytwin.engine.bare_buildings import drawn_buildings
from citytwin.engine.bare_probes import scored
from citytwin.errors import ConfigError, SourceError

PLANE = "EPSG:6677"
FLOW = """
from_deg: [270]
height_m: 2
most_turnovers: 0.2
margin_m: 20
approach:
  - {height_m: 2, speed_m_s: 3, energy_m2_s2: 1.0}
  - {height_m: 50, speed_m_s: 6, energy_m2_s2: 1.0}
"""


def outline(x: float, y: float, half: float, **columns: object) -> dict[str, object]:
    """A square in metres."""
    ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    corners = [[x + half * i, y + half * j] for i, j in ring]
    shape = {"type": "Polygon", "coordinates": [corners]}
    return {"type": "Feature", "properties": columns, "geometry": shape}


def geojson(file: Path, *features: dict[str, object]) -> Path:
    """Outlines in a file that names no CRS."""
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return file


def simulate(folder: Path, name: str, params: str, *arguments: str) -> Result:
    """Run the command; results go to ``out``."""
    file = folder / "params.yaml"
    file.write_text(params, encoding="utf-8")
    out = str(folder / "out")
    return CliRunner().invoke(command, [name, *arguments, "--params", str(file), "--out", out])


def test_outlines_are_drawn_where_their_metres_say(tmp_path: Path) -> None:
    """A square of 10 m, 12 m high, on cells of 2 m: 25 cells, wholly covered, two open ones around."""
    file = geojson(tmp_path / "town.geojson", outline(15.0, 25.0, 5.0, height_m=12.0))
    buildings, warnings = read_buildings(file, PLANE, None)
    made = drawn_buildings("wind_flow", buildings, 2.0, {})
    surface = made["surface_height"]
    assert warnings == []
    assert (surface.values > 0).sum() == 25
    assert surface.max() == 12.0
    x, y = np.meshgrid(surface["x"], surface["y"])
    built = surface.values > 0
    assert (x[built].mean(), y[built].mean()) == (15.0, 25.0)
    assert (made["building_parts"].values[built] == 2**16 - 1).all()
    assert not built[:2].any()
    assert not built[:, -2:].any()
    assert (made["terrain"].values == 0).all()


STORM = (
    "{duration_h: 0.05, edges: closed, rain: [{start_minutes: 0, end_minutes: 3, mm_per_h: 120}]}"
)


def level_ground(file: Path) -> Path:
    """20 x 30 cells of 2 m at 3 m, from (0, 40) on; unknown below a building, as models of the ground are."""
    ground = np.full((20, 30), 3.0, dtype=np.float32)
    ground[8:10, 4:6] = np.nan
    y, x = 40.0 - 2.0 * (np.arange(20) + 0.5), 2.0 * (np.arange(30) + 0.5)
    xr.DataArray(ground, {"y": y, "x": x}, ("y", "x")).rio.write_crs(PLANE).rio.to_raster(file)
    return file


def test_a_flood_among_outlines(tmp_path: Path) -> None:
    """Outlines alone are buildings, one with a height as well: closed, and their rain goes to the street."""
    ground = level_ground(tmp_path / "dtm.tif")
    town = [outline(10.0, 22.0, 4.0), outline(41.0, 11.0, 3.0, height_m=9.0)]
    file = geojson(tmp_path / "town.geojson", *town)
    given = ["--terrain", str(ground), "--buildings", str(file), "--crs", PLANE]
    done = simulate(tmp_path, "flood", STORM, *given)
    assert done.exit_code == 0, done.output
    with rasterio.open(tmp_path / "out" / "flood_depth_max.tif") as made:
        depth = made.read(1)
    x, y = np.meshgrid(2.0 * (np.arange(30) + 0.5), 40.0 - 2.0 * (np.arange(20) + 0.5))
    within = (abs(x - 10) < 4) & (abs(y - 22) < 4) | (abs(x - 41) < 3) & (abs(y - 11) < 3)
    assert within.sum() == 16 + 9
    assert not (depth[within] > 0).any()
    assert (depth[~within] > 0.005).all()
    facts = json.loads(done.stdout[done.stdout.index("{") :])
    # The rain on the roof below which the ground is not known is left out, and that is said.
    assert facts["rain_volume"] == pytest.approx((600 - 4) * 4 * 0.006)
    assert "The ground is not known in 4 cells" in done.stderr


def test_floods_that_buildings_do_not_fit(tmp_path: Path) -> None:
    """No ground, buildings twice, elsewhere, smaller than a cell."""
    ground = level_ground(tmp_path / "dtm.tif")
    town = str(geojson(tmp_path / "town.geojson", outline(10.0, 22.0, 4.0)))
    away = str(geojson(tmp_path / "away.geojson", outline(9000.0, 22.0, 4.0)))
    slim = [outline(10.0, 22.0, 0.4), outline(20.0, 22.0, 0.4)]
    thin = str(geojson(tmp_path / "thin.geojson", *slim))
    given = ["--terrain", str(ground), "--crs", PLANE, "--buildings"]
    for arguments, said in (
        (["--buildings", town, "--crs", PLANE, "--cell-m", "2"], "flood needs terrain"),
        ([*given, away], "no building lies on the rasters"),
        ([*given, thin], "no building covers the centre of a cell of 2 m"),
        ([*given, town, "--building-mask", str(ground)], "building_mask is given twice"),
    ):
        refused = simulate(tmp_path, "flood", STORM, *arguments).exception
        assert isinstance(refused, ConfigError)
        assert said in refused.message


@pytest.mark.parametrize("heights", [(0.2, 0.1), (0.0, None), (-9999.0, 1e9)])
def test_heights_do_not_matter_in_a_flood(
    tmp_path: Path, heights: tuple[float | None, ...]
) -> None:
    """Boxes of a laboratory, 0 for not known, impossible ones: closed like any, without a warning."""
    ground = level_ground(tmp_path / "dtm.tif")
    boxes = [outline(10.0, 22.0, 4.0), outline(41.0, 11.0, 3.0)]
    for box_of, height in zip(boxes, heights, strict=True):
        box_of["properties"] = {"height_m": height}
    case = wishes(buildings=geojson(tmp_path / "lab.geojson", *boxes), crs=PLANE)
    made = case.drawn("flood", {"terrain": read_raster(ground)}, None)
    assert made["building_mask"].values.sum() == 16 + 9
    line = outline(41.0, 11.0, 0.0, height_m=9.0)
    buildings, said = read_buildings(
        geojson(tmp_path / "b.geojson", *boxes, line), PLANE, None, outlines_suffice=True
    )
    assert said == ["1 outlines without an area are left out"]
    assert len(buildings.outlines) == 2
    with pytest.raises(SourceError, match="no outline has an area") as refused:
        read_buildings(geojson(tmp_path / "c.geojson", line), PLANE, None, outlines_suffice=True)
    assert refused.value.hint == "check that the outlines are polygons"


def test_a_case_of_ones_own(tmp_path: Path) -> None:
    """Outlines, the wind that arrives and places: ratios there over the mean speed at 50 m, and scores."""
    town = geojson(
        tmp_path / "town.geojson",
        outline(-12, 0, 4, height=8),
        outline(12, 0, 4, height=8),
        outline(12, 20, 4, height=None),
    )
    probes = tmp_path / "probes.csv"
    probes.write_text("id,x_m,y_m,R_W\n1,-30,20,0.5\n2,-30,-20,0.6\n3,0,0,0.3\n4,12,0,0.2\n")
    done = simulate(
        tmp_path, "wind_flow", FLOW, "--buildings", str(town), "--cell-m", "2", "--crs", PLANE,
        "--probes", str(probes), "--reference-m", "50",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = pd.read_csv(tmp_path / "out" / "probes.csv")
    assert list(found["id"]) == [1, 2, 3, 4]
    assert np.isnan(found["modelled_270"][3])  # within a building
    # In the open the wind is what arrives: sqrt(3^2 + 2) / 6.
    assert found["modelled_270"][0] == pytest.approx(np.sqrt(11.0) / 6.0, rel=0.05)
    assert found["u_270"][0] == pytest.approx(3.0 / 6.0, rel=0.05)
    assert abs(found["v_270"][0]) < 0.05
    assert "1 outlines without an area or a height of 1 m" in done.output
    assert done.output.splitlines()[-1].split()[:2] == ["270", "3"]


def result(slope: float = 0.01) -> xr.Dataset:
    """Ratios that rise towards the east, twice as much for wind from the south."""
    x, y = np.arange(0.5, 20.0), np.arange(19.5, 0.0, -1.0)
    one = np.broadcast_to(slope * x, (20, 20))
    values = np.stack([one, 2 * one]).astype(np.float32)
    coords = {"direction": [0.0, 180.0], "y": y, "x": x}
    return xr.Dataset(
        {
            "wind_speed_ratio_by_direction": (
                ("direction", "y", "x"),
                values,
            )
        },
        coords,
    )


def test_scores_by_column() -> None:
    """A third of what was measured from the north, all of it from the south; a place without a value is left out."""
    x = np.array([2.0, 6.0, 10.0, 14.0])
    probes = pd.DataFrame({"x_m": x, "y_m": 10.0, "R_N": 0.03 * x, "R_180": 0.02 * x})
    probes.loc[3, "R_N"] = np.nan
    fitting = fitted(probes, "wind_by_direction", directions=2)
    out, modelled = wind_at_probes(result(), fitting)
    found = scored(dict(fitting.measured), modelled)
    np.testing.assert_allclose(out["modelled_0"], 0.01 * x, atol=1e-4)
    assert found.places == {0.0: 3, 180.0: 4}
    # Of 0.18 and 0.06 in the mean: 2 (0.06 - 0.18) / 0.24.
    assert found.each[0.0].fractional_bias == pytest.approx(-1.0, abs=1e-3)
    assert found.each[180.0].rmse == pytest.approx(0.0, abs=1e-4)
    assert "all     7" in table_of(found)


def fitted(probes: pd.DataFrame, name: str, wishes: ProbeWishes | None = None, **params) -> Probes:
    """Places checked against a run."""
    step = named(name)
    return Probes.fitting(probes, step, bound_params(step, params), wishes or ProbeWishes())


@pytest.mark.parametrize(
    ("columns", "wishes", "match"),
    [
        ({"z_m": 5.0}, ProbeWishes(), "other heights"),
        ({}, ProbeWishes(measured=("R_x",)), "measured columns"),
        ({"a": 1.0}, ProbeWishes(measured=("a", "a", "a")), "measured columns"),
        ({"R_N": np.nan}, ProbeWishes(), "fewer than 3 numbers in the measured columns R_N"),
        ({"R_N": 1.0, "R_270": 1.0}, ProbeWishes(), "measured in R_270, computed from 0, 180"),
        ({"R_N": 1.0, "R_EEE": 1.0}, ProbeWishes(), "measured in R_EEE"),
        ({"R_N": 1.0, "R_360": 1.0}, ProbeWishes(), "two columns of R_N, R_360"),
        ({"modelled_180": 1.0, "u_0": 1.0}, ProbeWishes(), "of the result: modelled_180, u_0"),
    ],
)
def test_probes_that_do_not_fit(columns, wishes, match) -> None:
    """Heights and columns that do not fit, told before the flow is solved."""
    probes = pd.DataFrame({"x_m": [1.0, 2.0, 3.0], "y_m": 5.0, **columns})
    with pytest.raises(ConfigError, match=match):
        fitted(probes, "wind_flow", wishes, from_deg=(0.0, 180.0))


def test_runs_that_probes_do_not_fit() -> None:
    """No ratios by direction, or ratios of no one height."""
    probes = pd.DataFrame({"x_m": [1.0, 2.0, 3.0], "y_m": 5.0})
    with pytest.raises(ConfigError, match="no speed ratios by direction"):
        fitted(probes, "sky_view")
    with pytest.raises(ConfigError, match="no one height"):
        fitted(probes, "wind_by_direction", ProbeWishes(reference_m=10.0))
    with pytest.raises(ConfigError, match="no one height"):
        fitted(probes.assign(z_m=1.5), "wind_by_direction")


def test_measured_values_of_other_columns_may_be_named() -> None:
    """Columns of directions that are not computed are no fault where those that count are named."""
    probes = pd.DataFrame({"x_m": [1.0, 2.0, 3.0], "y_m": 5.0, "R_N": 0.5, "R_E": 0.7})
    found = fitted(probes, "wind_flow", ProbeWishes(measured=("R_E",)), from_deg=(90.0,))
    assert list(found.measured) == [90.0]
    assert found.measured[90.0].tolist() == [0.7, 0.7, 0.7]


@pytest.mark.parametrize("text", ["1,2,high\n", "1,,2\n", "inf,1,2\n", "1,2,2 m\n"])
def test_places_are_numbers(tmp_path: Path, text: str) -> None:
    """Text, gaps and infinity are told with the row."""
    file = tmp_path / "p.csv"
    file.write_text("x_m,y_m,z_m\n1,2,2\n" + text)
    with pytest.raises(SourceError, match="in row 2"):
        read_probes(file)


def test_places_that_cannot_be_scored_keep_their_wind(tmp_path: Path, capsys) -> None:
    """All but two places lie beyond the result: the wind is written, and that it is not scored is said."""
    probes = pd.DataFrame(
        {"x_m": [2.0, 6.0, 90.0], "y_m": 10.0, "R_N": [0.1, 0.2, 0.3], "R_180": 0.1}
    )
    tell_places(result(), fitted(probes, "wind_by_direction", directions=2), tmp_path)
    assert "warning: not scored: fewer than 3 places" in capsys.readouterr().err
    found = pd.read_csv(tmp_path / "probes.csv")
    np.testing.assert_allclose(found["modelled_180"], [0.04, 0.12, np.nan], atol=1e-4)


def test_a_run_without_places_leaves_none_of_an_earlier_one(tmp_path: Path) -> None:
    """The wind of an earlier run goes, a table that no run has made stays."""
    file = tmp_path / "probes.csv"
    file.write_text("x_m,y_m,R_270\n1,2,0.5\n")
    tell_places(result(), None, tmp_path)
    assert file.exists()
    file.write_text("x_m,y_m,modelled_270\n1,2,0.5\n")
    tell_places(result(), None, tmp_path)
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--crs", PLANE), "--crs without --buildings"),
        (("--height-column", "h"), "--height-column without --buildings"),
        (("--cell-m", "2"), "--cell-m without --buildings"),
        (("--measured", "a"), "--measured without --probes"),
        (("--reference-m", "9"), "--reference-m without --probes"),
        (("--buildings", "b.gpkg", "--cell-m", "2", "--terrain", "t.tif"), "beside rasters"),
        (("--probes", "OUT/probes.csv"), "written over it"),
        (("--probes", "PLACES"), "no speed ratios by direction"),
    ],
)
def test_options_that_would_say_nothing(tmp_path: Path, arguments, match) -> None:
    """They are refused before a file of rasters or buildings is opened."""
    places = tmp_path / "places.csv"
    places.write_text("x_m,y_m\n1,2\n")
    stands_for = {"OUT/probes.csv": str(tmp_path / "out" / "probes.csv"), "PLACES": str(places)}
    done = simulate(tmp_path, "flood", "{}", *(stands_for.get(one, one) for one in arguments))
    assert isinstance(done.exception, ConfigError)
    assert match in str(done.exception)
    assert not (tmp_path / "out").exists()


CUBE = [[x, y, z] for z in (0, 12) for x, y in ((-10, -10), (10, -10), (10, 10), (-10, 10))]


def cityjson(file: Path) -> Path:
    """A cube of 20 m x 20 m, 12 m high, around the origin of a plane zone; its type is said late."""
    sides = [
        [[3, 2, 1, 0]],
        [[4, 5, 6, 7]],
        *([[i, (i + 1) % 4, (i + 1) % 4 + 4, i + 4]] for i in range(4)),
    ]
    kinds = [{"type": kind} for kind in ("GroundSurface", "RoofSurface", "WallSurface")]
    semantics = {"surfaces": kinds, "values": [[0, 1, 2, 2, 2, 2]]}
    solid = {"type": "Solid", "lod": "2", "boundaries": [sides], "semantics": semantics}
    root = {
        "padding": " " * 5000,
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [1, 1, 1], "translate": [0, 0, 0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/6677"},
        "CityObjects": {"a": {"type": "Building", "geometry": [solid]}},
        "vertices": CUBE,
    }
    file.write_text(json.dumps(root))
    return file


def terrain(crs: str, x_m: float, y_m: float) -> xr.DataArray:
    """Level ground at 0, 120 x 120 m around a place, on cells of 2 m."""
    x, y = x_m + np.arange(-59.0, 60.0, 2.0), y_m + np.arange(59.0, -60.0, -2.0)
    flat = np.zeros((60, 60), np.float32)
    return xr.DataArray(flat, {"y": y, "x": x}, ("y", "x")).rio.write_crs(crs)


def wishes(**given: object) -> CaseWishes:
    """Options, most of them not given."""
    nothing = dict.fromkeys(CaseWishes.__dataclass_fields__)
    return CaseWishes(**{**nothing, "measured": (), **given})


@pytest.mark.parametrize("crs", [PLANE, "EPSG:32654"])
def test_a_city_model_lies_where_the_terrain_is(tmp_path: Path, crs: str) -> None:
    """In another CRS than that of the terrain outlines and faces come to one place, that of PROJ."""
    to_terrain = Transformer.from_crs(PLANE, crs, always_xy=True)
    x0, y0 = np.round(to_terrain.transform(0.0, 0.0), -1)
    case = wishes(buildings=cityjson(tmp_path / "town.json"))
    made = case.drawn("wind_flow", {"terrain": terrain(crs, x0, y0)}, None)
    middle = np.array(to_terrain.transform(0.0, 0.0))
    x, y = np.meshgrid(made["surface_height"]["x"], made["surface_height"]["y"])
    for built in (made["surface_height"].values > 6, made["building_parts"].values > 0):
        assert built.sum() * 4.0 == pytest.approx(400.0, rel=0.25)
        assert np.hypot(*(np.array([x[built].mean(), y[built].mean()]) - middle)) < 1.0


def test_faces_in_another_crs_than_the_rasters_are_refused(tmp_path: Path) -> None:
    """Nothing turns bare vertices into another system."""
    buildings, _ = read_buildings(cityjson(tmp_path / "town.json"), None, None)
    with pytest.raises(ConfigError, match="faces of buildings are in EPSG:6677"):
        drawn_buildings("wind_flow", buildings, None, {"terrain": terrain("EPSG:32654", 0, 0)})


def test_degrees_are_brought_into_the_crs_that_is_wanted(tmp_path: Path) -> None:
    """An ordinary GeoJSON with --crs: 40 m stay 40 m, where PROJ says."""
    to_degrees = Transformer.from_crs(PLANE, "EPSG:4326", always_xy=True)
    square = outline(0, 0, 0, height_m=9)
    ring = [to_degrees.transform(x, y) for x, y in box(1000, 2000, 1040, 2040).exterior.coords]
    square["geometry"] = {"type": "Polygon", "coordinates": [ring]}
    buildings, _ = read_buildings(geojson(tmp_path / "a.geojson", square), PLANE, None)
    found = buildings.outlines
    assert found.crs == PLANE
    np.testing.assert_allclose(found.total_bounds, [1000, 2000, 1040, 2040], atol=0.01)
    # A projected file is taken by its numbers, whatever it says.
    metres = gpd.GeoDataFrame({"height_m": [9.0]}, geometry=[box(1, 2, 2, 3)], crs="EPSG:32654")
    metres.to_file(tmp_path / "b.gpkg")
    buildings, _ = read_buildings(tmp_path / "b.gpkg", PLANE, None)
    assert buildings.outlines.crs == PLANE
    assert buildings.outlines.total_bounds.tolist() == [1, 2, 2, 3]


def test_files_that_are_no_buildings(tmp_path: Path) -> None:
    """Metres taken for degrees, no column of heights, lines, no geometry, no columns of places."""
    metres = geojson(tmp_path / "a.geojson", outline(0, 0, 40, height_m=5))
    with pytest.raises(ConfigError, match="no degrees of a town"):
        read_buildings(metres, None, None)
    with pytest.raises(ConfigError, match="column of heights"):
        read_buildings(geojson(tmp_path / "b.geojson", outline(0, 0, 4, levels=2)), PLANE, None)
    line = outline(0, 0, 0, height_m=5)
    with pytest.raises(SourceError, match="area and a height"):
        read_buildings(geojson(tmp_path / "c.geojson", line), PLANE, None)
    south = geojson(tmp_path / "d.geojson", outline(139.0, -90.5, 0.1, height_m=5))
    with pytest.raises(ConfigError, match="no degrees of a town"):
        read_buildings(south, None, None)
    bare = tmp_path / "bare.gpkg"
    pyogrio.write_dataframe(pd.DataFrame({"height_m": [5.0]}), bare)
    with pytest.raises(SourceError, match="no geometry"):
        read_buildings(bare, PLANE, None)
    fetched = tmp_path / "e.geojson"
    link = {"type": "link", "properties": {"href": "http://example.org"}}
    town = json.loads(metres.read_text()) | {"crs": link}
    fetched.write_text(json.dumps(town))
    with pytest.raises(SourceError, match="address"):
        read_buildings(fetched, PLANE, None)
    with pytest.raises(ConfigError, match="no column 'h'"):
        read_buildings(cityjson(tmp_path / "town.json"), None, "h")
    places = tmp_path / "p.csv"
    places.write_text("x,y\n1,2\n")
    with pytest.raises(SourceError, match="x_m and y_m"):
        read_probes(places)
