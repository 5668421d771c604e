"""How often lines run on a day: departures of all trips, those that only a headway is given of too."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.notes import Reject

_TIME = r"^(\d{1,3}):([0-5]\d):([0-5]\d)$"
_LONGEST_DAY_S = 72 * 3600
_MOST_RUNS = 10_000
"""Of one row of headways."""


def seconds_of_day(texts: pd.Series[str]) -> NDArray[np.float64]:
    """Return times such as 25:10:00, which is ten past one in the night after.

    Parameters
    ----------
    texts
        n of them.

    Returns
    -------
    ndarray
        Shape (n,): seconds since the service day began; NaN where it is empty or none [s].
    """
    parts = texts.str.extract(_TIME).astype("float64")
    seconds = (parts[0] * 3600.0 + parts[1] * 60.0 + parts[2]).to_numpy()
    return np.where(seconds <= _LONGEST_DAY_S, seconds, np.nan)


def calls_of(stop_times: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Reject]]:
    """Return the calls of trips at stops in their order.

    Parameters
    ----------
    stop_times
        Rows of ``stop_times.txt``.
    name
        How messages call the file.

    Returns
    -------
    DataFrame
        trip_id, stop_id, order, departure_s [s]; NaN for a stop between two whose times are given.
    list of Reject
        One for all rows that cannot be used.
    """
    departure = stop_times["departure_time"].where(
        stop_times["departure_time"] != "", stop_times["arrival_time"]
    )
    seconds = seconds_of_day(departure)
    order = pd.to_numeric(stop_times["stop_sequence"], errors="coerce").to_numpy(dtype=np.float64)
    bad = (np.isnan(seconds) & (departure != "").to_numpy()) | ~np.isfinite(order)
    calls = pd.DataFrame(
        {
            "trip_id": stop_times["trip_id"],
            "stop_id": stop_times["stop_id"],
            "order": order,
            "departure_s": seconds,
        }
    )[~bad]
    calls = calls.sort_values(["trip_id", "order"], kind="stable", ignore_index=True)
    if not bad.any():
        return calls, []
    first = stop_times[bad].iloc[0]
    shown = f"{first['trip_id']!s:.40} at {first['departure_time']!s:.20} as number {first['stop_sequence']!s:.20}"
    message = f"{int(bad.sum())} calls have no time or place in their trip, the first {shown!a}"
    return calls, [Reject(source=name, record="calls", code="time", message=message)]


def runs_of(frequencies: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Reject]]:
    """Return when trips start of which only the headway is given.

    Parameters
    ----------
    frequencies
        Rows of ``frequencies.txt``.
    name
        How messages call the file.

    Returns
    -------
    DataFrame
        trip_id, start_s [s].
    list of Reject
        Rows that cannot be used.
    """
    start, end = (seconds_of_day(frequencies[column]) for column in ("start_time", "end_time"))
    headway = pd.to_numeric(frequencies["headway_secs"], errors="coerce").to_numpy(np.float64)
    rejects, found = [], []
    for row, trip in enumerate(frequencies["trip_id"]):
        runs = (end[row] - start[row]) / headway[row] if headway[row] > 0 else np.nan
        if not 0 < runs <= _MOST_RUNS:
            message = f"trip {ascii(trip)[:60]} has no headway between two times"
            rejects.append(
                Reject(source=name, record=f"row {row + 1}", code="headway", message=message)
            )
            continue
        starts = np.arange(start[row], end[row], headway[row])
        found.append(pd.DataFrame({"trip_id": trip, "start_s": starts}))
    empty = pd.DataFrame({"trip_id": pd.Series(dtype=object), "start_s": pd.Series(dtype=float)})
    return pd.concat([empty, *found], ignore_index=True) if found else empty, rejects


def departures(trips: pd.DataFrame, calls: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    """Return all departures of a day.

    Parameters
    ----------
    trips
        Those of the day: trip_id, line.
    calls, runs
        As :func:`calls_of` and :func:`runs_of` give them.

    Returns
    -------
    DataFrame
        line, run (a text for each), stop_id, departure_s [s].
    """
    timed = calls[calls["departure_s"].notna()].merge(trips[["trip_id", "line"]], on="trip_id")
    repeated = timed["trip_id"].isin(runs["trip_id"])
    plain = timed[~repeated].assign(run=timed["trip_id"])
    pattern = timed[repeated]
    since = pattern.groupby("trip_id")["departure_s"].transform("min")
    again = pattern.assign(after_s=pattern["departure_s"] - since).merge(runs, on="trip_id")
    again["departure_s"] = again["start_s"] + again["after_s"]
    again["run"] = again["trip_id"] + " " + again["start_s"].astype(str)
    columns = ["line", "run", "stop_id", "departure_s"]
    return pd.concat([plain[columns], again[columns]], ignore_index=True)


def service_of(departing: pd.DataFrame) -> pd.DataFrame:
    """Return how often each line runs, at the stop that most of its trips serve.

    Parameters
    ----------
    departing
        As :func:`departures` gives them.

    Returns
    -------
    DataFrame
        By line: trips, first_s, last_s [s], headway_min; NaN where there is but one departure [min].
    """
    # A loop calls twice at a stop; whoever waits there takes the first of them.
    calling = departing.groupby(["line", "run", "stop_id"], as_index=False)
    departing = calling.agg(departure_s=("departure_s", "min"))
    at_stop = departing.groupby(["line", "stop_id"], sort=True)["departure_s"]
    stops = at_stop.agg(calls="size", first_s="min").reset_index()
    stops = stops.sort_values(["line", "calls", "first_s", "stop_id"],
                              ascending=[True, False, True, True], kind="stable")  # fmt: skip
    busiest = stops.drop_duplicates("line")[["line", "stop_id"]]
    there = departing.merge(busiest, on=["line", "stop_id"])
    times = there.sort_values(["line", "departure_s"], kind="stable").groupby("line")["departure_s"]
    found = pd.DataFrame({"first_s": times.min(), "last_s": times.max()})
    found["headway_min"] = times.agg(lambda s: np.median(np.diff(s)) / 60 if len(s) > 1 else np.nan)
    found.insert(0, "trips", departing.groupby("line")["run"].nunique())
    return found
