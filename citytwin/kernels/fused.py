# ruff: noqa: ARG005, PLW0108 - numba matches functions by the names of their parameters
"""Product and sum with one rounding: what processors call a fused multiply-add."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic, overload


@intrinsic
def _fused(typing: Any, factor: Any, other: Any, term: Any) -> Any:
    """The instruction itself."""
    del typing, factor, other, term

    def write(_context: Any, builder: Any, _signature: Any, given: Any) -> Any:
        return builder.fma(*given)

    return types.float32(types.float32, types.float32, types.float32), write


def fused(factor: np.float32, other: np.float32, term: np.float32) -> np.float32:
    """Return factor * other + term, rounded once.

    Parameters
    ----------
    factor, other, term
        Any numbers [any unit].

    Returns
    -------
    numpy.float32
        The sum.

    Notes
    -----
    The same bits wherever it runs (IEEE 754-2008), compiled, in a vector or interpreted; the
    compiler fuses nothing by itself. Interpreted, the product is exact in double precision, and the
    sum is rounded to an odd last digit, so that rounding it once more changes nothing (Boldo and
    Melquiond 2008, IEEE Transactions on Computers 57(4)).
    """
    product, added = np.float64(factor) * np.float64(other), np.float64(term)
    total = product + added
    part = total - product
    rest = (product - (total - part)) + (added - part)
    if rest != 0 and total.view(np.int64) % 2 == 0:
        total = np.nextafter(total, np.copysign(np.inf, rest))
    return np.float32(total)


overload(fused)(lambda factor, other, term: lambda factor, other, term: _fused(factor, other, term))
