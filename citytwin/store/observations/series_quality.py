"""Tests of values against their own series and their neighbours, made when they are looked up.

What a value is worth depends on what was known of the others then; a flag that was computed once and
kept would be wrong as soon as a late row came. The stored flags are those of the row alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.observation_keys import NEVER
from citytwin.kernels.series_tests import (
    changes_too_fast,
    does_not_move,
    hours_late,
    stands_out,
    unlike_neighbours,
)
from citytwin.kernels.unit_steps import unit_step
from citytwin.kernels.value_range import Ranges, widen
from citytwin.model.series_limits import LIMITS, NEIGHBOUR_RADIUS_M, SeriesLimits
from citytwin.model.tables import QualityTest
from citytwin.store.observations.as_of import DEPTH, Answer, Question
from citytwin.store.observations.schema import FloatArray, IntArray

_NOTHING = SeriesLimits()
_EARTH_M = 6_371_008.8
"""Mean radius of the Earth (Moritz 2000, Geodetic Reference System 1980)."""
_CLOCK_S = 300.0
"""How far a delay may be from whole hours to look like a mistaken time zone [s]."""


class _Limits(NamedTuple):
    """Of m series."""

    known: NDArray[np.bool_]
    """Shape (m,): whether there are any."""
    values: FloatArray
    """Shape (m, 6): rate per minute, spike, flat, hours of it, factor and offset of the other unit."""


def _limits_of(observed: Sequence[str]) -> _Limits:
    """Look limits up by the few different properties: there are many series."""
    number = {name: code for code, name in enumerate(dict.fromkeys(observed))}
    codes = np.fromiter(map(number.__getitem__, observed), np.int64, len(observed))
    found = [LIMITS.get(name, _NOTHING) for name in number]
    values = [(x.rate_per_min, x.spike, x.flat, x.flat_hours, *x.other_unit) for x in found]
    known = np.array([name in LIMITS for name in number], dtype=np.bool_)
    return _Limits(known[codes], np.array(values, dtype=np.float64).reshape(-1, 6)[codes])


def series_tests(
    observed: Sequence[str], time_s: FloatArray, value: FloatArray
) -> NDArray[np.int32]:
    """Test each value against its series.

    Parameters
    ----------
    observed
        Name of the property of each of m series.
    time_s, value
        Shape (m, n): in order of time, NaN where there is no value [s, the unit of the property].

    Returns
    -------
    ndarray
        Shape (m, n): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    tests = np.zeros(value.shape, dtype=np.int32)
    limits = _limits_of(observed)
    if not limits.known.any():
        return tests
    limited = limits.known
    rate, spike, flat, hours = limits.values[limited, :4].T.copy()
    time, values = np.ascontiguousarray(time_s[limited]), np.ascontiguousarray(value[limited])
    found = {
        QualityTest.RATE_OF_CHANGE: changes_too_fast(time, values, rate[:, None] / 60.0),
        QualityTest.SPIKE: stands_out(values, spike[:, None]),
        QualityTest.FLAT_LINE: does_not_move(time, values, flat, hours * 3600.0),
    }
    tests[limited] = sum(np.where(rows, int(bit), 0) for bit, rows in found.items())
    return tests


