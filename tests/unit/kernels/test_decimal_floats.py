"""Decimal texts become the same float64 as in Python, bit for bit, or are left alone."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from citytwin.kernels.decimal_floats import HARD, NO_NUMBER, READ, parse_decimal


def parsed(text):
    """Value, position and verdict for a text between other bytes."""
    data = np.frombuffer(f"9{text} 7".encode(), dtype=np.uint8)
    value, position, code = parse_decimal(data, 1, len(data) - 2)
    return float(value), int(position) - 1, int(code)


def bits(value):
    """The eight bytes of a float."""
    return struct.pack("<d", value)


DECIMALS = st.from_regex(
    r"[+-]?([0-9]{1,19}\.?[0-9]{0,19}|\.[0-9]{1,19})([eE][+-]?[0-9]{1,3})?", fullmatch=True
)


@settings(deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False).map(repr) | DECIMALS)
@example("9007199254740993")
@example("9007199254740992.5")
@example("8.5e22")
@example("1e23")
@example("-0.0")
@example("2.2250738585072014e-308")
@example("36.3142210307035")
@example("136.39000576574853")
@example("6145390195186705543")
@example("179769313486231580793728971405301e277")
def test_as_python_reads_it(text):
    """A number that is read has the bits of ``float``; one that is not is left to Python."""
    value, position, code = parsed(text)
    assert code in (READ, HARD)
    assert position == len(text)
    if code == READ:
        assert bits(value) == bits(float(text))


@settings(deadline=None)
@given(st.floats(min_value=-1e6, max_value=1e6).map(repr))
def test_coordinates_are_never_hard(text):
    """Coordinates of any city, as programs write them, are decided here."""
    if "e-" not in text:
        assert parsed(text)[2] == READ


@pytest.mark.parametrize("text", ["", "-", "+", ".", "x", "e5", "1e", "1e+", "nan", "-inf", ".e1"])
def test_no_numbers(text):
    """What has no digits where they belong is no number."""
    assert parsed(text)[2] == NO_NUMBER


@pytest.mark.parametrize(("text", "end"), [("1,5", 1), ("1_0", 1), ("0x10", 1), ("1.2.3", 3)])
def test_stops_at_what_is_no_number(text, end):
    """The position tells the caller that the word goes on."""
    assert parsed(text)[1:] == (end, READ)


def test_reads_nothing_behind_the_stop():
    """Digits behind the stop do not count."""
    data = np.frombuffer(b"123456", dtype=np.uint8)
    assert parse_decimal(data, 0, 3) == (123.0, 3, READ)
    assert parse_decimal(data, 6, 6)[2] == NO_NUMBER
