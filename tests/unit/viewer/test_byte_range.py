"""The Range header after RFC 9110, section 14."""

from __future__ import annotations

import pytest

from citytwin.viewer.byte_range import ByteRange, RangeNotSatisfiableError, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", ByteRange(0, 499)),
        ("bytes=500-999", ByteRange(500, 999)),
        ("bytes=-500", ByteRange(9500, 9999)),
        ("bytes=9500-", ByteRange(9500, 9999)),
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=-1", ByteRange(9999, 9999)),
        ("Bytes=5-6", ByteRange(5, 6)),
        ("bytes=9999-20000", ByteRange(9999, 9999)),
        ("bytes=-20000", ByteRange(0, 9999)),
    ],
)
def test_examples_of_the_standard(header: str, expected: ByteRange) -> None:
    """The examples of RFC 9110, 14.1.2, for a representation of 10000 bytes, must hold."""
    assert parse_range(header, 10_000) == expected


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,5-6", "items=0-1", "bytes=5-4",
     "bytes=-5-9", "bytes=٣-٤", "bytes=" + "9" * 400 + "-"],
)  # fmt: skip
def test_malformed_and_several_ranges_are_ignored(header: str | None) -> None:
    """A header that is no single valid range must lead to the whole file."""
    assert parse_range(header, 10_000) is None


@pytest.mark.parametrize(
    ("header", "size"),
    [("bytes=10000-", 10_000), ("bytes=-0", 10_000), ("bytes=0-0", 0), ("bytes=-5", 0)],
)
def test_ranges_without_any_byte_are_refused(header: str, size: int) -> None:
    """A well-formed range in which no byte lies must be answered with 416."""
    with pytest.raises(RangeNotSatisfiableError):
        parse_range(header, size)


def test_length_counts_both_ends() -> None:
    """Both ends of a range belong to it."""
    assert ByteRange(3, 5).length == 3
