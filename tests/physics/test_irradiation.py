"""Solar irradiation in the open against pvlib, behind walls against geometry."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pvlib
import pytest

from citytwin.kernels.clear_sky import clear_sky
from citytwin.kernels.irradiation import even_sky, received, surface_normals
from citytwin.kernels.solar import Ephemeris
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.irradiation.params import IrradiationParams
from citytwin.simulations.irradiation.possible import SIMULATION

# pvlib 0.16 asks pandas for an attribute whose name is about to change.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

TOKYO = Site(139.69, 35.69, 0.0, "Asia/Tokyo")


def irradiated(height, cell_m=2.0, site=TOKYO, **params):
    """Direct, diffuse and global irradiation of a bare surface; the ground reflects nothing."""
    height = np.ascontiguousarray(height, dtype=np.float32)
    ny, nx = height.shape
    grid = GridSpec("EPSG:6677", 0.0, ny * cell_m, cell_m, ny, nx)
    block = Block({f.SURFACE_HEIGHT: height}, {}, grid, grid.whole, site)
    made = SIMULATION.run(block, IrradiationParams.model_validate({"albedo": 0.0} | params)).fields
    return tuple(
        made[field] for field in (f.IRRADIATION_DIRECT, f.IRRADIATION_DIFFUSE, f.IRRADIATION_GLOBAL)
    )


def peer(day, tilt_deg, facing_deg, turbidity=3.5):
    """Direct and diffuse light of a day on an open plane by pvlib's own chain [kWh/m2]."""
    times = pd.date_range(day, periods=288, freq="5min", tz="Asia/Tokyo") + pd.Timedelta("150s")
    place = pvlib.location.Location(TOKYO.latitude_deg, TOKYO.longitude_deg, altitude=0.0)
    sun = place.get_solarposition(times)
    sky = place.get_clearsky(times, solar_position=sun, linke_turbidity=turbidity)
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
        albedo=0.0,
    )
    return parts["poa_direct"].sum() / 12000, parts["poa_diffuse"].sum() / 12000


def plane(tilt_deg, facing_deg, cell_m=2.0, size=41):
    """Surface of one slope that faces a direction."""
    y, x = np.mgrid[:size, :size] * cell_m
    facing = np.radians(facing_deg)
    away = -(x * np.sin(facing) - y * np.cos(facing))
    return 500.0 + np.tan(np.radians(tilt_deg)) * away


@pytest.mark.parametrize("day", ["2026-06-21", "2026-12-22", "2026-03-20"])
@pytest.mark.parametrize(
    ("tilt_deg", "facing_deg"), [(0, 180), (25, 180), (30, 225), (40, 90), (20, 0)]
)
def test_open_planes_against_pvlib(day, tilt_deg, facing_deg):
    """Level, sunny and shady slopes of roofs; the same models, another program."""
    direct, diffuse, total = irradiated(
        plane(tilt_deg, facing_deg), first_day=day, step_minutes=5, linke_turbidity=3.5
    )
    expected = peer(day, tilt_deg, facing_deg)
    assert direct[20, 20] == pytest.approx(expected[0], rel=0.02, abs=0.02)
    assert diffuse[20, 20] == pytest.approx(expected[1], rel=0.04, abs=0.02)
    assert total[20, 20] == pytest.approx(sum(expected), rel=0.02, abs=0.02)


def test_clear_sky_by_the_published_formula():
    """Ineichen and Perez 2002 at sea level, sun at 45 degrees, turbidity 3.

    Global = 0.868 I0 sin(h) exp(-0.0387 AM (1 + TL - 1)); at day 94 the distance of the Earth is
    its mean within 0.1 %; Kasten and Young's air mass at 45 degrees is 1.4128.
    """
    sun = Ephemeris(np.array([180.0]), np.array([45.0]), np.array([45.0]))
    sky = clear_sky(sun, np.array([94.0]), np.array([3.0]), 0.0)
    level = (sky.beam_w_m2 + sky.halo_w_m2) * np.sin(np.pi / 4) + sky.even_w_m2
    outside = 1366.1
    expected = 0.868 * outside * np.sin(np.pi / 4) * np.exp(-0.0387 * 1.4128 * 3.0)
    assert level[0] == pytest.approx(expected, rel=0.003)
    assert 0.05 < (sky.halo_w_m2 * np.sin(np.pi / 4) + sky.even_w_m2)[0] / level[0] < 0.25


def test_nothing_comes_at_night():
    """Below the horizon all parts are nought."""
    sun = Ephemeris(np.zeros(2), np.array([-1.0, -30.0]), np.array([-0.9, -30.0]))
    for part in clear_sky(sun, np.full(2, 10.0), np.full(2, 3.0), 0.0):
        assert (part == 0.0).all()


