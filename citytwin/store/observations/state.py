"""The state of the city as of a time: one value per series, with its age and its quality."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations.as_of import Answer, Question
from citytwin.store.observations.first_known import first_known
from citytwin.store.observations.following import SeriesTable
from citytwin.store.observations.observed import Thing
from citytwin.store.observations.schema import RAW_REF_BYTES, FloatArray, IntArray, Kind
from citytwin.store.observations.series_quality import (
    clock_of_source,
    in_another_unit,
    neighbour_tests,
    series_tests,
    stuck,
)

STALE_AFTER = 3.0
"""Cadences without a row, after which the latest one no longer says how things are."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
UNKNOWN_CADENCE_S = 3600.0
"""Of a series that has reported once."""


@dataclass(frozen=True, eq=False)
class State:
    """Values as of a time."""

    frame: pd.DataFrame
    """One row per series that has reported, sorted by thing and property: source, thing, property,
    unit, result, text, phenomenon_start, phenomenon_end, issued_at, known_at, age_s, flag, tests,
    stale, cadence_s, synthetic, raw_ref, longitude_deg, latitude_deg."""
    valid_us: int
    """Time of the city [us since 1970-01-01T00:00Z]."""
    known_us: int
    """Time of knowledge; the same question with it gives the same answer for good [us]."""

    @property
    def valid_at(self) -> datetime:
        """Time of the city, in UTC."""
        return _EPOCH + timedelta(microseconds=self.valid_us)

    @property
    def known_at(self) -> datetime:
        """Time of knowledge, in UTC."""
        return _EPOCH + timedelta(microseconds=self.known_us)


def state_of(
    question: Question, answer: Answer, names: SeriesTable, things: dict[str, Thing], known_us: int
) -> State:
    """Put the state together.

    Parameters
    ----------
    question, answer
        What was asked and found.
    names
        All series.
    things
        As they were known then.
    known_us
        What "now" was, where the question leaves the time of knowledge open [us].
    """
    found = np.flatnonzero(answer.recent.segment[:, 0] >= 0)
    answer = Answer(answer.series[found], type(answer.recent)(*(c[found] for c in answer.recent)),
                    answer.blocks)  # fmt: skip
    series = answer.series
    thing, observed = names.thing[series], names.observed[series]
    known, corrected = np.empty(0, np.int64), np.empty(0, np.bool_)
    if len(series):
        known, corrected = first_known(
            answer, answer.latest(lambda b: b.versions.known_us).astype(np.int64), question.known_us
        )
    end = answer.recent.end_us[:, 0]
    age_s = (question.valid_us - end) / 1e6
    where = [things.get(t) for t in thing]
    longitude = np.array([np.nan if t is None else t.longitude_deg for t in where])
    latitude = np.array([np.nan if t is None else t.latitude_deg for t in where])
    cadence = cadences(answer, where)
    stale = age_s > STALE_AFTER * np.where(np.isnan(cadence), UNKNOWN_CADENCE_S, cadence)
    result = answer.latest(lambda b: b.result).astype(np.float64)
    flag, tests = _judged(question, answer, cadence, observed, (longitude, latitude), ~stale)
    tests |= np.where(corrected, int(QualityTest.CORRECTED), 0).astype(np.int32)
    frame = pd.DataFrame(
        {
            "source": names.source[series],
            "thing": thing,
            "property": observed,
            "unit": names.unit[series],
            "result": result,
            "text": answer.texts(),
            "phenomenon_start": _times(answer.recent.start_us[:, 0]),
            "phenomenon_end": _times(end),
            "issued_at": _times(answer.recent.issued_us[:, 0]),
            "known_at": _times(known),
            "age_s": age_s,
            "flag": flag,
            "tests": tests,
            "stale": stale,
            "cadence_s": cadence,
            "synthetic": answer.latest(lambda b: b.synthetic).astype(np.bool_),
            "raw_ref": _digits(answer.latest(lambda b: b.raw_ref)),
            "longitude_deg": longitude,
            "latitude_deg": latitude,
        }
    )
    frame = frame.sort_values(["thing", "property", "source"], kind="stable", ignore_index=True)
    return State(frame, question.valid_us, min(question.known_us, known_us))


def _judged(
    question: Question,
    answer: Answer,
    cadence_s: FloatArray,
    observed: NDArray[np.object_],
    place_deg: tuple[FloatArray, FloatArray],
    fresh: NDArray[np.bool_],
) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """Flags and tests of the latest rows, those of their series and surroundings included."""
    flag = answer.latest(lambda b: b.versions.flag).astype(np.int8)
    tests = answer.latest(lambda b: b.tests).astype(np.int32)
    if question.kind is not Kind.OBSERVATION:
        return flag, tests
    value = answer.results()
    found = series_tests(observed.tolist(), answer.times_s()[:, ::-1], value[:, ::-1])[:, -1]
    found |= in_another_unit(observed.tolist(), value[:, ::-1])
    found |= stuck(observed.tolist(), question, answer, cadence_s)
    found |= neighbour_tests(observed, *place_deg, value[:, 0], fresh)
    found |= clock_of_source(answer)
    flag = np.where((found != 0) & (flag < Flag.SUSPECT), Flag.SUSPECT, flag).astype(np.int8)
    return flag, tests | found


def cadences(answer: Answer, things: list[Thing | None]) -> FloatArray:
    """Return how often each series reports [s]: as its thing says, else as it has done lately.

    Parameters
    ----------
    answer
        Latest rows of m series.
    things
        m of them.

    Returns
    -------
    ndarray
        Shape (m,): median distance of the latest rows; NaN of fewer than two [s].
    """
    end = answer.recent.end_us.astype(np.float64)
    end[answer.recent.segment < 0] = np.nan
    steps = -np.diff(end, axis=1) / 1e6
    known = np.isfinite(steps).any(axis=1)
    found = np.full(len(end), np.nan)
    found[known] = np.nanmedian(steps[known], axis=1)
    told = np.array([np.nan if t is None or t.cadence_s is None else t.cadence_s for t in things])
    return np.where(np.isnan(told), found, told) if len(told) else found


def _digits(refs: NDArray[np.generic]) -> list[str]:
    every, each = refs.tobytes().hex(), 2 * RAW_REF_BYTES
    return [every[begin : begin + each] for begin in range(0, len(every), each)]


def _times(time_us: IntArray) -> pd.DatetimeIndex:
    moments = np.where(time_us == 0, np.datetime64("NaT", "us"), time_us.astype("M8[us]"))
    return pd.DatetimeIndex(moments).tz_localize("UTC")
