"""What the process of a run does by itself: little work is done before a worker has begun."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

OWN_S = 40.0
"""Two workers take half as long until they have imported everything and loaded their kernels, and
would do the rest side by side in the other half."""
EACH_S = 60.0
"""What took longer, on a clock that other work slows down, may need memory that workers are watched
for, and keeps others waiting."""


class OwnTime:
    """Processor time that a process gives to tasks before it starts workers.

    Parameters
    ----------
    left_s
        How much [s].
    """

    def __init__(self, left_s: float = OWN_S) -> None:
        self._left_s = left_s

    @property
    def is_left(self) -> bool:
        """Whether another task may be done."""
        return self._left_s > 0.0

    def takes(self, before_s: float | None) -> bool:
        """Whether a task is small enough.

        Parameters
        ----------
        before_s
            Time it took before, all of it [s]; None where that is not known, which may be much.
        """
        return self.is_left and before_s is not None and before_s <= EACH_S

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time that the block takes."""
        begin_s = time.process_time()
        try:
            yield
        finally:
            self._left_s -= time.process_time() - begin_s
