"""A file in windows that overlap, so that a short piece is found wherever it stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator

_WINDOW_BYTES = 8_000_000
OVERLAP_BYTES = 1000
"""No piece that is looked for may be longer."""


def windows(read_into: Callable[[memoryview], int | None]) -> Iterator[memoryview]:
    """Yield a file window by window; each begins with the end of the one before.

    Parameters
    ----------
    read_into
        Fills some room with the next bytes of the file and says with how many.
    """
    room = memoryview(bytearray(OVERLAP_BYTES + _WINDOW_BYTES))
    kept = 0
    while count := read_into(room[kept:]):
        window = room[: kept + count]
        yield window
        kept = min(OVERLAP_BYTES, len(window))
        room[:kept] = bytes(window[len(window) - kept :])
