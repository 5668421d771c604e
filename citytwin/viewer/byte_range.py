"""The Range header of HTTP (RFC 9110, section 14): map archives are read in pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass

_SPEC = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """Bytes ``first`` to ``last`` of a file, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """Number of bytes."""
        return self.last - self.first + 1


class RangeNotSatisfiableError(ValueError):
    """The range is well formed, and no byte of the file lies in it."""


def parse_range(header: str | None, size: int) -> ByteRange | None:
    """Return the range that a request asks for, or None to send the whole file.

    Several ranges in one header and malformed ones are ignored, as the standard allows.

    Parameters
    ----------
    header
        Value of the Range header.
    size
        Length of the file in bytes.

    Raises
    ------
    RangeNotSatisfiableError
        When the range begins behind the end of the file, or asks for its last 0 bytes.
    """
    match = _SPEC.fullmatch(header) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if first:
        return _from_to(int(first), int(last) if last else None, size)
    if not last:
        return None
    length = min(int(last), size)
    if length == 0:
        msg = f"no byte of {size} lies in the range {header}"
        raise RangeNotSatisfiableError(msg)
    return ByteRange(size - length, size - 1)


def _from_to(first: int, last: int | None, size: int) -> ByteRange | None:
    if last is not None and last < first:
        return None
    if first >= size:
        msg = f"byte {first} lies behind the end of a file of {size} bytes"
        raise RangeNotSatisfiableError(msg)
    return ByteRange(first, size - 1 if last is None else min(last, size - 1))
