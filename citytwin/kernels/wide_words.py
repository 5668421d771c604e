# ruff: noqa: ARG005, PLW0108 - numba matches functions by the names of their parameters
"""Words of 64 bits where the processor does in one step what takes many in Python or C.

Written twice, as in :mod:`citytwin.kernels.byte_blocks`: in Python, and in the language of LLVM.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, overload

_WORD, _LONG = ir.IntType(64), ir.IntType(128)


def product(a: np.uint64, b: np.uint64) -> tuple[np.uint64, np.uint64]:
    """High and low half of the product of two integers of 64 bits.

    Parameters
    ----------
    a, b
        Factors (uint64).
    """
    whole = int(a) * int(b)
    return np.uint64(whole >> 64), np.uint64(whole & 0xFFFFFFFFFFFFFFFF)


def leading_zeros(value: np.uint64) -> int:
    """Bits of an integer before the first that is set; 64 where none is.

    Parameters
    ----------
    value
        The integer (uint64).
    """
    return 64 - int(value).bit_length()


@intrinsic
def _product(typing: Any, a: Any, b: Any) -> Any:
    del typing, a, b

    def write(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        one, other = (builder.zext(word, _LONG) for word in given)
        whole = builder.mul(one, other)
        high = builder.trunc(builder.lshr(whole, _LONG(64)), _WORD)
        low = builder.trunc(whole, _WORD)
        return context.make_tuple(builder, signature.return_type, (high, low))

    return types.UniTuple(types.uint64, 2)(types.uint64, types.uint64), write


@intrinsic
def _leading_zeros(typing: Any, value: Any) -> Any:
    del typing, value

    def write(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        del context, signature
        return builder.ctlz(given[0], cgutils.false_bit)

    return types.intp(types.uint64), write


overload(product)(lambda a, b: lambda a, b: _product(a, b))
overload(leading_zeros)(lambda value: lambda value: _leading_zeros(value))
