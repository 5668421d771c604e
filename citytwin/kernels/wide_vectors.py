"""The widest vectors of a processor for loops that gain by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import types
from numba.extending import lower_builtin, type_callable


def wide_vectors() -> None:
    """Let the function that calls this use vectors of 512 bits, where the processor has them.

    To be called in every function with a loop that shall have them: each is compiled for itself.

    Notes
    -----
    LLVM takes half as many bits on most of Intel's processors, for the sake of programs with few
    such loops, since their clock may fall. It does not change a bit of any result: each number of
    a vector is computed for itself. Interpreted, and on other processors, nothing happens.
    """


@type_callable(wide_vectors)
def _typed(_context: Any) -> Callable[[], Any]:
    return lambda: types.none


@lower_builtin(wide_vectors)
def _mark(context: Any, builder: Any, _signature: Any, _given: Any) -> Any:
    # The set of llvmlite takes only names that it knows, not those of one kind of processor.
    set.add(builder.function.attributes, '"prefer-vector-width"="512"')
    return context.get_dummy_value()
