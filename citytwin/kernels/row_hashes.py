"""Hashes of stretches of bytes, such as the rows of a column, in one pass.

A polynomial modulo 2^62 over words of 32 bits, so that no step overflows 64 bits with a sign where
it counts (Knuth 1998, section 6.4); its bits are stirred at the end (finalizer of SplitMix64,
Steele et al. 2014). Good against chance, no signature.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.byte_blocks import next_eight

MASK = (1 << 62) - 1
_LOW = (1 << 32) - 1
_FACTOR, _STIR, _STIR_AGAIN = 0x1B873593CC9E2D51, 0x3F58476D1CE4E5B9, 0x14D049BB133111EB


@njit(cache=True, nogil=True)
def hash_stretches(data: np.ndarray, offsets: np.ndarray, out: np.ndarray) -> None:
    """Hash every stretch of some bytes.

    Parameters
    ----------
    data
        Shape (n,), uint8: the bytes (integers).
    offsets
        Shape (m + 1,), int64: where each stretch begins, and the last one ends (integers).
    out
        Shape (m,), int64: filled with numbers of 62 bits (integers).
    """
    for i in range(len(out)):
        p, end = int(offsets[i]), int(offsets[i + 1])
        code = end - p + 1
        while p + 8 <= end:
            word = next_eight(data, p)
            code = ((code + (word & _LOW)) * _FACTOR) & MASK
            code = ((code + ((word >> 32) & _LOW)) * _FACTOR) & MASK
            p += 8
        while p < end:
            code = ((code + int(data[p]) + 1) * _FACTOR) & MASK
            p += 1
        code = ((code ^ (code >> 30)) * _STIR) & MASK
        code = ((code ^ (code >> 27)) * _STIR_AGAIN) & MASK
        out[i] = code ^ (code >> 31)
