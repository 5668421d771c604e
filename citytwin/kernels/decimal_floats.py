"""Decimal numbers to float64, rounded correctly, so bit for bit what Python's ``float`` makes.

Up to 2^53 and powers of ten up to 10^22 one multiplication or division is exact (Clinger 1990);
beyond, 128 bits of the power of five decide all but a few cases (Lemire 2021, "Number parsing at
a gigabyte per second"). Those few, and texts in any unusual form, are left to the caller.
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels.borrowing import inlined
from citytwin.kernels.byte_blocks import decimal_shape, few_digits
from citytwin.kernels.llvm_blocks import BLOCK
from citytwin.kernels.wide_words import leading_zeros, product

READ, NO_NUMBER, HARD = 0, 1, 2
"""Read; not in the plain form of a number; not decided here."""

_LOWEST, _HIGHEST = -300, 290
_TEN = np.uint64(10)
_ONE = np.uint64(1)
_EXACT_POWERS = np.array([float(10**k) for k in range(23)])
_ZERO_CHAR, _NINE_CHAR, _POINT, _PLUS, _MINUS = 48, 57, 46, 43, 45
_E_UPPER, _E_LOWER = 69, 101
_MOST_DIGITS = 19
_TENS = np.array([10**k for k in range(9)], dtype=np.uint64)


def _powers_of_five() -> np.ndarray:
    """Leading 128 bits of 5^q, cut off for positive q, rounded up for negative q."""
    rows = []
    for q in range(_LOWEST - 20, _HIGHEST + 20):
        if q >= 0:
            power = 5**q
            shift = power.bit_length() - 128
            bits = power >> shift if shift > 0 else power << -shift
        else:
            power = 5**-q
            # Up to 5^-27 the reciprocal is rounded up at 128 bits, beyond it is cut off.
            length = (power - 1).bit_length()
            bits = (1 << (length + 127 if q >= -27 else 2 * length + 128)) // power + 1
            bits >>= max(bits.bit_length() - 128, 0)
        rows.append((bits >> 64, bits & 0xFFFFFFFFFFFFFFFF))
    return np.array(rows, dtype=np.uint64)


_POWERS_OF_TWO = np.array([2.0 ** (power - 52) for power in range(-1000, 1001)])
"""What makes of 53 bits a number between 2^-1000 and 2^1001, without rounding."""
_POWERS = _powers_of_five()
"""Shape (n, 2), uint64: high and low half."""


@inlined
def compose(digits: np.uint64, exponent: int) -> tuple[float, bool]:
    """Nearest float64 to ``digits * 10 ** exponent`` (any unit), and whether it was decided.

    Parameters
    ----------
    digits
        Significant digits as one integer (uint64).
    exponent
        Power of ten (an integer).
    """
    if digits == np.uint64(0):
        return 0.0, True
    if digits <= np.uint64(9007199254740992) and -22 <= exponent <= 22:
        if exponent < 0:
            return np.float64(digits) / _EXACT_POWERS[-exponent], True
        return np.float64(digits) * _EXACT_POWERS[exponent], True
    if exponent < _LOWEST or exponent > _HIGHEST:
        return 0.0, False
    zeros = leading_zeros(digits)
    scaled = digits << np.uint64(zeros)
    row = exponent - (_LOWEST - 20)
    high, low = product(scaled, _POWERS[row, 0])
    if high & np.uint64(0x1FF) == np.uint64(0x1FF):
        more, _ = product(scaled, _POWERS[row, 1])
        total = low + more if low <= ~more else low - (~more) - _ONE
        if total < low:
            high += _ONE
        low = total
    if low == ~np.uint64(0) and (exponent < -27 or exponent > 55):
        return 0.0, False
    upper = high >> np.uint64(63)
    mantissa = high >> (upper + np.uint64(9))
    power = ((217706 * exponent) >> 16) + 63 + int(np.int64(upper)) - zeros
    if power < -1000 or power > 1000:
        return 0.0, False
    tie = low <= _ONE and -4 <= exponent <= 23 and mantissa & np.uint64(3) == _ONE
    if tie and mantissa << (upper + np.uint64(9)) == high:
        mantissa &= ~_ONE
    mantissa = (mantissa + (mantissa & _ONE)) >> _ONE
    return np.float64(mantissa) * _POWERS_OF_TWO[power + 1000], True


@inlined
def _appended(data: np.ndarray, digits: np.uint64, begin: int, count: int) -> np.uint64:
    """Append further decimal digits to some; they are 19 in all at most."""
    p, end = begin, begin + count
    while p < end:
        step = min(end - p, 8)
        digits = digits * _TENS[step] + np.uint64(few_digits(data, p, step))
        p += step
    return digits


@inlined
def parse_decimal(data: np.ndarray, begin: int, stop: int) -> tuple[float, int, int]:  # noqa: C901 - sign, digits, point, exponent: one look at each byte
    """Read the number that begins at a place (any unit).

    Parameters
    ----------
    data
        Shape (n,), uint8: bytes (integers).
    begin, stop
        Positions (integers).

    Returns
    -------
    tuple
        The number; the position behind it; READ, NO_NUMBER or HARD.
    """
    p = begin
    negative = p < stop and data[p] == _MINUS
    if p < stop and (data[p] == _MINUS or data[p] == _PLUS):
        p += 1
    if p + 2 * BLOCK < len(data):
        # The usual number: some digits, mostly a point and more digits, and it ends.
        shape = decimal_shape(data, p)
        whole, rest = shape & 255, (shape >> 8) & 255
        q = p + whole + (shape >> 16) + rest
        ends = q <= stop and data[q] != _POINT and data[q] | 32 != _E_LOWER
        if ends and whole <= 8 and 0 < whole + rest <= _MOST_DIGITS:
            digits = np.uint64(few_digits(data, p, whole))
            value, decided = compose(_appended(data, digits, q - rest, rest), -rest)
            return (-value if negative else value), q, (READ if decided else HARD)
    digits = np.uint64(0)
    count, significant, exponent = 0, 0, 0
    behind = False
    while p < stop:
        c = int(data[p])
        if _ZERO_CHAR <= c <= _NINE_CHAR:
            count += 1
            if significant > 0 or c != _ZERO_CHAR:
                significant += 1
                if significant <= _MOST_DIGITS:
                    digits = digits * _TEN + np.uint64(c - _ZERO_CHAR)
            if behind:
                exponent -= 1
        elif c == _POINT and not behind:
            behind = True
        else:
            break
        p += 1
    if count == 0:
        return 0.0, p, NO_NUMBER
    if p < stop and (data[p] == _E_LOWER or data[p] == _E_UPPER):
        p += 1
        down = p < stop and data[p] == _MINUS
        if p < stop and (data[p] == _MINUS or data[p] == _PLUS):
            p += 1
        power, first = 0, p
        while p < stop and _ZERO_CHAR <= data[p] <= _NINE_CHAR:
            if power < 10000:
                power = power * 10 + int(data[p]) - _ZERO_CHAR
            p += 1
        if p == first:
            return 0.0, p, NO_NUMBER
        exponent += -power if down else power
    if significant > _MOST_DIGITS:
        return 0.0, p, HARD
    value, decided = compose(digits, exponent)
    return (-value if negative else value), p, (READ if decided else HARD)
