"""Simulations on bare rasters: every mistake is named, rasters from south to north included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr

import citytwin
from citytwin.errors import CityTwinError, ConfigError, GridMismatchError, StepError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.record import Record
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.sunlight import SunlightParams
from citytwin.testing.small_town import small_town

TOWN = small_town(26, 37)
SUNS = {"suns": [{"azimuth_deg": 160.0, "altitude_deg": 30.0, "hours": 2.0, "north": "grid"}]}


def raster(field: f.Field = f.SURFACE_HEIGHT, crs: str | None = "EPSG:6677") -> xr.DataArray:
    """A field of the town, north up."""
    whole = TOWN.grid.whole
    array = xr.DataArray(
        TOWN.fields[field].copy(),
        dims=("y", "x"),
        coords={"y": TOWN.grid.y_centres(whole), "x": TOWN.grid.x_centres(whole)},
    )
    return array if crs is None else array.rio.write_crs(crs)


def sunlit(surface: xr.DataArray, **more: xr.DataArray) -> xr.Dataset:
    """Hours of sun for one position of it."""
    return citytwin.simulate("sunlight", {"surface_height": surface, **more}, SUNS)


def test_the_result_lies_where_the_raster_lies() -> None:
    """Coordinates, CRS, units and remarks come with it; the input stays as it was."""
    surface = raster()
    before = surface.copy(deep=True)
    made = sunlit(surface)
    assert made.rio.crs.to_epsg() == 6677
    assert made["sunlit_hours"].attrs["units"] == "h"
    np.testing.assert_allclose(made["y"], surface["y"])
    np.testing.assert_allclose(made["x"], surface["x"])
    values = made["sunlit_hours"].values
    assert values.dtype == np.float32
    assert set(np.unique(values[~np.isnan(values)])) == {0.0, 2.0}
    np.testing.assert_array_equal(np.isnan(values), np.isnan(surface.values))
    xr.testing.assert_identical(surface, before)
    surface.values[0, 0] = 1.0


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("sunlight", SUNS),
        ("wind", {"winds": [{"from_deg": 250.0}]}),
        ("flood", {"duration_h": 0.1, "rain": [{"start_minutes": 0, "end_minutes": 6,
                                               "mm_per_h": 80}]}),
    ],
)  # fmt: skip
def test_a_raster_from_south_to_north_gives_the_same_map(name: str, params: dict) -> None:
    """Some tools count rows from the south; the result counts from the north all the same."""
    fields = [f.TERRAIN] if name == "flood" else [f.TERRAIN, f.SURFACE_HEIGHT]
    rasters = {field.name: raster(field) for field in fields}
    turned = {key: array.isel(y=slice(None, None, -1)) for key, array in rasters.items()}
    north_up = citytwin.simulate(name, rasters, params)
    south_up = citytwin.simulate(name, turned, params)
    xr.testing.assert_identical(south_up, north_up)
    assert south_up["y"].values[0] > south_up["y"].values[-1]


def test_columns_before_rows_are_put_in_order() -> None:
    """A transposed array is a matter of memory, not of place."""
    xr.testing.assert_identical(sunlit(raster().transpose("x", "y")), sunlit(raster()))
    south_up = raster().isel(y=slice(None, None, -1)).transpose("x", "y")
    xr.testing.assert_identical(sunlit(south_up), sunlit(raster()))


def test_other_number_types_are_taken() -> None:
    """Doubles and whole metres are common in elevation models."""
    surface = raster()
    doubles = sunlit(surface.astype("float64"))
    xr.testing.assert_identical(doubles, sunlit(surface))
    whole = np.floor(surface.fillna(12.0)).astype("int16")
    xr.testing.assert_identical(sunlit(whole), sunlit(whole.astype("float32")))


def test_a_declared_nodata_value_is_no_height() -> None:
    """What opens a GeoTIFF without masking it leaves -9999 in the cells."""
    surface = raster()
    coded = surface.fillna(-9999.0).rio.write_nodata(-9999.0)
    xr.testing.assert_identical(sunlit(coded), sunlit(surface))


def flooded(mask: xr.DataArray) -> xr.Dataset:
    """Depth of water around buildings."""
    rain = {"duration_h": 0.1, "rain": [{"start_minutes": 0, "end_minutes": 6, "mm_per_h": 80}]}
    given = {"terrain": raster(f.TERRAIN), "building_mask": mask}
    return citytwin.simulate("flood", given, rain)


def test_cells_without_a_class_are_no_class() -> None:
    """What opens a raster of classes masked has NaN where nodata was; 0 would be an answer."""
    mask = raster(f.BUILDING_MASK)
    coded = mask.copy()
    coded.values[3:6, 4:9] = f.BUILDING_MASK.nodata
    masked = coded.astype("float32").where(coded != f.BUILDING_MASK.nodata)
    assert masked.isnull().any()
    xr.testing.assert_identical(flooded(masked), flooded(coded))
    other = coded.where(coded != f.BUILDING_MASK.nodata, -1).astype("int16")
    xr.testing.assert_identical(flooded(other.rio.write_nodata(-1)), flooded(coded))


@pytest.mark.parametrize("value", [0.5, -1.0, 256.0, np.inf])
def test_what_is_no_class_is_refused(value: float) -> None:
    """A cast would round 0.5 to 0 and wrap 256 to 0 in silence."""
    mask = raster(f.BUILDING_MASK).astype("float64")
    mask.values[2, 5] = value
    with pytest.raises(ConfigError, match=r"building_mask is .* in row 2, column 5.*0 to 255"):
        flooded(mask)


MISTAKES: list[tuple[Callable[[], xr.Dataset], type[CityTwinError], str]] = [
    (
        lambda: citytwin.simulate(
            "flood",
            {"terrain": raster(f.TERRAIN), "manning": raster(f.TERRAIN).values},
        ),
        ConfigError,
        "manning is neither a raster nor a table, but a ndarray",
    ),
    (lambda: sunlit(raster(crs=None)), ConfigError, "surface_height has no CRS.*write_crs"),
    (lambda: sunlit(raster(crs="EPSG:4326")), ConfigError, "EPSG:4326.*degrees"),
    (lambda: sunlit(raster(crs="EPSG:3857")), ConfigError, "EPSG:3857.*Web Mercator"),
    (lambda: sunlit(raster(crs="EPSG:2263")), ConfigError, "EPSG:2263.*not in metres"),
    (
        lambda: sunlit(raster().assign_coords(x=raster()["x"] * 2.0)),
        GridMismatchError,
        "surface_height: expected square cells of one size, x rising, got steps of 1.5 to 3 m",
    ),
    (
        lambda: sunlit(raster().isel(x=slice(None, None, -1))),
        GridMismatchError,
        "square cells of one size, x rising",
    ),
    (
        lambda: sunlit(raster().isel(x=[0, 1, 2, 4, 5])),
        GridMismatchError,
        "got steps of 1.5 to 3 m",
    ),
    (lambda: sunlit(raster().isel(y=[3])), GridMismatchError, "at least 2 x 2 cells"),
    (lambda: sunlit(raster().expand_dims("band")), GridMismatchError, "two dimensions"),
    (
        lambda: sunlit(raster(), terrain=raster(f.TERRAIN).isel(x=slice(1, None))),
        GridMismatchError,
        "terrain does not lie on the grid of surface_height",
    ),
    (
        lambda: sunlit(raster(), terrain=raster(f.TERRAIN, crs="EPSG:6676")),
        GridMismatchError,
        "EPSG:6677.*EPSG:6676",
    ),
    (
        lambda: citytwin.simulate("sunligth", {}),
        ConfigError,
        "'sunligth' is no simulation, did you mean 'sunlight'",
    ),
    (
        lambda: citytwin.simulate("sunlight", {"surface_heigth": raster()}, SUNS),
        ConfigError,
        "sunlight takes no 'surface_heigth', did you mean 'surface_height'",
    ),
    (lambda: citytwin.simulate("flood", {}), ConfigError, "flood needs terrain"),
    (
        lambda: citytwin.simulate("sunlight", {"surface_height": raster()}, {"dat": "2026-12-22"}),
        ConfigError,
        "parameters of sunlight.dat: unknown key, did you mean 'date'",
    ),
    (
        lambda: citytwin.simulate(
            "sunlight", {"surface_height": raster()}, {"suns": [{**SUNS["suns"][0], "hours": 25}]}
        ),
        ConfigError,
        r"parameters of sunlight.suns\[0\].hours: .*24, got 25",
    ),
    (
        lambda: citytwin.simulate("sunlight", {"surface_height": raster()}, FloodParams()),
        ConfigError,
        "sunlight takes SunlightParams, got FloodParams",
    ),
    (lambda: sunlit(raster() + 1e5), ConfigError, "surface_height runs from .* outside .* 9000 m"),
    (
        lambda: citytwin.simulate("sunlight", {"surface_height": raster()}),
        StepError,
        "neither a date nor sun positions",
    ),
    (
        lambda: citytwin.simulate(
            "sunlight", {"surface_height": raster()}, SUNS, time_zone="Mars/Olympus"
        ),
        ConfigError,
        "'Mars/Olympus' is no IANA time zone",
    ),
    (lambda: sunlit(raster() * np.nan), StepError, "no cell of the result has a value"),
]


@pytest.mark.parametrize(
    ("mistake", "error", "said"),
    MISTAKES,
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mistakes_are_named(
    mistake: Callable[[], xr.Dataset], error: type[CityTwinError], said: str
) -> None:
    """What was given, what is expected, and the nearest valid name."""
    with pytest.raises(error, match=said):
        mistake()


def test_parameters_as_model_or_mapping() -> None:
    """Both give the same; a day is one of the site's zone."""
    given = {"date": "2026-12-22", "step_minutes": 30}
    one = citytwin.simulate("sunlight", {"surface_height": raster()}, given, time_zone="Asia/Tokyo")
    model = SunlightParams.model_validate(given)
    two = citytwin.simulate("sunlight", {"surface_height": raster()}, model, time_zone="Asia/Tokyo")
    xr.testing.assert_identical(one, two)
    assert "2026-12-22" in one.attrs["comment"]


