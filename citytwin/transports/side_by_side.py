"""Transfers side by side: while one waits for the other side, others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

_AT_ONCE = 4
T = TypeVar("T")


def side_by_side(transfer: Callable[[T], None], items: Iterable[T]) -> None:
    """Carry out transfers, four at a time; after a failure, or Ctrl-C, no further one is begun.

    Parameters
    ----------
    transfer
        What is done with each; what it raises is raised.
    items
        What it is done with.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        begun = [pool.submit(transfer, item) for item in items]
        try:
            for done in as_completed(begun):
                done.result()
        finally:
            pool.shutdown(cancel_futures=True)
