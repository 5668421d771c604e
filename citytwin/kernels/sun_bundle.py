"""Many positions of the sun, grouped so that a line of the raster is read once for several."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from citytwin.kernels.sun_ray import SunRay, sun_ray

SUNS_PER_PASS = 16
"""Suns swept side by side: a row is read once for all, and their lanes still fit the cache."""


class Suns(NamedTuple):
    """Positions of the sun, or directions of the sky, and what each counts.

    Parameters
    ----------
    azimuth_rad
        Clockwise from GRID north, shape (nt,) [rad].
    altitude_rad
        Above the horizon, shape (nt,) [rad]. At or below 0 it is night: nothing is lit.
    weight
        What a position counts, shape (nt,) [any unit: h, kWh/m2, share of the sky].
    """

    azimuth_rad: np.ndarray
    altitude_rad: np.ndarray
    weight: np.ndarray


class RayBundle(NamedTuple):
    """Rays of several suns that run along one axis in one sense.

    Parameters
    ----------
    turned, backward, wall, slope
        Common to all, see `citytwin.kernels.sun_ray.SunRay`.
    slide
        Of each sun, shape (nt,) [cells per step].
    half_rise
        Of each sun, shape (nt,) [1/4096 m].
    weight
        What each sun counts, shape (nt,), of the type of the sums [any unit].
    crown_weight
        What it counts where its ray has passed through a crown, in the same form.
    """

    turned: bool
    backward: bool
    wall: np.int32
    slope: np.int32
    slide: np.ndarray
    half_rise: np.ndarray
    weight: np.ndarray
    crown_weight: np.ndarray

    def alone(self, k: int, weight: np.ndarray) -> RayBundle:
        """Bundle of one of the suns.

        Parameters
        ----------
        k
            Which.
        weight
            What it counts, shape (1,).

        Returns
        -------
        RayBundle
        """
        one = slice(k, k + 1)
        return self._replace(
            slide=self.slide[one],
            half_rise=self.half_rise[one],
            weight=weight,
            crown_weight=weight,
        )


def bundles(
    suns: Suns,
    row_m: float,
    col_m: float,
    blocks: bool,
    dtype: type,
    crown_weight: np.ndarray | None = None,
) -> list[RayBundle]:
    """Part the suns above the horizon by axis and sense, in groups of SUNS_PER_PASS.

    Parameters
    ----------
    suns
        At least 0 positions, as `check_suns` passes them.
    row_m, col_m
        Distance of rows and of columns [m], > 0.
    blocks
        Whether each cell is a flat-topped block.
    dtype
        Type of the sums of weights.
    crown_weight
        What each sun counts behind a crown, shape (nt,) [any unit]; None = as much as anywhere.

    Returns
    -------
    list of RayBundle
        Those along rows first; the order depends on the suns only, and so do the sums.
    """
    rays: dict[tuple[bool, bool], list[tuple[SunRay, float, float]]] = {
        (turned, backward): [] for turned in (False, True) for backward in (False, True)
    }
    behind = suns.weight if crown_weight is None else crown_weight
    for azimuth, altitude, weight, less in zip(*suns, behind, strict=True):
        if altitude > 0.0:
            ray = sun_ray(float(azimuth), float(altitude), row_m, col_m, blocks)
            rays[ray.turned, ray.backward].append((ray, weight, less))
    return [
        _bundle(alike[start : start + SUNS_PER_PASS], dtype)
        for alike in rays.values()
        for start in range(0, len(alike), SUNS_PER_PASS)
    ]


def _bundle(group: list[tuple[SunRay, float, float]], dtype: type) -> RayBundle:
    first = group[0][0]
    return RayBundle(
        first.turned,
        first.backward,
        first.wall,
        first.slope,
        np.array([ray.slide for ray, _, _ in group]),
        np.array([ray.half_rise for ray, _, _ in group]),
        np.array([weight for _, weight, _ in group], dtype=dtype),
        np.array([less for _, _, less in group], dtype=dtype),
    )


def check_suns(suns: Suns) -> None:
    """Refuse sun positions that mean nothing.

    Parameters
    ----------
    suns
        To be checked.

    Raises
    ------
    ValueError
        When lengths differ, or a value is no finite number or no angle in radians.
    """
    azimuth, altitude, weight = suns
    if not azimuth.shape == altitude.shape == weight.shape == (azimuth.size,):
        raise ValueError("azimuth, altitude and weight must be 1-D and of one length")
    if not np.isfinite(np.concatenate(suns)).all():
        raise ValueError("azimuths, altitudes and weights must be finite numbers")
    if (np.abs(altitude) > math.pi / 2).any():
        raise ValueError("altitudes are angles in radians, at most pi/2")
