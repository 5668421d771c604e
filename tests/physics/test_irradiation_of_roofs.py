"""Light on roof planes and under real skies: against pvlib in the open, geometry behind a wall."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pvlib
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.irradiation import possible, probable, roofs
from citytwin.simulations.irradiation.params import IrradiationParams, ProbableParams, RoofParams

# pvlib 0.16 asks pandas for an attribute whose name is about to change.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

TOKYO = Site(139.69, 35.69, 0.0, "Asia/Tokyo")
PLACE = pvlib.location.Location(TOKYO.latitude_deg, TOKYO.longitude_deg, altitude=0.0)


def block_of(height, slope, aspect, records=None, site=TOKYO, cell_m=2.0):
    """City of a surface and roof planes."""
    height = np.asarray(height, dtype=np.float32)
    ny, nx = height.shape
    fields = {
        f.SURFACE_HEIGHT: height,
        f.ROOF_SLOPE: np.full(height.shape, slope, dtype=np.float32),
        f.ROOF_ASPECT: np.full(height.shape, aspect, dtype=np.float32),
    }
    grid = GridSpec("EPSG:6677", 0.0, ny * cell_m, cell_m, ny, nx)
    return Block(fields, records or {}, grid, grid.whole, site)


def record_of(observed, first, hours, result):
    """Hourly record from local midnight of a day in Tokyo."""
    begin = datetime.fromisoformat(f"{first}T00:00:00+09:00").astimezone(UTC).timestamp()
    start = begin + 3600.0 * np.arange(hours)
    values = np.broadcast_to(np.asarray(result, dtype=np.float64), (hours,)).copy()
    return Record(observed, start, start + 3600.0, values, "feed", "urn:x", station="Roof")


def year_of(slope, aspect, height=None, **params):
    """Irradiation of a roof plane in 2025 [kWh/m2], and the share that reaches it."""
    block = block_of(np.zeros((3, 3)) if height is None else height, slope, aspect)
    given = {"year": 2025, "step_minutes": 60, "linke_turbidity": 3.5} | params
    made = roofs.SIMULATION.run(block, RoofParams.model_validate(given)).fields
    return made[f.ROOF_IRRADIATION_POSSIBLE], made[f.ROOF_LIGHT_SHARE]


def peer_year(tilt_deg, facing_deg, albedo=0.2):
    """Clear-sky year on an open plane by pvlib's own chain [kWh/m2]."""
    times = pd.date_range("2025-01-01", "2026-01-01", freq="1h", tz="Asia/Tokyo", inclusive="left")
    times += pd.Timedelta("30min")
    sun = PLACE.get_solarposition(times)
    sky = PLACE.get_clearsky(times, solar_position=sun, linke_turbidity=3.5)
    parts = pvlib.irradiance.get_total_irradiance(
        tilt_deg,
        facing_deg,
        sun["apparent_zenith"],
        sun["azimuth"],
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
        dni_extra=pvlib.irradiance.get_extra_radiation(times),
        model="haydavies",
        albedo=albedo,
    )
    return float(parts["poa_global"].sum() / 1000)


@pytest.mark.parametrize(
    ("slope", "aspect"),
    [(0, np.nan), (20, 180), (35, 180), (30, 255), (30, 90), (30, 0), (55, 140)],
)
def test_a_year_on_open_roof_planes_against_pvlib(slope, aspect):
    """The plane counts, whatever the raster under it: here the blocks are flat."""
    made, share = year_of(slope, aspect)
    # A flat raster hides the light that comes from below its own plane: none of the sun's, and of
    # the sky what lies behind a plane that leans, which gives it nothing anyway.
    assert made[1, 1] == pytest.approx(peer_year(slope, np.nan_to_num(aspect)), rel=0.012)
    assert share[1, 1] == pytest.approx(1.0, abs=1e-4)


def test_level_roofs_get_the_global_irradiation_and_south_more_than_north():
    """Level = what comes down on open ground; in the north a roof does best facing south."""
    times = pd.date_range("2025-01-01", "2026-01-01", freq="1h", tz="Asia/Tokyo", inclusive="left")
    sky = PLACE.get_clearsky(times + pd.Timedelta("30min"), linke_turbidity=3.5)
    level = year_of(0.0, np.nan)[0][1, 1]
    assert level == pytest.approx(sky["ghi"].sum() / 1000, rel=0.003)
    south, east, north = (year_of(30.0, aspect)[0][1, 1] for aspect in (180.0, 90.0, 0.0))
    assert south > level > east > north


