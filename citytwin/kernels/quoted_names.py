"""Looks for any of many names in quotes, in one pass over the bytes (Karp and Rabin, 1987)."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.xml_bytes import APOSTROPHE, QUOTE

_FACTOR = 1_000_003
_MASK = (1 << 43) - 1
"""Keeps the product of a hash and the factor below 64 bits with a sign."""
FREE = -1


@njit(cache=True, nogil=True)
def _hash_of(data: np.ndarray, begin: int, end: int) -> int:
    """Hash of some bytes: a polynomial modulo 2^43."""
    code = 0
    for k in range(begin, end):
        code = (code * _FACTOR + int(data[k]) + 1) & _MASK
    return code


@njit(cache=True, nogil=True)
def enter_name(data: np.ndarray, slots: np.ndarray) -> None:
    """Enter a name into a table.

    Parameters
    ----------
    data
        Shape (n,), uint8: the name (integers).
    slots
        Shape (2^k,), int64: hashes, `FREE` where there is none; more of these than names (integers).
    """
    code = _hash_of(data, 0, len(data))
    last = len(slots) - 1
    slot = code & last
    while slots[slot] != FREE and slots[slot] != code:
        slot = (slot + 1) & last
    slots[slot] = code


@njit(cache=True, nogil=True)
def may_hold_name(data: np.ndarray, slots: np.ndarray, longest: int) -> bool:
    """Whether bytes between two equal quotes have the hash of a name; any quote may be the first.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    slots
        Shape (2^k,), int64: filled by :func:`enter_name` (integers).
    longest
        Bytes of the longest name (an integer).
    """
    last = len(slots) - 1
    for first in range(len(data)):
        quote = data[first]
        if quote != QUOTE and quote != APOSTROPHE:  # noqa: PLR1714 - compiled, and once per byte
            continue
        code = 0
        for p in range(first + 1, min(first + longest + 2, len(data))):
            if data[p] == quote:
                slot = code & last
                while slots[slot] != FREE:
                    if slots[slot] == code:
                        return True
                    slot = (slot + 1) & last
                break
            code = (code * _FACTOR + int(data[p]) + 1) & _MASK
    return False