def in_another_unit(observed: Sequence[str], value: FloatArray) -> NDArray[np.int32]:
    """Test whether the latest of some values has come in another unit than the ones before.

    Parameters
    ----------
    observed
        Name of the property of each of m series.
    value
        Shape (m, n): latest values in order of time, NaN where there is none.

    Returns
    -------
    ndarray
        Shape (m,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    tests = np.zeros(len(value), dtype=np.int32)
    if len(value):
        factor, offset = _limits_of(observed).values[:, 4:].T.copy()
        mistaken = unit_step(value, factor, offset)[:, -1]
        tests[mistaken] = int(QualityTest.UNIT_MISTAKEN)
    return tests


def tests_of_one(observed: str, time_s: FloatArray, value: FloatArray) -> NDArray[np.int32]:
    """Test each value of one series as it stood when it was the latest.

    Parameters
    ----------
    observed
        Name of its property.
    time_s, value
        Shape (n,): in order of time, NaN where there is no value [s, the unit of the property].

    Returns
    -------
    ndarray
        Shape (n,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    tests = series_tests([observed], time_s[None, :], value[None, :])[0]
    found: NDArray[np.int32] = tests | in_another_unit([observed] * len(value), _windows(value))
    return found


def clock_of_source(answer: Answer) -> NDArray[np.int32]:
    """Test whether the clock of a source is wrong by whole hours, by how late its rows became known.

    Parameters
    ----------
    answer
        Latest rows of m series.

    Returns
    -------
    ndarray
        Shape (m,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    known_us = answer.latest(lambda block: block.versions.known_us).astype(np.float64)
    late_s = (known_us - answer.recent.end_us[:, 0]) / 1e6
    off = np.abs(late_s - 3600.0 * np.rint(late_s / 3600.0))
    few = np.flatnonzero((off <= _CLOCK_S) & (late_s > _CLOCK_S))  # nearly always none
    tests = np.zeros(len(known_us), dtype=np.int32)
    if few.size:
        end_s, known_s = answer.times_s()[few], answer.known_s(few)
        hours = hours_late(end_s[:, ::-1], known_s[:, ::-1], _CLOCK_S)
        tests[few[hours > 0]] = int(QualityTest.CLOCK_SKEW)
    return tests


def clock_of_one(end_s: FloatArray, known_s: FloatArray) -> NDArray[np.int32]:
    """Test the clock behind each row of one series as it stood when the row was the latest.

    Parameters
    ----------
    end_s, known_s
        Shape (n,): when rows were observed and when they became known, in order of time [s].

    Returns
    -------
    ndarray
        Shape (n,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    hours = hours_late(_windows(end_s), _windows(known_s), _CLOCK_S)
    return np.where(hours > 0, int(QualityTest.CLOCK_SKEW), 0).astype(np.int32)


def _windows(values: FloatArray) -> FloatArray:
    """The latest rows as of each row, shape (n, DEPTH); NaN before the first."""
    before = np.concatenate([np.full(DEPTH - 1, np.nan), values])
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(before, DEPTH))


def stuck(
    observed: Sequence[str], question: Question, answer: Answer, cadence_s: FloatArray
) -> NDArray[np.int32]:
    """Test whether the latest values have stood still for too long.

    Looked at are all rows of the time that a series may stand still, not the latest few. Series
    whose latest row, less that time, lies before the day before are not judged.

    Parameters
    ----------
    observed
        Name of the property of each of m series.
    question, answer
        What was asked and found.
    cadence_s
        Shape (m,): how often each reports [s].

    Returns
    -------
    ndarray
        Shape (m,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    tests = np.zeros(len(observed), dtype=np.int32)
    judged, unmoved, low, first = _unmoved(observed, question, answer)
    long = first <= low + 1.5e6 * np.nan_to_num(cadence_s)
    long &= first < answer.recent.end_us[:, 0]
    tests[judged & long & unmoved] = int(QualityTest.FLAT_LINE)
    return tests


def standing_still(
    observed: Sequence[str], question: Question, answer: Answer
) -> tuple[NDArray[np.int64], IntArray]:
    """Return which series have not moved in the rows at hand, but may have before.

    Parameters
    ----------
    observed
        Name of the property of each of m series.
    question, answer
        What was asked and found.

    Returns
    -------
    which : ndarray
        Shape (k,): numbers of the series among the m.
    low_us : ndarray
        Shape (k,): from when on rows of each say whether it is stuck [us].
    """
    judged, unmoved, low, first = _unmoved(observed, question, answer)
    which = np.flatnonzero(judged & unmoved & (first > low))
    return which, low[which]


def _unmoved(
    observed: Sequence[str], question: Question, answer: Answer
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], IntArray, IntArray]:
    """Of m series: whether they are judged, whether they stood still, from when on that counts, and
    the first row that was seen since [us].
    """
    _, _, tolerance, hours, _, _ = _limits_of(observed).values.T
    high = answer.recent.end_us[:, 0]
    low = high - (hours * 3.6e9).astype(np.int64)
    judged = np.isfinite(tolerance) & (low >= question.first_day_us)
    m = len(observed)
    ranges = Ranges(
        np.full(int(answer.series[-1]) + 1 if m else 0, -1, dtype=np.int32), low, high,
        np.full(m, np.inf), np.full(m, -np.inf), np.full(m, NEVER),
    )  # fmt: skip
    if judged.any():
        ranges.position[answer.series[judged]] = np.flatnonzero(judged)
        for block in answer.blocks.values():
            widen(block.versions, block.result, question.usable_flags, question.known_us, ranges)
    return judged, ranges.highest - ranges.lowest <= tolerance, low, ranges.first_us


def neighbour_tests(
    observed: NDArray[np.object_],
    longitude_deg: FloatArray,
    latitude_deg: FloatArray,
    value: FloatArray,
    fresh: NDArray[np.bool_],
) -> NDArray[np.int32]:
    """Test each value against those of the same property around it.

    Parameters
    ----------
    observed
        Shape (m,): names of properties.
    longitude_deg, latitude_deg
        Shape (m,): NaN where no place is known.
    value
        Shape (m,).
    fresh
        Shape (m,): which values are of about the same time.

    Returns
    -------
    ndarray
        Shape (m,): bits of :class:`citytwin.model.tables.QualityTest`.
    """
    tests = np.zeros(len(value), dtype=np.int32)
    usable = fresh & np.isfinite(longitude_deg) & np.isfinite(value)
    for name, limits in LIMITS.items():
        if not np.isfinite(limits.neighbour):
            continue
        rows = np.flatnonzero(usable & (observed == name))
        if rows.size < 4:
            continue
        metres = np.radians(1.0) * _EARTH_M
        shrunk = np.cos(np.radians(latitude_deg[rows].mean()))
        x, y = longitude_deg[rows] * metres * shrunk, latitude_deg[rows] * metres
        order = np.argsort(x, kind="stable")
        apart = unlike_neighbours(
            x[order], y[order], value[rows][order], NEIGHBOUR_RADIUS_M, limits.neighbour
        )
        tests[rows[order[apart]]] |= int(QualityTest.NEIGHBOUR)
    return tests
