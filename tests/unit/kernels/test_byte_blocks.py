"""Blocks of bytes: the place of the first odd byte is the one that a regular expression finds."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from citytwin.kernels import byte_blocks as bb
from citytwin.kernels.wide_words import leading_zeros, product


@njit(nogil=True)
def compiled_places(data, begin):
    """Answers of all searches in one block, as callers get them."""
    return (
        bb.first_odd_in_text(data, begin),
        bb.first_odd_in_value(data, begin),
        bb.first_behind_name(data, begin),
        bb.first_behind_digits(data, begin),
    )


@njit(nogil=True)
def compiled_difference(data, a, b):
    """Answer of the comparison."""
    return bb.first_difference(data, a, b)


@njit(nogil=True)
def compiled_number(data, begin, count):
    """Answer of the digits."""
    return bb.few_digits(data, begin, count)


@njit(nogil=True)
def compiled_shape(data, begin):
    """Answer about a decimal number."""
    return bb.decimal_shape(data, begin)


@njit(nogil=True)
def compiled_hash(data, begin, end):
    """Answer of the hash."""
    return bb.short_hash(data, begin, end)


@njit(nogil=True)
def compiled_words(a, b):
    """Answers about integers of 64 bits."""
    return product(a, b), leading_zeros(a)


ODD = (
    re.compile(rb"[^\t\n\r -;=-\\^-\x7f]|&"),
    re.compile(rb"[^ -\x7f]|[\"&'<]"),
    re.compile(rb"[^A-Za-z0-9_.:-]"),
    re.compile(rb"[^0-9]"),
)
"""What each search stops at."""
MOSTLY_PLAIN = st.lists(
    st.sampled_from([b"a", b"Z", b"0", b"9", b"_", b":", b".", b"-", b" "]) | st.binary(max_size=1),
    min_size=64,
    max_size=90,
).map(lambda parts: b"".join(parts).ljust(64, b"x"))


def places(content, begin=0):
    """Answers of all searches."""
    return tuple(map(int, compiled_places(np.frombuffer(content, dtype=np.uint8), begin)))


def expected(content):
    """Places in the first block by regular expressions."""
    found = (odd.search(content[:64]) for odd in ODD)
    return tuple(64 if match is None else match.start() for match in found)


@settings(deadline=None)
@given(MOSTLY_PLAIN)
def test_places_are_those_of_a_regular_expression(content):
    """In any mixture of bytes."""
    assert places(content) == expected(content)


@pytest.mark.parametrize("plain", [b"a", b"7"])
def test_every_byte_in_every_place(plain):
    """Each of the 256 bytes alone, in any of the 64 places."""
    for byte in range(256):
        for place in (0, 1, 31, 32, 62, 63):
            content = bytearray(plain * 64)
            content[place] = byte
            assert places(bytes(content)) == expected(bytes(content)), (byte, place)


@settings(deadline=None)
@given(st.binary(min_size=64, max_size=64), st.integers(0, 64), st.integers(0, 7))
def test_first_difference(block, place, shift):
    """Two blocks that lie anywhere differ where one byte was changed."""
    other = bytearray(block)
    if place < 64:
        other[place] ^= 0x80
    data = np.frombuffer(b"-" * shift + block + bytes(other), dtype=np.uint8)
    assert compiled_difference(data, shift, shift + 64) == place


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{0,8}", fullmatch=True), st.binary(min_size=8, max_size=9))
def test_digits_make_the_number_that_they_spell(text, behind):
    """Whatever stands behind them."""
    data = np.frombuffer(b"7" + text.encode() + behind, dtype=np.uint8)
    assert int(compiled_number(data, 1, len(text))) == int(text or "0")


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{0,40}\.?[0-9]{0,40}[ .e<]?", fullmatch=True), st.integers(0, 9))
def test_the_shape_of_a_number_is_that_of_a_regular_expression(text, shift):
    """Of a number that ends within the block, and of one that is cut off there."""
    data = np.frombuffer(b"-" * shift + text.encode().ljust(32, b"x"), dtype=np.uint8)
    found = re.match(rb"([0-9]*)(\.?)([0-9]*)", data[shift : shift + 32].tobytes())
    whole, point, behind = map(len, found.groups())
    assert int(compiled_shape(data, shift)) == whole + 256 * behind + 65536 * point


def test_names_that_differ_in_one_letter_have_hashes_apart():
    """Whichever letter it is: LOD0, LOD1 and LOD2 are one name but for the last."""
    name = b"uro:publicSurveySrcDescLod0"
    for place in (*range(8), *range(len(name) - 8, len(name))):
        others = [name[:place] + bytes([code]) + name[place + 1 :] for code in range(48, 80)]
        data = [np.frombuffer(other + b"\0" * 8, dtype=np.uint8) for other in others]
        codes = {int(compiled_hash(one, 0, len(name))) & 2047 for one in data}
        assert len(codes) > 28, place


@settings(deadline=None)
@given(st.binary(min_size=1, max_size=40), st.binary(max_size=9), st.binary(max_size=9))
def test_hash_tells_nothing_of_what_stands_around(name, before, behind):
    """The same bytes have the same hash in any place, not negative."""
    alone = np.frombuffer(name + b"\0" * 8, dtype=np.uint8)
    amid = np.frombuffer(before + name + behind + b"\1" * 8, dtype=np.uint8)
    code = int(compiled_hash(alone, 0, len(name)))
    assert code == int(compiled_hash(amid, len(before), len(before) + len(name)))
    assert code >= 0


@settings(deadline=None)
@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_wide_words(a, b):
    """Products of 128 bits and leading zeros are those of integers of any length."""
    (high, low), zeros = compiled_words(np.uint64(a), np.uint64(b))
    assert (int(high) << 64) + int(low) == a * b
    assert int(zeros) == 64 - a.bit_length()
