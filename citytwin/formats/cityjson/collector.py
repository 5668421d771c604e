"""Python's search for cycles, kept away from trees that hold none."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collector() -> Iterator[None]:
    """Pause the search for cycles of objects, while a parsed JSON document is at hand.

    A document is a tree of lists, a hundred thousand in a small file, and each search walks it
    wholly for nothing: that was a fifth of the time of reading. What is no cycle is freed as ever.
    Where threads overlap the search may come back early, which costs time and nothing else.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
