"""The steps of :mod:`citytwin.kernels.byte_blocks` in the language of LLVM, the compiler of numba.

It knows vectors of any size, and makes of them what the processor at hand has.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

BLOCK, HALF_BLOCK = 64, 32
"""Bytes of a block, and of a smaller one for what is never long."""

_TAB, _LINE_FEED, _RETURN, _SPACE = 9, 10, 13, 32
_QUOTE, _AMPERSAND, _APOSTROPHE, _LESS, _CLOSING = 34, 38, 39, 60, 93
_DASH, _POINT, _UNDERSCORE, _COLON = 45, 46, 95, 58
_BYTES, _BITS = ir.VectorType(ir.IntType(8), BLOCK), ir.IntType(BLOCK)
_HALF = ir.VectorType(ir.IntType(8), HALF_BLOCK)
_SPREAD = 0x9E3779B97F4A7C15
"""Of the golden ratio: its multiples are spread evenly (Knuth 1998, section 6.4)."""

Generate = Callable[[Any, Callable[[Any], Any], Any, Any], Any]
"""Makes code out of the builder, where a position lies in memory, and two numbers."""


def _compiled(generate: Generate) -> Any:
    """Function of bytes and two numbers in the language of LLVM."""

    @intrinsic
    def function(typing: Any, data: Any, one: Any, other: Any) -> Any:
        del typing, one, other

        def write(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            bytes_ = context.make_array(signature.args[0])(context, builder, given[0]).data
            return generate(builder, lambda place: builder.gep(bytes_, [place]), *given[1:])

        return types.intp(data, types.intp, types.intp), write

    return function


def _block(builder: Any, address: Any, kind: Any = _BYTES) -> Any:
    return builder.load(builder.bitcast(address, kind.as_pointer()), align=1)


def _all(block: Any, byte: int) -> ir.Constant:
    return ir.Constant(block.type, [byte] * block.type.count)


def _place_of_first(builder: Any, marked: Any) -> Any:
    """Place of the first mark in a block; 64 where there is none."""
    return builder.cttz(builder.bitcast(marked, _BITS), ir.Constant(ir.IntType(1), 0))


def _is_one_of(builder: Any, block: Any, wanted: tuple[int, ...]) -> Any:
    marked = [builder.icmp_unsigned("==", block, _all(block, byte)) for byte in wanted]
    return reduce(builder.or_, marked)


def _is_in(builder: Any, block: Any, first: int, last: int) -> Any:
    moved = builder.sub(block, _all(block, first))
    return builder.icmp_unsigned("<=", moved, _all(block, last - first))


def _odd_in_text(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    block = _block(builder, at(begin))
    white = _is_one_of(builder, block, (_TAB, _LINE_FEED, _RETURN))
    plain = builder.or_(white, _is_in(builder, block, _SPACE, 127))
    odd = _is_one_of(builder, block, (_LESS, _AMPERSAND, _CLOSING))
    return _place_of_first(builder, builder.or_(odd, builder.not_(plain)))


def _odd_in_value(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    block = _block(builder, at(begin))
    odd = _is_one_of(builder, block, (_QUOTE, _AMPERSAND, _APOSTROPHE, _LESS))
    plain = _is_in(builder, block, _SPACE, 127)
    return _place_of_first(builder, builder.or_(odd, builder.not_(plain)))


def _behind_name(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    block = _block(builder, at(begin))
    lower = builder.or_(block, _all(block, 32))  # makes letters of no other characters
    inside = _is_one_of(builder, block, (_DASH, _POINT, _UNDERSCORE))
    inside = builder.or_(inside, _is_in(builder, lower, 97, 122))
    inside = builder.or_(inside, _is_in(builder, block, 48, _COLON))
    return _place_of_first(builder, builder.not_(inside))


def _behind_digits(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    inside = _is_in(builder, _block(builder, at(begin)), 48, 57)
    return _place_of_first(builder, builder.not_(inside))


def _decimal_shape(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    block, word = _block(builder, at(begin), _HALF), ir.IntType(64)
    masks = (builder.not_(_is_in(builder, block, 48, 57)), _is_one_of(builder, block, (_POINT,)))
    behind, points = (
        builder.zext(builder.bitcast(mask, ir.IntType(HALF_BLOCK)), word) for mask in masks
    )
    behind = builder.or_(behind, word(1 << HALF_BLOCK))  # digits end with the block
    none = ir.Constant(ir.IntType(1), 0)
    whole = builder.cttz(behind, none)
    has_point = builder.and_(builder.lshr(points, whole), word(1))
    beyond = builder.lshr(builder.lshr(behind, whole), word(1))
    rest = builder.mul(builder.cttz(beyond, none), has_point)
    whole = builder.add(whole, builder.shl(rest, word(8)))
    return builder.add(whole, builder.shl(has_point, word(16)))


def _digits(builder: Any, at: Any, begin: Any, count: Any) -> Any:
    """Pairs of digits, then of pairs, then of fours (Lemire 2022, "Parsing 8-bit integers quickly")."""
    word = ir.IntType(64)
    number = _eight(builder, at(begin))
    number = builder.xor(number, word(0x3030303030303030))
    # What stands behind the digits is shifted out; zeros come in before them.
    shift = builder.mul(builder.sub(word(8), count), word(8))
    none = builder.icmp_signed("==", count, word(0))
    number = builder.shl(number, builder.select(none, word(0), shift))
    number = builder.select(none, word(0), number)
    for keep, factor, step in (
        (0x0F0F0F0F0F0F0F0F, 2561, 8),
        (0x00FF00FF00FF00FF, 6553601, 16),
        (0x0000FFFF0000FFFF, 42949672960001, 32),
    ):
        number = builder.mul(builder.and_(number, word(keep)), word(factor))
        number = builder.lshr(number, word(step))
    return number


def _eight(builder: Any, address: Any) -> Any:
    return builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()), align=1)


def _next_eight(builder: Any, at: Any, begin: Any, _: Any) -> Any:
    return _eight(builder, at(begin))


def _difference(builder: Any, at: Any, a: Any, b: Any) -> Any:
    one, other = _block(builder, at(a)), _block(builder, at(b))
    return _place_of_first(builder, builder.icmp_unsigned("!=", one, other))


def _hash(builder: Any, at: Any, begin: Any, end: Any) -> Any:
    word = ir.IntType(64)
    length = builder.sub(end, begin)
    is_short = builder.icmp_signed("<", length, word(8))
    # Eight bytes at the begin of a short name reach behind it: these are shifted out.
    behind = builder.select(is_short, builder.sub(word(8), length), word(0))
    first = builder.shl(_eight(builder, at(begin)), builder.mul(behind, word(8)))
    from_end = builder.select(is_short, begin, builder.sub(end, word(8)))
    last = _eight(builder, at(from_end))
    last = builder.add(length, builder.select(is_short, word(0), last))
    mixed = builder.xor(first, builder.mul(last, word(_SPREAD)))
    # A product carries to the left only: without this, the last letters of names would not count.
    mixed = builder.xor(mixed, builder.lshr(mixed, word(32)))
    return builder.lshr(builder.mul(mixed, word(_SPREAD)), word(40))


ODD_IN_TEXT, ODD_IN_VALUE, BEHIND_NAME = map(_compiled, (_odd_in_text, _odd_in_value, _behind_name))
DIFFERENCE, SHORT_HASH = map(_compiled, (_difference, _hash))
BEHIND_DIGITS, DECIMAL_SHAPE = map(_compiled, (_behind_digits, _decimal_shape))
FEW_DIGITS, NEXT_EIGHT = map(_compiled, (_digits, _next_eight))