def test_the_uniform_sky_gives_half_of_what_is_seen():
    """Open level ground gets 1; before an endless wall it loses half of (1 - cos of its altitude).

    A plane of tilt b in the open sees (1 + cos b) / 2 of the sky.
    """
    height = np.zeros((60, 1500), dtype=np.float32)
    height[40:] = 20.0
    level = np.zeros((3, *height.shape), dtype=np.float32)
    level[2] = 1.0
    share = received(height, level, 1.0, even_sky(1024), 0.02, (0, 0))[0, :40, 750]
    distance = 40 - np.arange(40) - 0.5
    assert np.abs(share - 0.5 * (1 + distance / np.hypot(distance, 20.0))).max() < 0.012
    slope = plane(35, 200).astype(np.float32)
    normals = surface_normals(slope, 2.0)
    tilted = received(slope, normals, 2.0, even_sky(1024), 0.02, (0, 0))[0, 20, 20]
    assert tilted == pytest.approx((1 + np.cos(np.radians(35))) / 2, abs=0.012)


def test_cells_that_are_asked_for_get_the_bits_of_all():
    """Towers, trees and unknown ground around them, seen by every light as far as it is swept."""
    dice = np.random.default_rng(5)
    height = dice.normal(0.0, 0.2, (90, 110)).cumsum(axis=1).astype(np.float32)
    for row, col, above in ((5, 60, 60.0), (70, 20, 35.0), (44, 50, 9.0), (80, 100, 120.0)):
        height[row : row + 6, col : col + 5] += np.float32(above)
    height[dice.random(height.shape) < 0.01] = np.nan
    trees = dice.random(height.shape) < 0.05
    crowns = tuple(np.where(trees, height + np.float32(up), np.nan) for up in (8.0, 3.0))
    sky = even_sky(96)
    lights = sky._replace(behind_crowns=0.4 * sky.weights)
    normals = surface_normals(height, 2.5)
    for known in (None, crowns):
        given = height, normals, 2.5, lights, np.radians(5.0), (13, 40), known
        everywhere = received(*given)
        for rows, cols in ((slice(40, 60), slice(45, 70)), (slice(0, 1), slice(109, 110))):
            asked = received(*given, (rows, cols))
            assert asked.tobytes() == everywhere[:, rows, cols].tobytes()


def test_normals_of_a_gable_roof():
    """Both planes of a roof keep their slope up to eaves and ridge; walls and flats are level."""
    height = np.zeros((20, 30), dtype=np.float32)
    rise = np.array([5.0, 5.5, 6.0, 6.5, 6.5, 6.0, 5.5, 5.0])
    height[6:14, 5:25] = rise[:, None]  # ridge between two rows, falling to north and south
    normals = surface_normals(height, 1.0)
    steep = 0.5 / np.hypot(1.0, 0.5)
    assert normals[1, 6:9, 5:25] == pytest.approx(steep)
    assert normals[1, 11:14, 5:25] == pytest.approx(-steep)
    assert (normals[0] == 0.0).all()
    assert (normals[2, :5] == 1.0).all()
    assert np.linalg.norm(normals, axis=0) == pytest.approx(1.0)


def test_a_tower_takes_the_direct_light_north_of_it():
    """At noon in winter the ground just north gets no beam, but still light of the sky."""
    height = np.zeros((60, 60), dtype=np.float32)
    height[40:50, 20:40] = 80.0
    direct, diffuse, total = irradiated(height, first_day=date(2026, 12, 22))
    open_direct, open_diffuse, _ = irradiated(np.zeros((5, 5)), first_day=date(2026, 12, 22))
    assert direct[38, 30] < 0.15 * open_direct[2, 2]
    assert 0.2 * open_diffuse[2, 2] < diffuse[38, 30] < 0.75 * open_diffuse[2, 2]
    assert np.allclose(total, direct + diffuse)
    assert direct[45, 30] == pytest.approx(open_direct[2, 2], rel=1e-6)


def test_a_year_of_joined_suns():
    """On open ground it does not matter how suns are joined; levels are as pvlib's climate says."""
    flat = np.zeros((3, 3))
    span = {"first_day": "2026-01-01", "last_day": "2026-12-31", "step_minutes": 60}
    close, far = (irradiated(flat, **span, sun_spacing_deg=d)[2][1, 1] for d in (1.0, 5.0))
    assert close == pytest.approx(far, rel=1e-5)
    times = pd.date_range("2026-01-01", "2027-01-01", freq="1h", tz="Asia/Tokyo", inclusive="left")
    place = pvlib.location.Location(TOKYO.latitude_deg, TOKYO.longitude_deg, altitude=0.0)
    sky = place.get_clearsky(times + pd.Timedelta("30min"))
    assert close == pytest.approx(sky["ghi"].sum() / 1000, rel=0.005)


def test_days_in_the_wrong_order_are_refused():
    """A span that ends before it begins is named."""
    with pytest.raises(ValueError, match="lies before first_day"):
        IrradiationParams.model_validate({"first_day": "2026-05-02", "last_day": "2026-05-01"})
