"""The rain of the next hour by radar: corrected by gauges, carried on along its motion.

The bias and what gauges say beyond it come from sums over the last half hour
(:mod:`citytwin.kernels.rain_merging`), and hold for each image in proportion; then the last image goes on
along its motion (:mod:`citytwin.kernels.rain_advection`). Rain that grows or dies on the way is not foreseen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from citytwin.alerts.windows import Sample
from citytwin.formats.rain.image import RainImage
from citytwin.kernels.rain_advection import extrapolate
from citytwin.kernels.rain_merging import mean_field_bias, merged
from citytwin.kernels.rain_motion import motion
from citytwin.model import crs as crs_of
from citytwin.store.observations import Thing

FRESH_S = 900
"""An older last image says nothing of now."""
STEP_S = 300
"""Of the images of the forecast."""
_MOVING = 3
"""Last images that the motion is taken from."""
_RANGE_M = 10_000.0
"""At which the correlation between errors of a radar has fallen to 1/e."""
_MOST_FACTOR = 5.0
"""By which gauges may change the radar locally, up or down."""


@dataclass(frozen=True, eq=False)
class RadarRain:
    """Images of the past, corrected, and of the future; all on one lattice."""

    feed: str
    images: tuple[RainImage, ...]
    """In order of time, without overlaps; those of the future say when they were made
    (``issued_s``)."""
    bias: float
    """Factor by which the radar was multiplied [-]."""
    gauges: int
    """That stand where the radar sees, and had their say."""
    speed_m_s: float
    """Of the rain over the city's surroundings; zero where there is one image, or none of rain."""
    references: tuple[str, ...]
    """sha256 of the raw payloads, sorted."""


def radar_rain(
    feed: str,
    images: Sequence[RainImage],
    gauges: Mapping[str, Sequence[Sample]],
    things: Mapping[str, Thing],
    until_s: float,
) -> RadarRain:
    """Correct images by gauges, and carry the last one on.

    Parameters
    ----------
    feed
        Name of the feed of images.
    images
        At least one; on one lattice, in order of time.
    gauges
        Rates by thing [mm/h].
    things
        Where the gauges are.
    until_s
        To when it is carried on [s since 1970].
    """
    rates = np.stack([image.rate for image in images])
    bias, corrected, used = _corrected(images, rates, gauges, things)
    columns, rows, gap_s = _motion(images, rates)
    last = images[-1]
    count = max(0, math.ceil((until_s - last.end_s) / STEP_S))
    middle_s = 0.5 * (last.end_s - last.start_s)
    leads = [(middle_s + (k + 0.5) * STEP_S) / gap_s for k in range(count)]
    future = extrapolate(corrected[-1], columns, rows, leads) if count else corrected[:0]
    wet = np.nan_to_num(rates[-1]) > 0.1
    cells = float(np.hypot(columns[wet].mean(), rows[wet].mean())) if wet.any() else 0.0
    ahead = (
        replace(
            last,
            rate=rate,
            start_s=last.end_s + k * STEP_S,
            end_s=last.end_s + (k + 1) * STEP_S,
            issued_s=last.end_s,
        )
        for k, rate in enumerate(future)
    )
    past = (
        # What an analysis was issued at, after its time, makes no forecast of it.
        replace(image, rate=rate, start_s=start_s, issued_s=None)
        for image, rate, start_s in zip(images, corrected, _starts(images), strict=True)
    )
    return RadarRain(
        feed,
        (*past, *ahead),
        bias,
        used,
        cells * last.dx / gap_s,
        tuple(sorted({image.raw_ref for image in images})),
    )


def _starts(images: Sequence[RainImage]) -> list[int]:
    """From when on each image counts [s]; one of an instant stands for the time since the one before."""
    starts: list[int] = []
    for image, before in zip(images, (None, *images), strict=False):
        start_s = image.start_s
        if start_s == image.end_s:
            start_s -= STEP_S if before is None else min(FRESH_S, image.end_s - before.end_s)
        starts.append(start_s if before is None else max(start_s, before.end_s))
    return starts


def _motion(
    images: Sequence[RainImage], rates: NDArray[np.float32]
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Mean displacement over the last images in the last gap between two [cells], and that gap [s]."""
    zero = np.zeros(rates.shape[1:])
    if len(images) < 2:
        return zero, zero, float(STEP_S)
    gaps_s = np.diff([image.end_s for image in images]).astype(np.float64)
    found = [
        (np.stack(motion(rates[k - 1], rates[k])) * gaps_s[-1] / gaps_s[k - 1])
        for k in range(max(1, len(images) - _MOVING + 1), len(images))
    ]
    columns, rows = np.mean(found, axis=0)
    return columns, rows, float(gaps_s[-1])


def _corrected(
    images: Sequence[RainImage],
    rates: NDArray[np.float32],
    gauges: Mapping[str, Sequence[Sample]],
    things: Mapping[str, Thing],
) -> tuple[float, NDArray[np.float32], int]:
    """Bias, images corrected by it and by what gauges say beyond it, and how many gauges did."""
    first = images[0]
    known = np.isfinite(rates)
    mean = np.where(known, rates, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    mean = np.where(known.any(axis=0), mean, np.nan)
    places, measured = _gauges(images, gauges, things)
    ny, nx = mean.shape
    inside = (places[:, 0] > -0.5) & (places[:, 0] < ny - 0.5)
    inside &= (places[:, 1] > -0.5) & (places[:, 1] < nx - 0.5)
    places, measured = places[inside], measured[inside]
    whole = np.round(places).astype(np.int64)
    seen = mean[whole[:, 0], whole[:, 1]]
    both = np.isfinite(seen)
    places, measured, seen = places[both], measured[both], seen[both]
    bias = mean_field_bias(measured, seen)
    unbiased = (bias * mean).astype(np.float32)
    together = merged(
        unbiased,
        places[:, 0],
        places[:, 1],
        measured - bias * seen,
        range_cells=_RANGE_M / first.dx,
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.clip(together / unbiased, 1.0 / _MOST_FACTOR, _MOST_FACTOR)
    factor = np.where(unbiased > 0.0, factor, 1.0)
    return bias, (bias * factor * rates).astype(np.float32), len(measured)


def _gauges(
    images: Sequence[RainImage],
    gauges: Mapping[str, Sequence[Sample]],
    things: Mapping[str, Thing],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns of gauges, shape (n, 2), and their means over the time of the images."""
    first, begin_s, end_s = images[0], images[0].start_s, images[-1].end_s
    found, means = [], []
    for name, samples in gauges.items():
        thing = things.get(name)
        values = [s.value for s in samples if begin_s < s.at.timestamp() <= end_s]
        if thing is None or not values:
            continue
        found.append((thing.longitude_deg, thing.latitude_deg))
        means.append(math.fsum(values) / len(values))
    if not found:
        return np.empty((0, 2)), np.empty(0)
    longitude, latitude = np.array(found).T
    x, y = crs_of.transform(longitude, latitude, "EPSG:4326", first.crs.to_string())
    columns = (x - first.west) / first.dx - 0.5
    rows = (first.north - y) / first.dy - 0.5
    return np.column_stack([rows, columns]), np.array(means)
