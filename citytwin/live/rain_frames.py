"""The rain of an outlook from place to place: its images as the table that a flood takes.

What no image knows has the mean of what is known: of the city in the same image, of its ten minutes
(:mod:`citytwin.live.rain_outlook`) where no image knows anything.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import Lattice
from citytwin.formats.rain.tables import table_of
from citytwin.live.radar_rain import RadarRain
from citytwin.live.rain_area import cells_over
from citytwin.live.rain_outlook import Outlook
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.properties import RAINFALL_RATE


def rain_frames(rain: Outlook, grid: GridSpec) -> pd.DataFrame | None:
    """Return images of all of a run, observed until the last one of the radar, forecasts after it.

    Parameters
    ----------
    rain
        The outlook.
    grid
        Of the city.

    Returns
    -------
    DataFrame or None
        Rows of the table ``rain_frames``, without gaps in time or area over the city; None where no
        radar knows the rain over it.
    """
    if rain.radar is None:
        return None
    first = rain.radar.images[0]
    lattice = Lattice(grid.crs, first.west, first.north, first.dx, *first.rate.shape)
    city = cells_over(lattice, grid)
    framed = [
        (image, _filled(image.rate, city))
        for image in rain.radar.images
        if np.isfinite(image.rate[city.slices]).any()
    ]
    if not framed:
        return None
    for image, mm_per_h in _means_between([image for image, _ in framed], rain, rain.radar):
        framed.append((image, np.full(first.rate.shape, mm_per_h)))
    framed.sort(key=lambda pair: pair[0].start_s)
    frames: pd.DataFrame = table_of(rain.radar.feed, lattice, framed, synthetic=rain.synthetic)
    return frames


def _filled(rate: NDArray[np.float32], city: Tile) -> NDArray[np.float64]:
    """Rates without unknown ones, and none above what counts as rain, which a flood would leave out."""
    rates = rate.astype(np.float64)
    rates[np.isnan(rates)] = np.nanmean(rates[city.slices])
    return np.minimum(rates, RAINFALL_RATE.valid_max)


def _means_between(
    images: list[RainImage], rain: Outlook, radar: RadarRain
) -> list[tuple[RainImage, float]]:
    """Images of the times of a run that have none, and their rate [mm/h]."""
    issued_s = max(image.end_s for image in radar.images if image.issued_s is None)
    raw_ref = hashlib.sha256("\n".join(rain.references).encode()).hexdigest()
    begin_s = rain.start.timestamp()
    until_s = math.ceil(begin_s + rain.duration_h * 3600.0)
    times = {math.floor(begin_s), until_s, issued_s}
    times.update(itertools.chain.from_iterable((i.start_s, i.end_s) for i in images))
    times.update(
        round(begin_s + 60.0 * minutes)
        for one in rain.rain
        for minutes in (one.start_minutes, one.end_minutes)
    )
    found = []
    for start_s, end_s in itertools.pairwise(sorted(times)):
        middle_s = (start_s + end_s) / 2.0
        if any(image.start_s < middle_s < image.end_s for image in images):
            continue
        minutes = (middle_s - begin_s) / 60.0
        if start_s >= until_s or end_s <= begin_s:
            continue
        rate = next(
            (r.mm_per_h for r in rain.rain if r.start_minutes <= minutes < r.end_minutes), 0.0
        )
        forecast_s = issued_s if start_s >= issued_s else None
        image = replace(
            images[0], start_s=start_s, end_s=end_s, issued_s=forecast_s, raw_ref=raw_ref
        )
        found.append((image, rate))
    return found
