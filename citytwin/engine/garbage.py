"""How often a process looks for objects that only refer to each other."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_EVERY = (50_000, 20, 50)
"""New containers, and looks at younger ones, after which Python looks. By default it does so after 700:
a run makes millions, nearly all of which stay, and looking at them takes 7 % of a small night."""


def collect_seldom() -> None:
    """Look seldom from now on; what holds large arrays mostly goes with its last name."""
    gc.set_threshold(*_EVERY)


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Look seldom while the block runs."""
    before = gc.get_threshold()
    collect_seldom()
    try:
        yield
    finally:
        gc.set_threshold(*before)
