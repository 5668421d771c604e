"""The machine of one threshold, against a regular expression over the same values."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.alerts.hysteresis import Phase, ThresholdState, advance
from citytwin.alerts.rule import Threshold
from tests.unit.alerts.sample_rules import minutes

GAP = timedelta(minutes=5)
UPWARD = {"H": 25.0, "R": 20.0, "M": 15.0, "C": 10.0, "L": 3.0, "x": None, "n": float("nan")}
"""High, at the raising threshold, in the gap, at the clearing one, low, missing, not a number."""
WORDS = st.text(alphabet="HRMCLxn", max_size=60)
DWELL = st.integers(0, 4)


def threshold(raise_after: int, clear_after: int, *, upward: bool = True) -> Threshold:
    """20 and 10, or both mirrored at zero."""
    sign = 1 if upward else -1
    return Threshold.model_validate(
        {
            "level": 3,
            "raise_at": 20 * sign,
            "clear_at": 10 * sign,
            "raise_after_minutes": raise_after,
            "clear_after_minutes": clear_after,
        }
    )


def walked(step: Threshold, word: str, *, sign: int = 1) -> list[ThresholdState]:
    """States after each letter, one a minute."""
    states: list[ThresholdState] = []
    state = None
    for minute, letter in enumerate(word):
        value = UPWARD[letter]
        signed = None if value is None else sign * value
        state = advance(step, state, signed, minutes(minute), GAP)
        states.append(state)
    return states


def edges_by_expression(word: str, raise_after: int, clear_after: int) -> list[int]:
    """Minutes at which the alarm goes on, off, on, ...: runs of letters, found by `re`."""
    on = re.compile(f"[HR]{{{raise_after + 1}}}")
    off = re.compile(f"[CL]{{{clear_after + 1}}}")
    edges: list[int] = []
    place = 0
    while found := (off if len(edges) % 2 else on).search(word, place):
        place = found.end()
        edges.append(place - 1)
    return edges


def edges_of(states: list[ThresholdState]) -> list[int]:
    """Minutes at which the alarm changed."""
    raised = [False, *(state.raised for state in states)]
    return [k for k in range(len(states)) if raised[k + 1] != raised[k]]


@given(WORDS, DWELL, DWELL)
def test_alarms_are_up_crossings_parted_by_a_clear(word: str, on: int, off: int) -> None:
    """On after so many letters at or above 20 in a row, off after so many at or below 10."""
    assert edges_of(walked(threshold(on, off), word)) == edges_by_expression(word, on, off)


@given(WORDS, DWELL, DWELL)
def test_small_values_are_mirrored_large_ones(word: str, on: int, off: int) -> None:
    """A rule on small values does what one on large values does with the signs turned."""
    up = walked(threshold(on, off), word)
    assert walked(threshold(on, off, upward=False), word, sign=-1) == up


@given(WORDS, DWELL, DWELL)
def test_missing_data_are_never_ok(word: str, on: int, off: int) -> None:
    """Without a value the phase says so, and the alarm stays as it was."""
    states = walked(threshold(on, off), word)
    for k, letter in enumerate(word):
        assert (states[k].phase is Phase.NO_DATA) == (letter in "xn")
        if letter in "xn":
            assert states[k].raised == (k > 0 and states[k - 1].raised)


@given(st.lists(st.floats(10.01, 19.99), max_size=40), DWELL, st.booleans())
def test_what_trembles_within_the_gap_changes_nothing(
    values: list[float], dwell: int, first: bool
) -> None:
    """Between the thresholds an alarm neither comes nor goes."""
    step = threshold(0, dwell)
    state = advance(step, None, 25.0 if first else 0.0, minutes(0), GAP)
    for k, value in enumerate(values):
        state = advance(step, state, value, minutes(k + 1), GAP)
        assert state.raised == first


@given(WORDS, DWELL, DWELL)
def test_alarms_last_at_least_their_durations(word: str, on: int, off: int) -> None:
    """No alarm shorter than the way back, no pause shorter than the way in."""
    edges = edges_of(walked(threshold(on, off), word))
    for begin, end in itertools.pairwise(edges):
        assert end - begin >= 1 + (off if edges.index(begin) % 2 == 0 else on)


def test_phases_of_one_alarm() -> None:
    """Ok, pending, firing, clearing, back to firing, clearing, ok."""
    phases = [state.phase.value for state in walked(threshold(1, 1), "LHHCMCL")]
    assert phases == ["ok", "pending", "firing", "clearing", "firing", "clearing", "ok"]


@pytest.mark.parametrize(("pause", "raised"), [(5, True), (6, False)])
def test_a_long_pause_begins_durations_anew(pause: int, raised: bool) -> None:
    """Nobody knows what was in a pause longer than the longest that counts as none."""
    step = threshold(2, 0)
    state = advance(step, None, 25.0, minutes(0), GAP)
    assert advance(step, state, 25.0, minutes(pause), GAP).raised is raised


def test_a_long_pause_does_not_end_an_alarm() -> None:
    """What is on stays on until a value says otherwise."""
    step = threshold(0, 0)
    state = advance(step, None, 25.0, minutes(0), GAP)
    state = advance(step, state, None, minutes(600), GAP)
    assert state.raised
    assert state.phase is Phase.NO_DATA
    assert not advance(step, state, 5.0, minutes(1200), GAP).raised
