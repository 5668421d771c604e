"""GRIB 2 packed by run lengths: a message written by hand from the templates, whole and damaged.

With product definition 4.8, which it knows, ecCodes 2.50 reads the same values from the same bytes.
"""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import SourceError
from citytwin.formats.grib.run_length import is_run_length
from citytwin.formats.rain_grib import GribRainParams, decode_rain_grib

# 2026-07-01T00:00:00Z
TIME_S = 1_782_864_000
LEVELS = [0, 4, 10, 55, 120]
"""Tenths of mm: level 1 is none, level 5 is 12 mm."""
NY, NX = 3, 200
# Row by row: 200 x level 1; 100 x unknown, 60 x level 2, 40 x level 5; 199 x level 3, 1 x level 4.
# Highest level 5, so that digits count from 6 in a base of 250: 200 = 1 + 199, 100 = 1 + 99.
RUNS = bytes([1, 6 + 199, 0, 6 + 99, 2, 6 + 59, 5, 6 + 39, 3, 6 + 198, 4])


def section(number: int, content: bytes) -> bytes:
    """A section with its length and number."""
    return struct.pack(">IB", len(content) + 5, number) + content


def message(runs=RUNS, *, minutes=60, number=200, template=50_008, packing=200, highest=5) -> bytes:
    """A message on 139 to 141 E by 0.01 and 36 to 35.98 N by 0.01 degrees."""
    identification = struct.pack(">HHBBBHBBBBBBB", 34, 0, 5, 1, 0, 2026, 7, 1, 0, 0, 0, 0, 2)
    raster = struct.pack(
        ">BIBBHBBIBIBIIIIIIIBIIIIB", 0, NY * NX, 0, 0, 0, 4, 255, 2**32 - 1, 1, 63_781_370, 1,
        63_567_523, NX, NY, 0, 2**32 - 1, 36_000_000, 139_000_000, 0x30, 35_980_000, 140_990_000,
        10_000, 10_000, 0,
    )  # fmt: skip
    product = struct.pack(">HHBBBBBHBBi", 0, template, 1, number, 0, 150, 255, 0, 0, 0, -minutes)
    product += struct.pack(">BBIBBI", 1, 255, 2**32 - 1, 255, 255, 2**32 - 1)
    product += struct.pack(">HBBBBBBIBBBIBI", 2026, 7, 1, 0, 0, 0, 1, 0, 1, 2, 0, minutes, 255, 0)
    table = struct.pack(f">BHHB{len(LEVELS)}H", 8, highest, len(LEVELS), 1, *LEVELS)
    body = (
        section(1, identification)
        + section(3, raster)
        + section(4, product)
        + section(5, struct.pack(">IH", NY * NX, packing) + table)
        + section(6, b"\xff")
        + section(7, runs)
        + b"7777"
    )
    return b"GRIB" + struct.pack(">HBBQ", 0, 0, 2, len(body) + 16) + body


def decode(raw):
    """The only image of a file."""
    (image,) = decode_rain_grib(raw, "f.bin", GribRainParams())
    return image


def test_a_message_written_by_hand():
    """Levels, runs, unknown cells, edges and the hour before; 12 mm in the hour are 12 mm/h."""
    image = decode(message())
    assert image.rate.shape == (NY, NX)
    expected = np.concatenate(
        [np.full(200, 0.0), np.full(100, np.nan), np.full(60, 0.4), np.full(40, 12.0),
         np.full(199, 1.0), [5.5]]
    ).reshape(NY, NX)  # fmt: skip
    assert image.rate == pytest.approx(expected, nan_ok=True, rel=1e-6)
    assert (image.west, image.north, image.dx, image.dy) == pytest.approx(
        (138.995, 36.005, 0.01, 0.01)
    )
    assert (image.start_s - TIME_S, image.end_s - TIME_S) == (-3600, 0)
    assert image.issued_s is None


def test_sums_of_other_intervals():
    """12 mm in half an hour are 24 mm/h; an intensity stays as it is."""
    assert np.nanmax(decode(message(minutes=30)).rate) == 24.0
    assert np.nanmax(decode(message(minutes=5, number=203)).rate) == 12.0


def test_runs_of_several_digits():
    """600 cells are 1 + 99 + 2 x 250."""
    image = decode(message(bytes([2, 6 + 99, 6 + 2])))
    assert (image.rate == np.float32(0.4)).all()


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (message(RUNS[:-1]), "599 values for 600 cells"),
        (message(RUNS + b"\x01"), "601 values for 600 cells"),
        (message(bytes([2]) + b"\xff" * 50), "values for 600 cells"),
        (message(b"\xff" + RUNS), "0 values for 600 cells"),
        (message(highest=6), "6 of 5 levels"),
        (message(highest=0), "0 of 5 levels"),
        (message(number=1), r"parameter \(0, 1, 1\) is no rain"),
        (message(template=20), "product definition 20"),
        (message()[:-8], "reaches beyond the file"),
        (message()[:-30], "cannot be read as GRIB"),
        (message(minutes=0), "needs the interval"),
    ],
)
def test_damaged_and_other_messages(raw, words):
    """With the reason."""
    with pytest.raises(SourceError, match=words):
        decode(raw)


def test_other_packings_are_left_to_gdal():
    """Only the packing of the first field decides."""
    assert is_run_length(message())
    assert not is_run_length(message(packing=0))
    assert not is_run_length(b"GRIB")


@given(st.data())
def test_a_message_cut_or_overwritten(data):
    """An image, or the error."""
    raw = message()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 6)))
    odd = raw[:start] + data.draw(st.binary(max_size=6)) + raw[end:]
    try:
        image = decode(odd)
    except SourceError:
        return
    assert image.rate.dtype == np.float32
