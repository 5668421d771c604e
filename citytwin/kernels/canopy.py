"""Crowns of trees as casters that let part of the light through.

A ray that passes through crowns is weakened once, however many they are and however long its way
in them: the rule under which transmissivities of single street trees were measured, from below
their whole crown (Konarska et al. 2014, Transmissivity of solar radiation through crowns of single
urban trees, Theor. Appl. Climatol. 117, 363-376).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.canopy_lanes import sweep_crowns
from citytwin.kernels.sun_bundle import RayBundle
from citytwin.kernels.sun_ray import MAX_SLOPE


class Canopy(NamedTuple):
    """Crowns of trees over a raster.

    Parameters
    ----------
    top, base
        Heights of the upper and the lower surface of the crowns, shape (ny, nx), float32 [m];
        NaN where there is none. A crown whose base is unknown reaches down to the ground.
    passes
        Share of the light of each sun that comes through a crown, shape (nt,), 0 to 1.
    """

    top: np.ndarray
    base: np.ndarray
    passes: np.ndarray


def check_canopy(canopy: Canopy, shape: tuple[int, ...], number: int) -> None:
    """Refuse a canopy that does not fit a raster and its suns.

    Parameters
    ----------
    canopy
        To be checked.
    shape
        Of the raster.
    number
        Of suns.

    Raises
    ------
    ValueError
        When shapes do not fit, or a share is not one.
    """
    if not canopy.top.shape == canopy.base.shape == shape:
        raise ValueError(
            f"canopy and surface must be of one shape: {canopy.top.shape}, {canopy.base.shape},"
            f" {shape}"
        )
    if canopy.passes.shape != (number,) or not (canopy.passes >= 0.0).all():
        raise ValueError(f"a share that passes is needed for each of {number} suns, 0 to 1")


def sweep_behind_crowns(
    sweep: Callable[..., None],
    layers: list[np.ndarray],
    rays: RayBundle,
    side_m: float,
    origin: int,
    out: np.ndarray,
) -> None:
    """Add the weights of all suns that reach each cell, less where they come through crowns.

    Parameters
    ----------
    sweep
        How the surface is swept: `citytwin.kernels.shadow_lanes.sweep_lit`, or one of its form.
    layers
        Surface, heights to be tested, tops and bases of crowns, shape (n_step, n) each, float32
        [m], C order.
    rays
        The suns; lines of the arrays are what their rays step along.
    side_m
        Distance of neighbours in a line [m], > 0.
    origin
        Global index of the first line.
    out
        Shape (n_step, n), C order, of the type and in the unit of the weights. Changed in place.
    """
    lit = np.empty(out.shape, dtype=np.uint8)
    once = np.ones(1, dtype=np.uint8)
    for k in range(rays.slide.size):
        lit[:] = 0
        sweep(layers[0], layers[1], rays.alone(k, once), origin, lit)
        crossed = crossed_by(rays, k, layers, side_m, origin)
        _add(lit, crossed, rays.weight[k], rays.crown_weight[k], out)


def crossed_by(
    rays: RayBundle, k: int, layers: list[np.ndarray], side_m: float, origin: int
) -> np.ndarray:
    """Tell in which cells the rays of one sun come through crowns.

    Parameters
    ----------
    rays, k
        Suns, and which of them.
    layers
        As of `sweep_behind_crowns`, shape (n_step, n) each [m].
    side_m
        Distance of neighbours in a line [m], > 0.
    origin
        Global index of the first line.

    Returns
    -------
    numpy.ndarray
        Shape (n_step, n), uint8, 1 where a ray comes through a crown; see
        `citytwin.kernels.canopy_lanes.sweep_crowns`.
    """
    crossed = np.zeros(layers[0].shape, dtype=np.uint8)
    surface, plane, top, base = layers
    ray = bool(rays.backward), float(rays.slide[k]), float(rays.half_rise[k])
    sweep_crowns((surface, plane, top, base), ray, origin, 0.5 * MAX_SLOPE * side_m, crossed)
    return crossed


@njit(cache=True, nogil=True)
def _add(
    lit: np.ndarray, crossed: np.ndarray, weight: float, crown_weight: float, out: np.ndarray
) -> None:
    """Add one weight where the sun is in the open, another where it stands behind a crown."""
    nothing = out.dtype.type(0)
    for i in range(out.shape[0]):
        for j in range(out.shape[1]):
            share = crown_weight if crossed[i, j] else weight
            out[i, j] += share if lit[i, j] else nothing
