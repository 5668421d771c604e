"""Lines of equal duration of shade on a level plane."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from contourpy import contour_generator
from numpy.typing import NDArray

from citytwin.model.grid import Bounds
from citytwin.rules.shade_lines import Shade

Float64Array = NDArray[np.float64]
_MOST_CELLS = 250_000
_BISECTIONS = 20
_ROUNDS = 6
"""Of halving the pieces of a line where it bends."""
_STRAIGHT_M = 0.02
"""A piece whose middle lies no further off is left as it is."""


def equal_shade_lines(
    shade: Shade, box: Bounds, hours: Sequence[float], cell_m: float
) -> dict[float, list[Float64Array]]:
    """Return the lines on which shade lasts for given times.

    A lattice of exact durations is contoured, every vertex is then moved along its side of the
    lattice until the duration is met, and pieces are halved where the line bends between them.

    Parameters
    ----------
    shade
        Of the buildings of a site.
    box
        Box of all shadows.
    hours
        Durations [h].
    cell_m
        Step of the lattice; grown where the box is very large [m].

    Returns
    -------
    dict
        For each duration its lines, shape (n, 2), closed ones with the first point again [m].
    """
    grown = box.grown(2.0 * cell_m)
    size = (grown.x_max - grown.x_min) * (grown.y_max - grown.y_min)
    step = max(cell_m, (size / _MOST_CELLS) ** 0.5)
    x = np.arange(grown.x_min, grown.x_max + step, step)
    y = np.arange(grown.y_min, grown.y_max + step, step)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    durations = shade.hours(places).reshape(len(y), len(x))
    tracer = contour_generator(x, y, durations)
    found: dict[float, list[Float64Array]] = {}
    for level in hours:
        lines = [np.asarray(line) for line in tracer.lines(level)]
        found[level] = [
            _halved(shade, _on_sides(shade, line, level, (x[0], y[0]), step), level, step)
            for line in lines
        ]
    return found


def _on_sides(
    shade: Shade, line: Float64Array, level: float, origin: tuple[float, float], step: float
) -> Float64Array:
    """Move vertices along the sides of the lattice on which they lie, to the exact duration."""
    place = (line - origin) / step
    off = np.abs(place - place.round())
    along_x = off[:, 0] >= off[:, 1]
    low, high = place.copy(), place.copy()
    for axis, here in ((0, along_x), (1, ~along_x)):
        low[here, axis] = np.floor(place[here, axis])
        high[here, axis] = np.floor(place[here, axis]) + 1.0
    low, high = low * step + origin, high * step + origin
    return _bisected(shade, low, high, level, line)


def _halved(shade: Shade, line: Float64Array, level: float, step: float) -> Float64Array:
    """Put further vertices where the line bends between two."""
    for round_number in range(_ROUNDS):
        begin, end = line[:-1], line[1:]
        along = end - begin
        length = np.hypot(*along.T)
        normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.maximum(length, 1e-12)[:, None]
        middle, reach = 0.5 * (begin + end), step / 2.0**round_number
        moved = _bisected(shade, middle - normal * reach, middle + normal * reach, level, middle)
        bent = np.hypot(*(moved - middle).T) > _STRAIGHT_M
        if not bent.any():
            break
        line = np.insert(line, np.flatnonzero(bent) + 1, moved[bent], axis=0)
    return line


def _bisected(
    shade: Shade, low: Float64Array, high: Float64Array, level: float, otherwise: Float64Array
) -> Float64Array:
    """Points between two places each at which the duration is met, where it is between them."""
    more_at_low = shade.hours(low) >= level
    between = more_at_low != (shade.hours(high) >= level)
    low, high = low[between], high[between]
    more = more_at_low[between]
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        like_low = (shade.hours(middle) >= level) == more
        low = np.where(like_low[:, None], middle, low)
        high = np.where(like_low[:, None], high, middle)
    found = otherwise.copy()
    found[between] = 0.5 * (low + high)
    return found


def as_geometry(lines: Sequence[Float64Array]) -> shapely.Geometry:
    """Return lines as one geometry.

    Parameters
    ----------
    lines
        Shape (n, 2) each, n >= 2 [m].
    """
    return shapely.MultiLineString([line for line in lines if len(line) > 1])
