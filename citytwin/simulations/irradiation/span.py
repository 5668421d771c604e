"""All light of a span of time at one place, under a clear sky and under the one observed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Day
from datetime import timedelta

import numpy as np
import pandas as pd
import pvlib
from numpy.typing import NDArray

from citytwin.kernels.clear_sky import clear_sky
from citytwin.kernels.irradiation import even_sky, received
from citytwin.kernels.sky_light import SkyLight
from citytwin.kernels.solar import Ephemeris, ephemeris
from citytwin.kernels.sun_bins import Lights, binned
from citytwin.kernels.time_pieces import Pieces, pieces_of
from citytwin.model.local_days import midnight
from citytwin.model.steps import Block, Site
from citytwin.simulations.irradiation.params import LightParams

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Span:
    """Stretches of time, with the sun and the clear sky in the middle of each."""

    pieces: Pieces
    sun: Ephemeris
    day_of_year: FloatArray
    clear: SkyLight

    @property
    def altitude_deg(self) -> FloatArray:
        """Of the sun as the air lifts it."""
        return np.asarray(self.sun.apparent_altitude_deg)

    def kwh(self, irradiance_w_m2: FloatArray) -> FloatArray:
        """Irradiation of each stretch [kWh/m2]."""
        return np.asarray(irradiance_w_m2 * self.pieces.length_s / 3.6e6)


@dataclass(frozen=True)
class SpanLight:
    """Light of a span, to be looked for in the city; weights are kWh/m2."""

    suns: Lights
    """Of one kind: beam, or of two: beam, and light from around the sun."""
    even_kwh_m2: float
    """Of the rest of the sky, on a level plane."""
    level_kwh_m2: float
    """Of all on a level plane in the open."""


def days_s(first: Day, last: Day, time_zone: str) -> tuple[float, float]:
    """Begin and end of local days, both included [s since 1970].

    Parameters
    ----------
    first, last
        The days.
    time_zone
        IANA name.
    """
    end = midnight(last + timedelta(days=1), time_zone)
    return midnight(first, time_zone).timestamp(), end.timestamp()


def span_of(
    limits_s: tuple[float, float],
    intervals_s: tuple[FloatArray, FloatArray],
    params: LightParams,
    site: Site,
) -> Span:
    """Cut a span into stretches and find sun and clear sky of each.

    Parameters
    ----------
    limits_s
        Begin and end of the span [s since 1970].
    intervals_s
        Begin and end of what a record covers; no stretch crosses their ends.
    params
        The air, and the longest stretch.
    site
        Where.
    """
    pieces = pieces_of(*limits_s, *intervals_s, params.step_minutes * 60.0)
    sun = ephemeris(pieces.middle_s, site.longitude_deg, site.latitude_deg)
    days = pd.to_datetime(pieces.middle_s, unit="s", utc=True).day_of_year.to_numpy(np.float64)
    turbidity = _turbidity(params, site, days)
    return Span(pieces, sun, days, clear_sky(sun, days, turbidity, params.elevation_m))


def _turbidity(params: LightParams, site: Site, day_of_year: FloatArray) -> FloatArray:
    """Haze of the air on some days: as given, or between the months of its climate."""
    if params.linke_turbidity is not None:
        return np.full(day_of_year.size, params.linke_turbidity)
    middles = pd.DatetimeIndex([f"2025-{month:02d}-15" for month in range(1, 13)], tz="UTC")
    monthly = pvlib.clearsky.lookup_linke_turbidity(
        middles, site.latitude_deg, site.longitude_deg, interp_turbidity=False
    )
    middle_day = middles.day_of_year.to_numpy(np.float64)
    found = np.interp(day_of_year, middle_day, monthly.to_numpy(np.float64), period=365.0)
    return np.asarray(found, dtype=np.float64)


def light_of(span: Span, sky: SkyLight, params: LightParams, site: Site) -> SpanLight:
    """Join all light of a span that comes from about the same direction.

    Parameters
    ----------
    span
        When, and where the sun stands.
    sky
        Irradiance in each stretch.
    params
        How close suns are joined.
    site
        With the convergence of its grid.
    """
    azimuth = np.radians(np.mod(span.sun.azimuth_deg - site.convergence_deg, 360.0))
    parts = np.stack([span.kwh(sky.beam_w_m2), span.kwh(sky.halo_w_m2)])
    lights = Lights(azimuth, np.radians(span.altitude_deg), parts)
    return SpanLight(
        binned(lights, np.radians(params.sun_spacing_deg)),
        float(span.kwh(sky.even_w_m2).sum()),
        float(span.kwh(sky.level_w_m2(span.altitude_deg)).sum()),
    )


@dataclass(frozen=True)
class Received:
    """What planes get, arrays of shape (ny, nx), float32 [kWh/m2]."""

    direct: NDArray[np.float32]
    diffuse: NDArray[np.float32]
    """Of the sky."""
    reflected: NDArray[np.float32]
    """Of the ground."""

    @property
    def total(self) -> NDArray[np.float32]:
        """All together."""
        return self.direct + self.diffuse + self.reflected


def received_by(
    light: SpanLight,
    surface: NDArray[np.float32],
    normals: NDArray[np.float32],
    block: Block,
    params: LightParams,
) -> Received:
    """Look for all light in the city.

    What the ground reflects is that of open level ground (Liu and Jordan 1963): albedo times
    global irradiation times the share of the ground in the view of the plane, (1 - cos slope) / 2.

    Parameters
    ----------
    light
        Of the span.
    surface
        What casts shadows, shape (ny, nx) [m].
    normals
        Of the planes, shape (3, ny, nx): towards east, north and up.
    block
        Where.
    params
        Division of the sky, lowest light, albedo.
    """
    lowest, at = float(np.radians(params.min_altitude_deg)), (block.row0, block.col0)
    sky = even_sky(params.directions)
    sky = sky._replace(weights=sky.weights * light.even_kwh_m2)
    direct, halo = received(surface, normals, block.cell_m, light.suns, lowest, *at)
    (even,) = received(surface, normals, block.cell_m, sky, lowest, *at)
    ground = np.float32(params.albedo * light.level_kwh_m2 / 2.0) * (np.float32(1.0) - normals[2])
    # A level plane sees no ground; what is unknown stays so.
    return Received(direct, halo + even, np.where(np.isnan(direct), direct, ground))
