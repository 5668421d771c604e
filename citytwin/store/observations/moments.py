"""Columns of times as feeds write them -> microseconds, by the thousand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citytwin.formats.observations import zone_named
from citytwin.store.observations.schema import IntArray

_WITH_ZONE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?([zZ]|[+-]\d\d(:?\d\d)?)$"
_WITHOUT_ZONE = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?$"
_MIDNIGHT = r"^(\d{4}-\d\d-\d\d[T ])24:00(?::00(?:[.,]0+)?)?"
"""The end of a day, as Japanese sources write it (ISO 8601-1:2019 has it again since 2022)."""


def microseconds_of_texts(
    texts: pa.Array, zone: str | None
) -> tuple[IntArray, dict[str, NDArray[np.bool_]]]:
    """Read times in ISO 8601.

    Parameters
    ----------
    texts
        n of them.
    zone
        IANA name of what times without an offset mean; None: they mean nothing.

    Returns
    -------
    time_us : ndarray
        Shape (n,); 0 where there is none [us since 1970-01-01T00:00Z].
    faults : dict of str to ndarray
        ``time``: which are no times; ``zone``: which have no zone though they need one. Of local
        times that come twice the first is taken, and those that a change of clocks leaves out are
        faults.
    """
    plain = texts.cast(pa.string())
    late = _matches(plain, _MIDNIGHT)
    if late.any():
        plain = pc.replace_substring_regex(plain, _MIDNIGHT, r"\100:00")
    zoned, naive = _matches(plain, _WITH_ZONE), _matches(plain, _WITHOUT_ZONE)
    time_us = np.zeros(len(plain), dtype=np.int64)
    fault = ~(zoned | naive)
    if zoned.any():
        _put(time_us, fault, np.flatnonzero(zoned), _parsed(plain.filter(pa.array(zoned))))
    tz = zone_named(zone) if zone else None
    if naive.any() and tz is not None:
        local = pd.DatetimeIndex(_parsed(plain.filter(pa.array(naive))).tz_localize(None))
        there = local.tz_localize(
            tz, ambiguous=np.ones(len(local), dtype=np.bool_), nonexistent="NaT"
        )
        _put(time_us, fault, np.flatnonzero(naive), there.tz_convert("UTC"))
    unzoned = naive if tz is None else np.zeros(len(plain), dtype=np.bool_)
    time_us[late & ~fault] += 86_400_000_000
    return time_us, {"time": fault, "zone": unzoned}


def _parsed(texts: pa.Array) -> pd.DatetimeIndex:
    """Times in UTC; those without an offset as if they were."""
    try:
        exact = texts.cast(pa.timestamp("us", tz="UTC"))
        return pd.DatetimeIndex(exact.to_pandas())
    except pa.ArrowInvalid:
        series = texts.to_pandas()
        return pd.DatetimeIndex(pd.to_datetime(series, format="ISO8601", utc=True, errors="coerce"))


def _put(
    time_us: IntArray,
    fault: NDArray[np.bool_],
    rows: NDArray[np.int64],
    moments: pd.DatetimeIndex,
) -> None:
    lost = np.asarray(moments.isna())
    whole = moments.tz_convert(None).to_numpy().astype("M8[us]").view(np.int64)
    time_us[rows] = np.where(lost, 0, whole)
    fault[rows[lost]] = True


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found = pc.fill_null(pc.match_substring_regex(texts, pattern), False)
    matched: NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return matched
