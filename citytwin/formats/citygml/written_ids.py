"""Whether any of some ids is written in a file: one more pass over it, whatever their number."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from pathlib import Path

import numpy as np

from citytwin.formats.xml_text import Utf8Stream
from citytwin.kernels.quoted_names import FREE, enter_name, may_hold_name
from citytwin.transports.files import open_binary
from citytwin.transports.windows import OVERLAP_BYTES, windows


def holds_any(path: Path, names: Collection[str]) -> bool:
    """Whether any of some ids is written in a file, in quotes; true where that cannot be told.

    Parameters
    ----------
    path
        The file.
    names
        The ids.
    """
    raw = [name.encode() for name in names]
    longest = max(map(len, raw), default=0)
    if longest + 2 > OVERLAP_BYTES:
        return True
    slots = np.full(1 << (2 * len(raw) + 1).bit_length(), FREE, dtype=np.int64)
    for name in raw:
        enter_name(np.frombuffer(name, dtype=np.uint8), slots)
    quoted = [quote + name + quote for name in raw for quote in (b"'", b'"')]
    try:
        with closing(Utf8Stream(open_binary(path), path.name)) as stream:
            for window in windows(stream.readinto):
                if may_hold_name(np.frombuffer(window, dtype=np.uint8), slots, longest):
                    content = bytes(window)
                    if any(name in content for name in quoted):
                        return True
    except (OSError, ValueError):  # a SourceError is one: the parser says what it is
        return True
    return False
