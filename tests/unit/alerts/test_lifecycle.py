"""One alert for its life: raised once, updated, cancelled once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from citytwin.alerts.lifecycle import AlertState, Kind, Message, Reason, evaluate
from citytwin.alerts.windows import Reading
from citytwin.model.warning_levels import WarningLevel
from tests.unit.alerts.sample_rules import minutes, rain_rule


def told(values: list[float | None], every_minutes: float = 1.0) -> list[Message]:
    """Messages of a series."""
    state, found = AlertState(), []
    for k, value in enumerate(values):
        state, message = evaluate(rain_rule(), state, Reading(value), minutes(k * every_minutes))
        found += [message] if message else []
    return found


def test_a_storm_from_the_first_alert_to_the_cancellation() -> None:
    """Raised at level 3, up to 4, silence, back, down to 3, over; each refers to all before."""
    messages = told([5.0, 22.0, 31.0, None, 33.0, 15.0, 9.0, 9.0])
    said = [(m.kind, m.reason, int(m.level)) for m in messages]
    assert said == [
        (Kind.ALERT, Reason.RAISED, 3),
        (Kind.UPDATE, Reason.LEVEL, 4),
        (Kind.UPDATE, Reason.DATA_LOST, 4),
        (Kind.UPDATE, Reason.DATA_BACK, 4),
        (Kind.UPDATE, Reason.LEVEL, 3),
        (Kind.CANCEL, Reason.CLEARED, 3),
    ]
    assert {m.alert_id for m in messages} == {"heavy_rain-20260630T030100Z"}
    for k, message in enumerate(messages):
        assert message.identifier == f"heavy_rain-20260630T030100Z-{k + 1}"
        assert [s.identifier for s in message.references] == [m.identifier for m in messages[:k]]


def test_an_alert_is_said_again_before_it_ends() -> None:
    """Messages hold for 60 minutes: every 30 there is a new one."""
    messages = told([25.0] * 13, every_minutes=10)
    assert [(m.at - minutes(0)).seconds // 60 for m in messages] == [0, 30, 60, 90, 120]
    assert {m.reason for m in messages[1:]} == {Reason.REPEATED}


VALUES = st.lists(st.one_of(st.none(), st.floats(0, 50)), max_size=50)


@given(VALUES)
def test_every_alert_is_raised_once_and_cancelled_at_most_once(
    values: list[float | None],
) -> None:
    """Ids never mix; the first message is an alert, the last a cancellation or the end of data."""
    messages = told(values)
    ids = list(dict.fromkeys(m.alert_id for m in messages))
    assert len({m.identifier for m in messages}) == len(messages)
    kinds = [m.kind for m in messages]
    assert kinds.count(Kind.ALERT) == len(ids)
    assert kinds.count(Kind.CANCEL) in (len(ids), len(ids) - 1)
    for number, alert in enumerate(ids):
        own = [m for m in messages if m.alert_id == alert]
        assert own == messages[messages.index(own[0]) :][: len(own)]
        assert [m.kind for m in own[1:-1]] == [Kind.UPDATE] * len(own[1:-1])
        if number < len(ids) - 1:
            assert own[-1].kind is Kind.CANCEL


@given(VALUES)
def test_missing_data_never_cancel(values: list[float | None]) -> None:
    """A cancellation follows a value at or below 10 mm/h, and nothing else."""
    state = AlertState()
    for k, value in enumerate(values):
        state, message = evaluate(rain_rule(), state, Reading(value), minutes(k))
        if message is not None and message.kind is Kind.CANCEL:
            assert value is not None
            assert value <= 10.0


@given(VALUES)
def test_a_restart_at_any_moment_changes_nothing(values: list[float | None]) -> None:
    """The state survives being written down as JSON."""
    adapter = TypeAdapter(AlertState)
    state, kept = AlertState(), AlertState()
    for k, value in enumerate(values):
        state, message = evaluate(rain_rule(), state, Reading(value), minutes(k))
        kept = adapter.validate_json(adapter.dump_json(kept))
        kept, again = evaluate(rain_rule(), kept, Reading(value), minutes(k))
        assert (kept, again) == (state, message)


def test_the_same_second_counts_once() -> None:
    """Two evaluations within a second cannot give one id to two alerts."""
    rule = rain_rule()
    state, first = evaluate(rule, AlertState(), Reading(25.0), minutes(0))
    assert first is not None
    assert evaluate(rule, state, Reading(0.0), minutes(0)) == (state, None)


def test_too_few_things_raise_but_do_not_clear() -> None:
    """One gauge of ten that measures a cloudburst is believed; one that measures none is not."""
    rule = rain_rule()
    state, alert = evaluate(rule, AlertState(), Reading(25.0, complete=False), minutes(0))
    assert alert is not None
    state, message = evaluate(rule, state, Reading(0.0, complete=False), minutes(1))
    assert message is not None
    assert message.reason is Reason.DATA_LOST
    _, message = evaluate(rule, state, Reading(0.0), minutes(2))
    assert message is not None
    assert message.kind is Kind.CANCEL


def test_an_edited_rule_keeps_its_open_alert() -> None:
    """Another number of thresholds begins the machine anew, under the same id."""
    state, alert = evaluate(rain_rule(), AlertState(), Reading(25.0), minutes(0))
    assert alert is not None
    fewer = rain_rule(thresholds=[{"level": 3, "raise_at": 20, "clear_at": 10}])
    _, message = evaluate(fewer, state, Reading(5.0), minutes(1))
    assert message is not None
    assert (message.kind, message.alert_id) == (Kind.CANCEL, alert.alert_id)


@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_no_value_is_no_state_to_begin_with(value: float | None) -> None:
    """Before the first value nothing is ok, and nothing is raised."""
    state, message = evaluate(rain_rule(), AlertState(), Reading(value), minutes(0))
    assert message is None
    assert state.phase.value == "no-data"


def quietly(
    values: list[float | None], quiet: dict[int, WarningLevel | None], every_minutes: float = 1.0
) -> list[tuple[Kind, int, bool]]:
    """Kind, level and silence of the messages of a series, silenced up to a level at some steps."""
    state, found = AlertState(), []
    for k, value in enumerate(values):
        at = minutes(k * every_minutes)
        state, message = evaluate(rain_rule(), state, Reading(value), at, quiet.get(k))
        found += [(message.kind, int(message.level), message.muted)] if message else []
    return found


THREE = WarningLevel.ELDERLY_EVACUATE


def test_a_silenced_alert_is_kept_and_not_said() -> None:
    """Nor is its end: nobody knew of it."""
    messages = quietly([5.0, 22.0, 9.0, 9.0], dict.fromkeys(range(4), THREE))
    assert messages == [(Kind.ALERT, 3, True), (Kind.CANCEL, 3, True)]


def test_a_higher_level_breaks_the_silence() -> None:
    """As a new alert, which refers to nothing that a receiver does not have."""
    state, found = AlertState(), []
    for k, value in enumerate([22.0, 31.0, 9.0, 9.0]):
        state, message = evaluate(rain_rule(), state, Reading(value), minutes(k), THREE)
        found += [message] if message else []
    assert [(m.kind, int(m.level), m.muted) for m in found] == [
        (Kind.ALERT, 3, True), (Kind.ALERT, 4, False), (Kind.CANCEL, 4, False),
    ]  # fmt: skip
    assert found[1].references == ()
    assert [sent.identifier for sent in found[2].references] == [found[1].identifier]
    assert len({m.identifier for m in found}) == 3


def test_what_is_on_is_said_when_the_silence_ends() -> None:
    """At once, and once."""
    messages = quietly([22.0, 23.0, 24.0, 25.0], {0: THREE, 1: THREE})
    assert messages == [(Kind.ALERT, 3, True), (Kind.ALERT, 3, False)]


def test_the_end_of_what_was_said_is_said_in_silence_too() -> None:
    """No receiver stays alarmed."""
    messages = quietly([22.0, 23.0, 9.0, 9.0], {1: THREE, 2: THREE, 3: THREE})
    assert messages == [(Kind.ALERT, 3, False), (Kind.CANCEL, 3, False)]


@given(VALUES, st.lists(st.sampled_from([None, THREE]), min_size=50, max_size=50))
def test_a_receiver_sees_whole_lives(
    values: list[float | None], quiet: list[WarningLevel | None]
) -> None:
    """Whatever is silenced: an alert first, a cancellation last, and never two alerts in a row."""
    heard = [kind for kind, _, muted in quietly(values, dict(enumerate(quiet))) if not muted]
    on = False
    for kind in heard:
        assert on == (kind is not Kind.ALERT)
        on = kind is not Kind.CANCEL