def test_racks_stand_on_flat_roofs_only():
    """A rack of 30 degrees is a roof of 30 degrees; a pitched roof has none."""
    flat = year_of(0.0, np.nan, rack_tilt_deg=30.0)[0]
    assert flat[1, 1] == pytest.approx(year_of(30.0, 180.0)[0][1, 1], rel=1e-6)
    pitched = year_of(25.0, 90.0, rack_tilt_deg=30.0)[0]
    assert pitched[1, 1] == pytest.approx(year_of(25.0, 90.0)[0][1, 1], rel=1e-6)


def test_north_is_that_of_the_earth():
    """In a grid that leans by 20 degrees a roof that truly faces south is the same roof."""
    leaning = Site(TOKYO.longitude_deg, TOKYO.latitude_deg, 20.0, TOKYO.time_zone)
    given = {"year": 2025, "step_minutes": 60, "linke_turbidity": 3.5}
    made = [
        roofs.SIMULATION.run(
            block_of(np.zeros((3, 3)), 30.0, 180.0, site=site), RoofParams.model_validate(given)
        ).fields[f.ROOF_IRRADIATION_POSSIBLE][1, 1]
        for site in (TOKYO, leaning)
    ]
    assert made[0] == pytest.approx(made[1], rel=0.003)


def test_a_wall_south_of_a_roof_takes_the_light_below_its_edge():
    """An endless wall of 10 m, 10 m from the cell: what stands lower than its edge is hidden.

    Seen from a south-facing plane of 30 degrees the edge stands at a profile angle of 45 degrees.
    The sun passes where tan(altitude) > cos(azimuth from south). Of an even sky a plane of tilt b
    sees (1 + cos b) / 2; before a wall up to the angle g, from the wall to the plane itself, it is
    (cos(b + g) + cos 0 ...)/2, which crossed strings give as (1 + cos(b + g)) / 2.
    """
    height = np.zeros((40, 1201), dtype=np.float32)
    height[25:] = 10.0  # row 25 begins 10 m south of the centre of row 19.5: take row 20
    row, gap_m = 20, 2.0 * (25 - 20) - 1.0
    angle = np.arctan2(10.0, gap_m)
    given = {"directions": 2048, "min_altitude_deg": 1.0, "sun_spacing_deg": 0.5, "albedo": 0.0}
    made = year_of(30.0, 180.0, height, **given)[0][row, 600]
    times = pd.date_range("2025-01-01", "2026-01-01", freq="1h", tz="Asia/Tokyo", inclusive="left")
    times += pd.Timedelta("30min")
    sun = PLACE.get_solarposition(times)
    sky = PLACE.get_clearsky(times, solar_position=sun, linke_turbidity=3.5)
    outside = pvlib.irradiance.get_extra_radiation(times)
    altitude = np.radians(sun["apparent_elevation"].to_numpy())
    from_south = np.radians(sun["azimuth"].to_numpy() - 180.0)
    clear = np.tan(altitude) > np.tan(angle) * np.cos(from_south)
    tilt = np.radians(30.0)
    facing = np.cos(altitude) * np.cos(from_south) * np.sin(tilt) + np.sin(altitude) * np.cos(tilt)
    share = (sky["dni"] / outside).to_numpy()
    halo = share * sky["dhi"].to_numpy() / np.maximum(np.sin(altitude), np.cos(np.radians(85.0)))
    of_sun = (sky["dni"].to_numpy() + halo) * np.maximum(facing, 0.0) * (clear & (altitude > 0))
    even = sky["dhi"].to_numpy() - halo * np.maximum(np.sin(altitude), 0.0)
    of_sky = even * (1.0 + np.cos(tilt + angle)) / 2.0
    expected = (of_sun.sum() + of_sky.sum()) / 1000
    assert made == pytest.approx(expected, rel=0.025)
    assert made < 0.9 * year_of(30.0, 180.0, albedo=0.0)[0][1, 1]


