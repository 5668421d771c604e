"""A task on its worker: the time it takes, and errors that reach the main process as they are."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from citytwin.engine.results import DecodedPart, LayerResult, TableResult, TileResult
from citytwin.errors import CityTwinError

log = logging.getLogger(__name__)
P = ParamSpec("P")
R = TypeVar("R", DecodedPart, TileResult, TableResult, LayerResult)


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
        try:
            result = function(*args, **kwargs)
        except CityTwinError as error:
            log.info("%s failed", function.__name__, exc_info=error)
            # Dask sends the cause along; those of lxml and GDAL cannot be pickled, and then the
            # reader would get neither the class nor the hint of ours
            error.__cause__ = error.__context__ = None
            raise
        return result.model_copy(update={"seconds": time.perf_counter() - begin})

    return measured
