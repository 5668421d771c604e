"""Rounding of delivered values to the step that a layer states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.model.fields import Field

STRIP_ROWS = 512
"""Rows handled at once, so that a whole city needs no second copy in float64."""


def rounded(values: NDArray[Any], precision: float) -> NDArray[Any]:
    """Round to multiples of a step; halves go to the even multiple, NaN stays.

    Parameters
    ----------
    values
        Any shape.
    precision
        Step, in the unit of the values; 0 leaves them as they are.

    Returns
    -------
    array
        Same shape and type; never a negative zero.
    """
    if precision == 0:
        return values
    steps = np.round(np.asarray(values, dtype=np.float64) / precision)
    return np.asarray(_multiple(steps, precision) + 0.0, dtype=np.asarray(values).dtype)


def _multiple(steps: NDArray[np.float64], precision: float) -> NDArray[np.float64]:
    """Multiply, by way of a division where the step is 1/n, so that 3 x 0.1 is 0.3."""
    inverse = round(1.0 / precision)
    exact = inverse >= 1 and abs(inverse * precision - 1.0) < 1e-12
    return steps / inverse if exact else steps * precision


def on_disk(values: NDArray[Any], field: Field) -> NDArray[Any]:
    """Return the values of a field as they are delivered.

    Parameters
    ----------
    values
        Shape (ny, nx), in the type of the field.
    field
        Quantity: its precision and nodata.

    Returns
    -------
    array
        Same shape; floats rounded to the precision, NaN replaced by the nodata value.
    """
    if field.dtype != "float32":
        return np.asarray(values, dtype=field.dtype)
    result = np.empty(values.shape, dtype=np.float32)
    for row in range(0, values.shape[0], STRIP_ROWS):
        strip = rounded(values[row : row + STRIP_ROWS], field.precision)
        result[row : row + STRIP_ROWS] = np.where(np.isnan(strip), field.nodata, strip)
    return result
