"""Decorators of compiled functions that only borrow their arrays: they look into them, and write.

Numba counts who holds an array, once more for every call of a small function and every tuple. A
scan calls such functions for each tag and number, and spent a quarter of its time on counting.
A function that neither makes an array nor returns one can leave that to its caller, who holds all
of them for as long as it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])

borrowing: Callable[[F], F] = njit(cache=True, nogil=True, _nrt=False)
"""For functions that are called now and then."""
inlined: Callable[[F], F] = njit(cache=True, nogil=True, forceinline=True, _nrt=False)
"""For small functions that become a part of their callers."""
