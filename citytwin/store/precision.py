"""Rounding of delivered values to the step that a layer states."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.value_steps import round_to_steps
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
    given = flat_floats(values)
    result = np.empty_like(given)
    round_to_steps(given, precision, inverse_of(precision), result)
    return result.reshape(np.shape(values)).astype(np.asarray(values).dtype, copy=False)


def flat_floats(values: NDArray[Any]) -> NDArray[Any]:
    """Return values one after the other, as kernels take them.

    Parameters
    ----------
    values
        Any shape and type of number.

    Returns
    -------
    array
        Shape (n,), float32 where they are, else float64.
    """
    short = np.asarray(values).dtype == np.float32
    return np.ascontiguousarray(values, dtype=np.float32 if short else np.float64).ravel()


def inverse_of(precision: float) -> float:
    """Return n where a step is 1/n, which no float need be exactly; else 0.

    Parameters
    ----------
    precision
        The step, in the unit of the values; 0 = none.
    """
    inverse = round(1.0 / precision) if precision > 0.0 else 0
    return float(inverse) if inverse >= 1 and abs(inverse * precision - 1.0) < 1e-12 else 0.0


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