def test_a_box_shades_a_roof_plane_by_hand():
    """A tower of 20 m on 8 m by 8 m before a slope; of a winter's day the beam, ray by ray.

    A ray is hidden where it enters the box: between entry and exit of both walls it passes below
    the top (slab method of Kay and Kajiya 1986). The sun of every 5 minutes is pvlib's.
    """
    cell, row, col = 0.5, 100, 100
    height = np.zeros((170, 240), dtype=np.float32)
    height[120:136, 104:120] = 20.0  # 9.75 m to 17.75 m south, 1.75 m to 9.75 m east of the cell
    block = block_of(height, 40.0, 160.0, cell_m=cell)
    given = {"first_day": "2025-12-10", "step_minutes": 5, "linke_turbidity": 3.5}
    params = IrradiationParams.model_validate({**given, "sun_spacing_deg": 0.1})
    made = possible.SIMULATION.run(block, params).fields[f.IRRADIATION_DIRECT]
    times = pd.date_range("2025-12-10", periods=288, freq="5min", tz="Asia/Tokyo")
    times += pd.Timedelta("150s")
    sun = PLACE.get_solarposition(times)
    sky = PLACE.get_clearsky(times, solar_position=sun, linke_turbidity=3.5)
    azimuth = np.radians(sun["azimuth"].to_numpy())
    altitude = np.radians(sun["apparent_elevation"].to_numpy())
    east, south = np.sin(azimuth), -np.cos(azimuth)
    over_east = np.sort([1.75 / east, 9.75 / east], axis=0)
    over_south = np.sort([9.75 / south, 17.75 / south], axis=0)
    entry = np.maximum(over_east[0], over_south[0])
    leave = np.minimum(over_east[1], over_south[1])
    hidden = (entry < leave) & (leave > 0.0) & (entry * np.tan(altitude) < 20.0)
    tilt, facing = np.radians(40.0), np.radians(160.0)
    cosine = np.cos(altitude) * np.cos(azimuth - facing) * np.sin(tilt)
    cosine += np.sin(altitude) * np.cos(tilt)
    beam = sky["dni"].to_numpy() * np.maximum(cosine, 0.0) / 12000
    assert 20 < (hidden & (beam > 0.0)).sum() < 80
    assert made[row, col] == pytest.approx(beam[~hidden].sum(), rel=0.02)
    assert made[5, 5] == pytest.approx(beam.sum(), rel=0.01)


@pytest.mark.parametrize(("day", "share"), [("2025-06-10", 0.1), ("2025-12-10", 0.6)])
def test_under_a_roof_of_leaves(day, share):
    """All light of a garden below crowns comes through them; which share depends on the season."""
    block = block_of(np.zeros((9, 9)), np.nan, np.nan)
    leafy = Block(
        {
            **block.arrays,
            f.CANOPY_TOP: np.full((9, 9), 8.0, dtype=np.float32),
            f.CANOPY_BASE: np.full((9, 9), 3.0, dtype=np.float32),
        },
        {}, block.grid, block.window, TOKYO,
    )  # fmt: skip
    trees = {"in_leaf_share": 0.1, "bare_share": 0.6}
    params = IrradiationParams.model_validate({"first_day": day, "trees": trees})
    shaded, open_ = (
        possible.SIMULATION.run(one, params).fields[f.IRRADIATION_GLOBAL][4, 4]
        for one in (leafy, block)
    )
    # Beyond the rim of this small raster nothing stands: low light comes in below the crowns.
    assert share < shaded / open_ < share + 0.1
    without = params.model_copy(update={"trees": params.trees.model_copy(update={"count": False})})
    uncounted = possible.SIMULATION.run(leafy, without).fields[f.IRRADIATION_GLOBAL]
    assert uncounted[4, 4] == open_


def probable_of(records, **params):
    """Probable irradiation of open level ground."""
    block = block_of(np.zeros((3, 3)), 0.0, np.nan, records)
    given = {"first_day": "2026-06-10", "last_day": "2026-06-12"} | params
    outcome = probable.SIMULATION.run(block, ProbableParams.model_validate(given))
    return outcome.fields[f.IRRADIATION_PROBABLE_GLOBAL][1, 1], outcome


@pytest.mark.parametrize("step_minutes", [7.0, 30.0, 60.0])
def test_measured_radiation_is_what_level_ground_gets(step_minutes):
    """Hourly means by day, zeros by night: their sum in kWh/m2, however hours are divided."""
    hour = np.arange(72) % 24
    result = np.where((hour >= 6) & (hour < 18), 400.0 + 13.0 * hour, 0.0)
    record = record_of(p.GLOBAL_RADIATION, "2026-06-10", 72, result)
    made, outcome = probable_of({p.GLOBAL_RADIATION: record}, step_minutes=step_minutes)
    assert made == pytest.approx(result.sum() / 1000, rel=1e-4)
    assert "station Roof" in outcome.notes[1].en
    parts = [
        outcome.fields[field][1, 1]
        for field in (f.IRRADIATION_PROBABLE_DIRECT, f.IRRADIATION_PROBABLE_DIFFUSE)
    ]
    assert sum(parts) == pytest.approx(made, rel=1e-6)
    assert min(parts) > 0.2 * made


