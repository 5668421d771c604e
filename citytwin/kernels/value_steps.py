"""Values at whole multiples of a step, and the classes that they fall into, in one pass each.

A value is divided by the step, rounded to the nearest whole number (halves to the even one), and
brought back, by way of a division where the step is 1/n, so that 3 times 0.1 is 0.3.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def _stepped(value: float, step: float, inverse: float) -> float:
    """Nearest multiple of a step, never a negative zero; `inverse` is n for a step 1/n, else 0."""
    number = np.rint(value / step)
    return float((number / inverse if inverse > 0.0 else number * step) + 0.0)


@njit(cache=True, nogil=True)
def round_to_steps(values: np.ndarray, step: float, inverse: float, out: np.ndarray) -> None:
    """Round values to multiples of a step.

    Parameters
    ----------
    values
        Shape (n,), float32 or float64 [any unit]; NaN stays.
    step
        Of the values, > 0 [their unit].
    inverse
        n where the step is 1/n, else 0 [1 per unit].
    out
        Shape (n,), of the type of the values, filled [their unit].
    """
    for i in range(values.size):
        out[i] = _stepped(float(values[i]), step, inverse)


@njit(cache=True, nogil=True)
def number_classes(
    values: np.ndarray, step: float, inverse: float, begins: np.ndarray, numbers: np.ndarray
) -> None:
    """Number the class [begin, end) of each value, as rounded to multiples of a step.

    Parameters
    ----------
    values
        Shape (n,), float32 or float64 [any unit].
    step
        Of the values; 0 = they are taken as they are [their unit].
    inverse
        n where the step is 1/n, else 0 [1 per unit].
    begins
        Shape (m,), float64, ascending: where each class begins, and the one before ends [their unit].
    numbers
        Shape (n,), int16: filled with numbers of classes, 0 to m - 1; -1 for what lies before the
        first, and for NaN [1].
    """
    for i in range(values.size):
        value = float(values[i])
        if step > 0.0:
            value = _stepped(value, step, inverse)
        number = -1
        for begin in begins:
            if value >= begin:
                number += 1
        numbers[i] = number


@njit(cache=True, nogil=True)
def count_steps(
    values: np.ndarray, step: float, begin: float, unknown: int, numbers: np.ndarray
) -> None:
    """Count the steps from a value to others, to the nearest one.

    Parameters
    ----------
    values
        Shape (n,), float32 or float64, >= `begin` [any unit].
    step, begin
        Length of a step, > 0, and where they are counted from [unit of the values].
    unknown
        Number of steps that stands for NaN [1].
    numbers
        Shape (n,), any type of integers that holds them, filled [1].
    """
    for i in range(values.size):
        value = float(values[i])
        numbers[i] = unknown if np.isnan(value) else np.rint((value - begin) / step)
