"""Measures the time of a task on its worker."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from citytwin.engine.results import DecodedSource, LayerResult, TableResult, TileResult

P = ParamSpec("P")
R = TypeVar("R", DecodedSource, TileResult, TableResult, LayerResult)


def timed(function: Callable[P, R]) -> Callable[P, R]:
    """Return the function with the seconds it took written into its result.

    Parameters
    ----------
    function
        A task whose result has a field ``seconds``.
    """

    @wraps(function)
    def measured(*args: P.args, **kwargs: P.kwargs) -> R:
        begin = time.perf_counter()
        result = function(*args, **kwargs)
        return result.model_copy(update={"seconds": time.perf_counter() - begin})

    return measured
