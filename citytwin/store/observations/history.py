"""The history of one series, as far as it was known at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from citytwin.model.tables import Flag
from citytwin.store.observations.blocks import Block, BlockCache, block_of
from citytwin.store.observations.manifest import Segment
from citytwin.store.observations.schema import MICROSECONDS_PER_DAY
from citytwin.store.observations.series_quality import clock_of_one, tests_of_one


@dataclass(frozen=True, eq=False)
class History:
    """One property of one thing over time."""

    frame: pd.DataFrame
    """One row per source and interval, in order of time: source, phenomenon_start, phenomenon_end,
    result, text, flag, tests, known_at, synthetic, raw_ref, raw_value, raw_unit."""
    thing: str
    observed: str
    unit: str

    def to_xarray(self) -> xr.DataArray:
        """Return the results over the time at which their intervals end, in UTC."""
        time = self.frame["phenomenon_end"].dt.tz_localize(None).to_numpy()
        array = xr.DataArray(
            self.frame["result"].to_numpy(),
            dims=("time",),
            coords={
                "time": time,
                "flag": ("time", self.frame["flag"].to_numpy()),
                "known_at": ("time", self.frame["known_at"].dt.tz_localize(None).to_numpy()),
            },
            name=self.observed,
            attrs={"units": self.unit, "thing": self.thing},
        )
        array["time"].attrs = {"standard_name": "time", "long_name": "end of interval (UTC)"}
        return array


def with_tests(frame: pd.DataFrame, observed: str) -> pd.DataFrame:
    """Test the values of a history against their series, each as if it were the latest.

    Parameters
    ----------
    frame
        Rows with ``series``, in order of time within each.
    observed
        Name of the property.

    Returns
    -------
    DataFrame
        With the bits of the tests added, and good flags of doubtful values lowered to suspect.
    """
    frame = frame.copy()
    for _, rows in frame[frame["flag"] < Flag.SUSPECT].groupby("series"):
        time = rows["phenomenon_end"].astype("int64").to_numpy() / 1e6
        value = rows["result"].to_numpy(dtype=np.float64)
        known = rows["known_at"].astype("int64").to_numpy() / 1e6
        tests = tests_of_one(observed, time, value) | clock_of_one(time, known)
        frame.loc[rows.index, "tests"] |= tests
        frame.loc[rows.index[tests != 0], "flag"] = np.int8(Flag.SUSPECT)
    return frame


_COLUMNS = {
    "phenomenon_start": "phenomenon_start",
    "phenomenon_end": "phenomenon_end",
    "issued_at": "issued_at",
    "result": "result",
    "text": "text",
    "flag": "flag",
    "tests": "tests",
    "known_at": "known_at",
    "synthetic": "synthetic",
    "raw_ref": "raw_ref",
    "raw_value": "raw_value",
    "raw_unit": "raw_unit",
}


def blocks_with(
    series: NDArray[np.int32],
    segments: Sequence[Segment],
    cache: BlockCache,
    span_us: tuple[int, int],
) -> list[Block]:
    """Read the segments that may hold rows of some series over some days.

    Parameters
    ----------
    series
        Sorted numbers.
    segments
        Of one kind, that count.
    cache
        Segments in memory.
    span_us
        Intervals end after the first, and not after the second [us].
    """
    first, last = (moment // MICROSECONDS_PER_DAY for moment in span_us)
    return [
        cache.get(s) if not s.in_order or s in cache else block_of(s, series)
        for s in segments
        if any(first <= day <= last for day in s.days)
    ]


def history_of(
    series: NDArray[np.int32],
    blocks: Sequence[Block],
    span_us: tuple[int, int],
    known_us: int,
) -> pd.DataFrame:
    """Return the versions that held of every interval of some series.

    Parameters
    ----------
    series
        Sorted numbers.
    blocks
        All rows of these series and days; others are left out.
    span_us
        Intervals end after the first, and not after the second [us].
    known_us
        Versions known later do not count [us].

    Returns
    -------
    DataFrame
        ``series`` and the columns of :class:`History` but its source, by series and time.
    """
    parts = [_rows(block, series, span_us, known_us) for block in blocks]
    if not parts:
        parts = [pd.DataFrame({"series": [], "content": [], **{name: [] for name in _COLUMNS}})]
    every = pd.concat(parts, ignore_index=True)
    key = ["series", "issued_at", "phenomenon_end", "phenomenon_start"]
    every = every.sort_values([*key, "known_at", "content", "flag"], kind="stable")
    # What is said without a break has been known since it was first said.
    same_key = (every[key].eq(every[key].shift()) | every[key].isna()).all(axis=1)
    repeated = same_key & every["content"].eq(every["content"].shift())
    repeated &= every["flag"].eq(every["flag"].shift())
    every = every[~repeated]
    return every.drop_duplicates(key, keep="last").drop(columns="content").reset_index(drop=True)


def _rows(
    block: Block, series: NDArray[np.int32], span_us: tuple[int, int], known_us: int
) -> pd.DataFrame:
    v = block.versions
    at = np.minimum(np.searchsorted(series, v.series), len(series) - 1)
    keep = (series[at] == v.series) & (v.end_us > span_us[0]) & (v.end_us <= span_us[1])
    rows = np.flatnonzero(keep & (v.known_us <= known_us))
    frame: pd.DataFrame = block.table.select(list(_COLUMNS)).take(rows).to_pandas()
    return frame.assign(series=v.series[rows], content=v.content[rows])
