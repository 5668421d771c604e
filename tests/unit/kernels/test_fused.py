"""A product and a sum with one rounding, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numba import njit

from citytwin.kernels.fused import fused

F = np.float32


@njit
def compiled(factor: F, other: F, term: F) -> F:
    """The instruction of the processor."""
    return fused(factor, other, term)


def test_a_product_and_a_sum_are_rounded_once() -> None:
    """No number of single precision is nearer, compiled and interpreted, at ties either."""
    rng = np.random.default_rng(3)
    cases = (rng.uniform(-2, 2, (1000, 3)) * 2.0 ** rng.integers(-20, 20, (1000, 3))).tolist()
    # One and half a unit of its last place is a tie, which what comes last decides: the sum in
    # double precision has lost it, so that rounding twice would give the even neighbour of all.
    half, little = 2.0**-12, 2.0**-23
    cases += [[half, half * (1 + sign * little), 1 + little * k] for sign in (1, 0) for k in (0, 1)]
    cases += [[2.0**-30, sign * 2.0**-30, 1 + little] for sign in (1, -1)]
    cases += [[1 + little, 1 + 2.0**-12, sign * 2.0**-60] for sign in (1, -1)]
    for case in cases:
        a, b, c = map(F, case)
        exact = Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c))
        got = fused(a, b, c)
        off = abs(Fraction(float(got)) - exact)
        for side in (-np.inf, np.inf):
            assert off <= abs(Fraction(float(np.nextafter(got, F(side)))) - exact)
        assert compiled(a, b, c) == got
