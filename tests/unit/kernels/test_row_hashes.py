"""Hashes of rows: the same bytes the same hash, other bytes another one."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.kernels.row_hashes import MASK, hash_stretches


def hashes(stretches, before=b""):
    """Hash of each stretch of bytes."""
    data = np.frombuffer(before + b"".join(stretches), dtype=np.uint8)
    offsets = len(before) + np.cumsum([0, *map(len, stretches)])
    out = np.empty(len(stretches), dtype=np.int64)
    hash_stretches(data, offsets.astype(np.int64), out)
    return out.tolist()


def by_hand(content):
    """Return the polynomial and its stirring with integers of any length."""
    code = len(content) + 1
    whole = len(content) // 8 * 8
    words = [int.from_bytes(content[k : k + 4], "little") for k in range(0, whole, 4)]
    for word in [*words, *(byte + 1 for byte in content[whole:])]:
        code = (code + word) * 0x1B873593CC9E2D51 % 2**62
    code = (code ^ code >> 30) * 0x3F58476D1CE4E5B9 % 2**62
    code = (code ^ code >> 27) * 0x14D049BB133111EB % 2**62
    return code ^ code >> 31


@settings(deadline=None)
@given(st.lists(st.binary(max_size=40), min_size=1, max_size=6), st.binary(max_size=9))
def test_hash_is_the_polynomial(stretches, before):
    """Of each stretch alone, wherever it lies."""
    found = hashes(stretches, before)
    assert found == [by_hand(stretch) for stretch in stretches]
    assert all(0 <= code <= MASK for code in found)


def test_no_two_of_many_are_the_same():
    """Neighbouring numbers, lengths and shifted texts."""
    stretches = [b"%d" % n for n in range(30_000)]
    stretches += [np.float64(n).tobytes() for n in range(30_000)]
    stretches += [b"\0" * n for n in range(1000)]
    assert len(set(hashes(stretches))) == len(set(stretches))
