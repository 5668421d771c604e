"""Where the values of a tile are others than those that were stored before: a few boxes of cells."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import ndimage

from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.layer import ValueRange
from citytwin.store.fields import extremes

GRAIN = 8
"""Changes in neighbouring squares of so many cells become one box."""
_MOST = 32
"""Of more boxes one is made: a city that was surveyed anew has changed everywhere."""
_BESIDE = np.ones((3, 3), dtype=bool)


class Spot(BaseModel):
    """A box of cells of which values are others than before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    row0: int
    row1: int
    col0: int
    col1: int
    low: float | None
    """Smallest value in the box, before and now; None where it had no data and has none."""
    high: float | None

    @property
    def tile(self) -> Tile:
        """The cells."""
        return Tile(self.row0, self.row1, self.col0, self.col1)


def spots_between(
    field: Field, tile: Tile, before: NDArray[Any], now: NDArray[Any]
) -> tuple[Spot, ...]:
    """Return where the values of a tile differ in a bit.

    Parameters
    ----------
    field
        The field.
    tile
        Where the arrays lie.
    before, now
        Of the type of the field and the shape of the tile, a leading axis before it.
    """
    other = _bits(before) != _bits(now)
    other = other.reshape(-1, *tile.shape).any(axis=0)
    rows, cols = (-(-side // GRAIN) for side in tile.shape)
    filled = np.zeros((rows * GRAIN, cols * GRAIN), dtype=bool)
    filled[: tile.shape[0], : tile.shape[1]] = other
    squares = np.asarray(filled.reshape(rows, GRAIN, cols, GRAIN).any(axis=(1, 3)))
    groups, number = ndimage.label(squares, _BESIDE)
    found = ndimage.find_objects(groups if number <= _MOST else squares.astype(np.int32))
    boxes = [tuple(slice(side.start * GRAIN, side.stop * GRAIN) for side in box) for box in found]
    return tuple(_spot(field, tile, box, other, (before, now)) for box in boxes)


def _bits(array: NDArray[Any]) -> NDArray[Any]:
    """Values as bits, so that NaN is NaN and 0 is not -0."""
    data = np.ascontiguousarray(array)
    return data.view(f"u{data.dtype.itemsize}")


def _spot(
    field: Field,
    tile: Tile,
    box: tuple[slice, ...],
    other: NDArray[np.bool_],
    both: tuple[NDArray[Any], NDArray[Any]],
) -> Spot:
    """The smallest box of all changes within another."""
    rows, cols = np.nonzero(other[box])
    row0, col0 = box[0].start + int(rows.min()), box[1].start + int(cols.min())
    row1, col1 = box[0].start + int(rows.max()) + 1, box[1].start + int(cols.max()) + 1
    held = [extremes(field, array[..., row0:row1, col0:col1]) for array in both]
    known: list[ValueRange] = [one for one in held if one is not None]
    return Spot(
        row0=tile.row0 + row0,
        row1=tile.row0 + row1,
        col0=tile.col0 + col0,
        col1=tile.col0 + col1,
        low=min((one.low for one in known), default=None),
        high=max((one.high for one in known), default=None),
    )
