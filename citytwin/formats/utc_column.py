"""Seconds of feeds as a column of times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd


def utc_column(seconds: Sequence[int | None]) -> pd.Series:
    """Return times as the tables of the twin hold them.

    Parameters
    ----------
    seconds
        Since 1970-01-01T00:00Z; None for no time.
    """
    moments = ["NaT" if value is None else np.datetime64(value, "s") for value in seconds]
    return pd.Series(np.array(moments, dtype="datetime64[us]")).dt.tz_localize("UTC")