def test_records_drive_what_they_are_records_of() -> None:
    """Rain floods; the account of water comes as attributes."""
    inputs = {"terrain": raster(f.TERRAIN), "building_mask": raster(f.BUILDING_MASK)}
    storm = TOWN.records[p.RAINFALL_RATE]
    made = citytwin.simulate("flood", inputs, {"duration_h": 0.5}, records=[storm])
    assert made.attrs["rain_volume"] > 0
    assert abs(made.attrs["volume_error"]) < 1e-3
    with pytest.raises(ConfigError, match="needs a record of rainfall_rate"):
        citytwin.simulate("flood", inputs, {"duration_h": 0.5})


def ratios(directions: list[float]) -> xr.DataArray:
    """A speed ratio of 0.5 for every direction."""
    flat = raster()
    array = xr.DataArray(
        np.full((len(directions), *flat.shape), 0.5, np.float32),
        dims=("direction", "y", "x"),
        coords={"direction": directions, "y": flat["y"], "x": flat["x"]},
    )
    return array.rio.write_crs("EPSG:6677")


def blowing(given: xr.DataArray) -> xr.Dataset:
    """The wind of the moment, 4 m/s from 80 degrees at a mast of 10 m."""
    time = np.array([1.8e9])
    kept = {"source": "wx", "thing": "urn:a", "sensor_height_m": 10.0}
    records = [
        Record(p.WIND_SPEED, time, time, np.array([4.0]), **kept),
        Record(p.WIND_DIRECTION, time, time, np.array([80.0]), **kept),
    ]
    inputs = {"wind_speed_ratio_by_direction": given}
    return citytwin.simulate("wind_now", inputs, records=records)


