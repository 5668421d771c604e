"""All light of a span of time at one place, under a clear sky and under the one observed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as Day

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.kernels.clear_sky import clear_sky
from citytwin.kernels.irradiation import even_sky, received
from citytwin.kernels.sky_light import SkyLight
from citytwin.kernels.solar import Ephemeris, ephemeris
from citytwin.kernels.sun_bins import Lights, binned
from citytwin.kernels.time_pieces import Pieces, pieces_of
from citytwin.model import fields as f
from citytwin.model.foliage import crowns_of
from citytwin.model.local_days import midnight
from citytwin.model.site import Site
from citytwin.model.steps import Block
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
    """Of as many kinds as were asked for."""
    sky: Lights
    """What comes evenly from all the sky, by the skies that were asked for."""
    level_kwh_m2: FloatArray
    """Of all on a level plane in the open, by sky."""


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
    import pvlib  # takes long to import; many runs need no light

    middles = pd.DatetimeIndex([f"2025-{month:02d}-15" for month in range(1, 13)], tz="UTC")
    monthly = pvlib.clearsky.lookup_linke_turbidity(
        middles, site.latitude_deg, site.longitude_deg, interp_turbidity=False
    )
    middle_day = middles.day_of_year.to_numpy(np.float64)
    found = np.interp(day_of_year, middle_day, monthly.to_numpy(np.float64), period=365.0)
    return np.asarray(found, dtype=np.float64)


def light_of(
    span: Span, skies: Sequence[SkyLight], parts: bool, block: Block, params: LightParams
) -> SpanLight:
    """Join all light of a span that comes from about the same direction.

    Parameters
    ----------
    span
        When, and where the sun stands.
    skies
        Irradiance in each stretch, under one sky or several.
    parts
        Whether beam and light from around the sun are kinds of their own, for each sky.
    block
        Where: convergence of the grid, and whether there are trees.
    params
        How close suns are joined, division of the sky, trees.
    """
    azimuth = np.radians(np.mod(span.sun.azimuth_deg - block.site.convergence_deg, 360.0))
    passes = np.ones(azimuth.size)
    if crowns_of(block, params.trees) is not None:
        middles = [datetime.fromtimestamp(s, UTC) for s in span.pieces.middle_s]
        passes = params.trees.passes(middles, block.site)
    suns = np.stack(
        [
            span.kwh(kind)
            for sky in skies
            for kind in (
                (sky.beam_w_m2, sky.halo_w_m2) if parts else (sky.beam_w_m2 + sky.halo_w_m2,)
            )
        ]
    )
    lights = Lights(azimuth, np.radians(span.altitude_deg), suns, suns * passes)
    even = [span.kwh(sky.even_w_m2) for sky in skies]
    level = [span.kwh(sky.level_w_m2(span.altitude_deg)).sum() for sky in skies]
    one = even_sky(params.directions)
    return SpanLight(
        binned(lights, float(np.radians(params.sun_spacing_deg))),
        one._replace(
            weights=np.concatenate([kwh.sum() * one.weights for kwh in even]),
            behind_crowns=np.concatenate([(kwh * passes).sum() * one.weights for kwh in even]),
        ),
        np.array(level),
    )


def received_by(
    lights: Lights, normals: NDArray[np.float32], block: Block, params: LightParams
) -> NDArray[np.float32]:
    """Look for light in the city.

    Parameters
    ----------
    lights
        Suns, or parts of the sky.
    normals
        Of the planes, shape (3, ny, nx): towards east, north and up.
    block
        Where.
    params
        Lowest light, trees.

    Returns
    -------
    array
        Shape (kinds, ny, nx) of the core [kWh/m2].
    """
    found: NDArray[np.float32] = received(
        block[f.SURFACE_HEIGHT],
        normals,
        block.cell_m,
        lights,
        float(np.radians(params.min_altitude_deg)),
        (block.row0, block.col0),
        crowns_of(block, params.trees),
        block.inner,
    )
    return found


def reflected_by_ground(
    level_kwh_m2: float, normals: NDArray[np.float32], albedo: float
) -> NDArray[np.float32]:
    """What slopes get of light that open level ground reflects (Liu and Jordan 1963).

    Albedo times global irradiation times the share of the ground in the view of the plane,
    (1 - cos slope) / 2.

    Parameters
    ----------
    level_kwh_m2
        Global irradiation of the ground.
    normals
        Of the planes, shape (3, ny, nx).
    albedo
        0 to 1.

    Returns
    -------
    array
        Shape (ny, nx) [kWh/m2]; 0 on level planes.
    """
    share = np.float32(albedo * level_kwh_m2 / 2.0)
    return np.asarray(share * (np.float32(1.0) - normals[2]))