def test_measured_hours_on_a_slope_against_pvlib():
    """Erbs and Hay-Davies by pvlib's own functions, at steps of 5 minutes within each hour."""
    times = pd.date_range("2026-06-10", periods=288, freq="5min", tz="Asia/Tokyo")
    times += pd.Timedelta("150s")
    sun = PLACE.get_solarposition(times)
    clear = PLACE.get_clearsky(times, solar_position=sun, linke_turbidity=3.5)["ghi"]
    hourly = clear.to_numpy().reshape(24, 12).mean(axis=1) * np.linspace(0.3, 1.0, 24)
    level = clear * np.repeat(np.linspace(0.3, 1.0, 24), 12)
    parted = pvlib.irradiance.erbs(level, sun["apparent_zenith"], times)
    expected = pvlib.irradiance.get_total_irradiance(
        35.0, 200.0, sun["apparent_zenith"], sun["azimuth"], parted["dni"], level, parted["dhi"],
        dni_extra=pvlib.irradiance.get_extra_radiation(times), model="haydavies", albedo=0.2,
    )["poa_global"]  # fmt: skip
    record = record_of(p.GLOBAL_RADIATION, "2026-06-10", 24, hourly)
    block = block_of(np.zeros((3, 3)), 35.0, 200.0, {p.GLOBAL_RADIATION: record})
    given = {"first_day": "2026-06-10", "step_minutes": 5, "linke_turbidity": 3.5}
    outcome = probable.SIMULATION.run(block, ProbableParams.model_validate(given))
    made = outcome.fields[f.IRRADIATION_PROBABLE_GLOBAL][1, 1]
    assert made == pytest.approx(expected.sum() / 12000, rel=0.01)


def test_a_clear_sky_by_clouds_or_sunshine_is_the_possible_irradiation():
    """No cloud, and sun all the time: what the clear sky sends; overcast: a quarter of it."""
    bright = {
        "clouds": (p.CLOUD_COVER, 0.0, 100.0),
        "sunshine": (p.SUNSHINE_DURATION, 60.0, 0.0),
    }
    times = pd.date_range("2026-06-10", periods=144, freq="30min", tz="Asia/Tokyo")
    times += pd.Timedelta("15min")
    clear = PLACE.get_clearsky(times, linke_turbidity=3.5)["ghi"].sum() / 2000
    for observed, (quantity, best, worst) in bright.items():
        for value, share in ((best, 1.0), (worst, 0.25)):
            records = {quantity: record_of(quantity, "2026-06-10", 72, value)}
            made, _ = probable_of(records, observed=observed, linke_turbidity=3.5)
            assert made == pytest.approx(share * clear, rel=0.003)


def test_gaps_are_filled_by_the_mean_clearness_and_told_or_refused():
    """Of three alike days the last afternoon is missing: told; with half of the days: refused."""
    hour = np.arange(72) % 24
    result = np.where((hour >= 5) & (hour < 19), 300.0, 0.0)
    whole = record_of(p.GLOBAL_RADIATION, "2026-06-10", 72, result)
    short = whole.during(whole.start_s[0], whole.start_s[62])
    given = {"min_coverage": 0.5}
    made, outcome = probable_of({p.GLOBAL_RADIATION: short}, **given)
    share = [note for note in outcome.notes if note.severity == "fallback"]
    assert len(share) == 1
    assert "Nothing was observed" in share[0].en
    clear = PLACE.get_clearsky(
        pd.date_range("2026-06-10", periods=144, freq="30min", tz="Asia/Tokyo")
        + pd.Timedelta("15min")
    )["ghi"].to_numpy()
    known = clear[: 62 * 2].sum()
    expected = result[:62].sum() / 1000 * clear.sum() / known
    assert made == pytest.approx(expected, rel=0.003)
    half = whole.during(whole.start_s[0], whole.start_s[36])
    with pytest.raises(StepError, match=r"covers \d+% of the light of the span only"):
        probable_of({p.GLOBAL_RADIATION: half})
    with pytest.raises(StepError, match="no record of surface_downwelling"):
        probable_of({})