def test_fields_by_direction_come_in_with_their_directions() -> None:
    """The first dimension says where the wind comes from; the result has none."""
    made = blowing(ratios([0.0, 90.0, 180.0, 270.0]))["wind_speed_now"]
    assert made.dims == ("y", "x")
    assert float(made.max()) == pytest.approx(float(made.min()))
    assert 0.5 < float(made.max()) < 2.0


def test_a_wind_to_come_is_none_of_the_moment() -> None:
    """4 m/s until half an hour ago, 40 m/s forecast; where the moment is given the forecast counts."""
    now_s = datetime.now(UTC).timestamp()
    time = now_s - 1800.0 + 3600.0 * np.arange(-2, 72)
    kept = {"source": "wx", "thing": "urn:a", "sensor_height_m": 10.0}
    records = [
        Record(p.WIND_SPEED, time, time, np.where(time < now_s, 4.0, 40.0), **kept),
        Record(p.WIND_DIRECTION, time, time, np.full(74, 80.0), **kept),
    ]
    inputs = {"wind_speed_ratio_by_direction": ratios([0.0, 90.0, 180.0, 270.0])}
    made = citytwin.simulate("wind_now", inputs, records=records)
    later = {"moment": datetime.now(UTC) + timedelta(hours=2)}
    coming = citytwin.simulate("wind_now", inputs, later, records=records)
    of_now, of_later = (float(one["wind_speed_now"].max()) for one in (made, coming))
    assert of_later == pytest.approx(10.0 * of_now)
    assert "before the run" not in made.attrs["notes"]


@pytest.mark.parametrize(
    ("directions", "error", "match"),
    [
        ([0.0, 0.0], ConfigError, "each direction once"),
        ([0.0, 360.0], ConfigError, "from 0 to below 360"),
        ([0.0, 120.0], StepError, "winds without a ratio"),
    ],
)
def test_directions_that_make_no_sense(
    directions: list[float], error: type[CityTwinError], match: str
) -> None:
    """Named as they were given."""
    with pytest.raises(error) as caught:
        blowing(ratios(directions))
    assert match in f"{caught.value.message} {caught.value.hint}"


def test_a_field_by_direction_needs_its_directions() -> None:
    """A plain raster is refused, and so are bands without a coordinate."""
    for given in (raster(), ratios([0.0, 90.0]).drop_vars("direction")):
        with pytest.raises(GridMismatchError, match="wind_speed_ratio_by_direction"):
            blowing(given)
