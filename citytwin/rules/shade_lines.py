"""Lines around a site between which shade is limited, and the longest shade between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.kernels.shade_spells import SunCircle, shaded_hours
from citytwin.model.grid import Bounds

Float64Array = NDArray[np.float64]
SPACING_M = 1.0
"""Between points on the lines, and on the land between them."""
_MOST_POINTS = 4000
"""Of the land beyond the outer line; a wider reach gets wider gaps."""
_ROUNDS = 6
"""Of halving the step around the worst point found."""
_RIM_M = 1e-6
_ARCS = 16
"""Segments of a quarter circle: a line at 10 m lies 1.2 cm off at most."""
_AROUND = np.stack(np.meshgrid(np.arange(-2.0, 3.0), np.arange(-2.0, 3.0)), axis=-1).reshape(-1, 2)


@dataclass(frozen=True)
class SiteLines:
    """A site, and the land around it."""

    near: shapely.Geometry
    """The site and the land up to the inner line."""
    far: shapely.Geometry
    """The site and the land up to the outer line."""
    within_near: shapely.Geometry
    within_far: shapely.Geometry
    """The same without their rims."""


@dataclass(frozen=True)
class WorstPoint:
    """Place of the longest shade on some land."""

    hours: float
    """0 where no shade falls there [h]."""
    x: float
    y: float
    """NaN where no shade falls [m]."""


NO_SHADE = WorstPoint(0.0, np.nan, np.nan)


def lines_around(site: shapely.Geometry, near_m: float, far_m: float) -> SiteLines:
    """Return the lines of equal distance from the boundary of a site.

    Parameters
    ----------
    site
        Polygon.
    near_m, far_m
        Distances, 0 <= near < far [m].
    """
    distances = np.array([near_m, far_m, near_m - _RIM_M, far_m - _RIM_M])
    shapes = shapely.buffer(site, distances, quad_segs=_ARCS)
    shapely.prepare(shapes)
    return SiteLines(*shapes)


@dataclass(frozen=True, eq=False)
class Shade:
    """Shade of a building on a level plane."""

    edges: Float64Array
    """Shape (m, 6): its upper edges [m]."""
    plane_z_m: float
    circle: SunCircle

    def hours(self, xy: Float64Array) -> Float64Array:
        """Return the hours of shade at places of the plane.

        Parameters
        ----------
        xy
            Shape (n, 2) [m].
        """
        points = np.column_stack([xy, np.full(len(xy), self.plane_z_m)])
        return np.asarray(shaded_hours(points, self.edges, self.circle))


Holds: TypeAlias = Callable[[Float64Array], NDArray[np.bool_]]
"""Tells of places, shape (n, 2), which of them a limit speaks of."""


def worst_near(
    shade: Shade, lines: SiteLines, box: Bounds, area: shapely.Geometry | None
) -> WorstPoint:
    """Longest shade between the two lines, the lines included.

    Parameters
    ----------
    shade
        Of the buildings of the site.
    lines
        Of the site.
    box
        Box of all shadows.
    area
        Land on which the limit holds, prepared; None = everywhere.
    """

    def holds(xy: Float64Array) -> NDArray[np.bool_]:
        outside = ~shapely.contains_xy(lines.within_near, xy)
        return np.asarray(outside & shapely.intersects_xy(lines.far, xy) & _in_area(area, xy))

    step = 2.0 * SPACING_M
    ring = _cut(box, lines.far.bounds)
    points = [_along(lines.near), _along(lines.within_far), _lattice(ring, step)]
    return _worst(shade, np.concatenate(points), holds, step)


def worst_far(
    shade: Shade, lines: SiteLines, box: Bounds, area: shapely.Geometry | None
) -> WorstPoint:
    """Longest shade beyond the outer line.

    Parameters
    ----------
    shade, lines, box, area
        As of `worst_near`.
    """

    def holds(xy: Float64Array) -> NDArray[np.bool_]:
        return np.asarray(~shapely.contains_xy(lines.within_far, xy) & _in_area(area, xy))

    size_m2 = (box.x_max - box.x_min) * (box.y_max - box.y_min)
    step = max(2.0 * SPACING_M, (size_m2 / _MOST_POINTS) ** 0.5)
    points = [_along(lines.far), _lattice(box, step)]
    return _worst(shade, np.concatenate(points), holds, step)


def _along(shape: shapely.Geometry) -> Float64Array:
    """Points along the rim of a polygon."""
    return np.asarray(shapely.get_coordinates(shapely.segmentize(shape.boundary, SPACING_M)))


def _lattice(box: Bounds, step_m: float) -> Float64Array:
    x = np.arange(box.x_min, box.x_max + step_m, step_m)
    y = np.arange(box.y_min, box.y_max + step_m, step_m)
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _cut(box: Bounds, other: tuple[float, float, float, float]) -> Bounds:
    """Common part of two boxes; one of them where they have none."""
    west, south = max(box.x_min, other[0]), max(box.y_min, other[1])
    east, north = min(box.x_max, other[2]), min(box.y_max, other[3])
    return Bounds(west, south, max(west, east), max(south, north))


def _in_area(area: shapely.Geometry | None, xy: Float64Array) -> NDArray[np.bool_]:
    if area is None:
        return np.ones(len(xy), dtype=np.bool_)
    return np.asarray(shapely.intersects_xy(area, xy))


def _worst(shade: Shade, points: Float64Array, holds: Holds, step_m: float) -> WorstPoint:
    """Best of some points, then of ever closer ones around it."""
    best, at = 0.0, np.full(2, np.nan)
    for round_number in range(_ROUNDS + 1):
        allowed = points[holds(points)]
        hours = shade.hours(allowed)
        if len(hours) and hours.max() > best:
            best, at = float(hours.max()), allowed[int(hours.argmax())]
        if best == 0.0:
            return NO_SHADE
        points = at + _AROUND * (step_m / 2.0 ** (round_number + 1))
    return WorstPoint(best, float(at[0]), float(at[1]))