def test_what_a_record_lacks_is_said_by_the_step_that_asked():
    """Light of a day in June does not cover the year of a roof, nor a day in July."""
    record = {p.GLOBAL_RADIATION: record_of(p.GLOBAL_RADIATION, "2025-06-10", 24, 300.0)}
    with pytest.raises(StepError, match=r"^step irradiation_probable: .* covers 0%"):
        probable_of(record, first_day="2025-07-10", last_day="2025-07-10")
    year = RoofParams.model_validate({"year": 2025, "step_minutes": 60, "observed": "radiation"})
    block = block_of(np.zeros((3, 3)), 0.0, np.nan, record)
    with pytest.raises(StepError, match=r"^step roof_irradiation: .* covers 0%"):
        roofs.SIMULATION.run(block, year)


def test_doubted_values_are_gaps():
    """A day that its producer doubts counts as not observed."""
    record = record_of(p.GLOBAL_RADIATION, "2026-06-10", 72, 300.0)
    doubted = np.arange(72) < 24
    doubtful = Record(
        record.observed,
        record.start_s,
        record.end_s,
        record.result,
        "feed",
        "urn:x",
        doubted=doubted,
    )
    with pytest.raises(StepError, match="covers 67% of the light"):
        probable_of({p.GLOBAL_RADIATION: doubtful})


def test_all_doubted_and_polar_nights():
    """No good value covers nothing; where the sun does not rise there is nothing to cover."""
    record = record_of(p.GLOBAL_RADIATION, "2026-06-10", 72, 300.0)
    nobody = replace(record, doubted=np.ones(72, dtype=np.bool_))
    with pytest.raises(StepError, match="covers 0% of the light"):
        probable_of({p.GLOBAL_RADIATION: nobody})
    dark = Site(18.95, 69.65, 0.0, "Europe/Oslo")
    block = block_of(np.zeros((3, 3)), 0.0, np.nan, {p.GLOBAL_RADIATION: record}, site=dark)
    params = ProbableParams.model_validate({"first_day": "2026-12-20", "last_day": "2026-12-22"})
    made = probable.SIMULATION.run(block, params).fields
    assert (made[f.IRRADIATION_PROBABLE_GLOBAL] == 0.0).all()


def test_the_roof_year_has_both_skies():
    """Radiation at 60 % of the clear sky in every hour: so much on level roofs, less on slopes."""
    times = pd.date_range(
        "2025-01-01", "2026-01-01", freq="30min", tz="Asia/Tokyo", inclusive="left"
    )
    clear = PLACE.get_clearsky(times + pd.Timedelta("15min"), linke_turbidity=3.5)["ghi"]
    hourly = 0.6 * clear.to_numpy().reshape(-1, 2).mean(axis=1)
    record = record_of(p.GLOBAL_RADIATION, "2025-01-01", 8760, hourly)
    assert record.end_s[-1] == datetime(2025, 12, 31, 15, tzinfo=UTC).timestamp()
    made = {}
    for slope, aspect in ((0.0, np.nan), (35.0, 180.0)):
        block = block_of(np.zeros((3, 3)), slope, aspect, {p.GLOBAL_RADIATION: record})
        given = {"year": 2025, "observed": "radiation", "linke_turbidity": 3.5}
        fields = roofs.SIMULATION.run(block, RoofParams.model_validate(given)).fields
        both = (fields[f.ROOF_IRRADIATION_PROBABLE], fields[f.ROOF_IRRADIATION_POSSIBLE])
        made[slope] = tuple(array[1, 1] for array in both)
    assert made[0.0][0] == pytest.approx(hourly.sum() / 1000, rel=1e-4)
    assert made[0.0][0] / made[0.0][1] == pytest.approx(0.6, rel=0.003)
    # Thin clouds scatter: a slope gains less from facing the sun.
    assert made[35.0][0] / made[0.0][0] < made[35.0][1] / made[0.0][1]


def test_where_there_is_no_roof_nothing_is_said():
    """Cells without a plane, or without a height, have no value in any field."""
    block = block_of(np.zeros((4, 5)), 20.0, 100.0)
    block.arrays[f.ROOF_SLOPE][0] = np.nan
    block.arrays[f.SURFACE_HEIGHT][:, 0] = np.nan
    made = roofs.SIMULATION.run(block, RoofParams(year=2025, step_minutes=60)).fields
    for field in (f.ROOF_IRRADIATION_POSSIBLE, f.ROOF_LIGHT_SHARE, f.MODULE_TILT):
        assert np.isnan(made[field][0]).all()
        assert np.isnan(made[field][:, 0]).all()
        assert np.isfinite(made[field][1:, 1:]).all()
    assert np.isnan(made[f.ROOF_IRRADIATION_PROBABLE]).all()
