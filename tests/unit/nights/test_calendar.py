"""Nights out of records: by hand, and for any records whatever."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from citytwin.nights.calendar import Night, nights
from citytwin.nights.record import RunRecord
from tests.unit.nights.records import TOKYO, run_at


def verdicts(records: list[RunRecord], now: str, at: str | None = "02:30") -> dict[str, str]:
    """What became of each night, of processes that are all gone."""
    moment = datetime.fromisoformat(now).replace(tzinfo=TOKYO)
    found = nights(records, at, TOKYO, moment, lambda _: False)
    return {night.date.isoformat(): night.verdict for night in found}


def test_a_week() -> None:
    """Done, missed, killed and resumed by hand at noon, skipped, and not yet due."""
    records = [
        run_at("2026-11-20T02:31:00"),
        run_at("2026-11-22T02:30:10", "running"),
        run_at("2026-11-22T12:00:00", standing_parts=3, made_parts=1),
        run_at("2026-11-23T02:30:00", "busy", failures=("another run holds it",)),
        run_at("2026-11-24T02:30:00", "failed", failures=("no rain",)),
        run_at("2026-11-25T02:30:00", standing_parts=9),
        run_at("2026-11-26T02:30:00", "nothing to do"),
    ]
    assert verdicts(records, "2026-11-27T02:00:00") == {
        "2026-11-20": "done",
        "2026-11-21": "missed",
        "2026-11-22": "resumed",
        "2026-11-23": "skipped",
        "2026-11-24": "failed",
        "2026-11-25": "resumed",
        "2026-11-26": "nothing to do",
    }


def test_a_night_is_missed_some_minutes_after_its_time() -> None:
    """A timer lets up to two minutes pass, so that not all begin at once."""
    records = [run_at("2026-11-20T02:31:00")]
    assert list(verdicts(records, "2026-11-21T02:35:00")) == ["2026-11-20"]
    assert verdicts(records, "2026-11-21T02:45:00")["2026-11-21"] == "missed"


def test_a_look_that_finds_the_map_up_to_date_hides_nothing() -> None:
    """What the night did and changed is still told; a night of such looks alone says so."""
    moment = datetime(2026, 11, 21, 2, tzinfo=TOKYO)
    look = run_at("2026-11-20T09:00:00", "nothing to do")
    runs = [
        run_at("2026-11-20T02:30:00", published=("roads",)),
        run_at("2026-11-20T08:00:00", published=("roads", "sun"), minutes=9),
    ]
    (night,) = nights([*runs, look], "02:30", TOKYO, moment, lambda _: False)
    assert (night.verdict, night.last, night.changed) == ("done", runs[-1], ("roads", "sun"))
    (night,) = nights([look], "02:30", TOKYO, moment, lambda _: False)
    assert (night.verdict, night.last) == ("nothing to do", look)


def test_before_its_hour_a_run_belongs_to_the_night_before() -> None:
    """A run at two in the morning is yesterday's, where the night begins at half past two."""
    assert verdicts([run_at("2026-11-20T02:00:00")], "2026-11-20T02:10:00") == {
        "2026-11-19": "done"
    }


def test_without_a_timer_no_night_is_missed() -> None:
    """Local days with a run, and no others."""
    records = [run_at("2026-11-20T09:00:00"), run_at("2026-11-23T09:00:00", "stopped")]
    found = verdicts(records, "2026-11-26T00:00:00", None)
    assert found == {"2026-11-20": "done", "2026-11-23": "stopped"}


def test_a_run_that_lives_is_running_and_one_that_was_killed_is_not() -> None:
    """The same record; the difference is its process."""
    record = run_at("2026-11-20T02:30:00", "running")
    now = datetime(2026, 11, 20, 3, tzinfo=TOKYO)
    alive = nights([record], "02:30", TOKYO, now, lambda _: True)
    killed = nights([record], "02:30", TOKYO, now, lambda _: False)
    assert [alive[0].verdict, killed[0].verdict] == ["running", "interrupted"]


def test_summer_time_takes_no_night_away() -> None:
    """In Berlin 02:30 does not exist on 2026-03-29, and comes twice on 2026-10-25."""
    berlin = ZoneInfo("Europe/Berlin")
    for day in (date(2026, 3, 29), date(2026, 10, 25)):
        first = datetime(day.year, day.month, day.day, tzinfo=berlin) - timedelta(days=1)
        begun = [first + timedelta(days=k, hours=12) for k in range(3)]
        records = [
            RunRecord(city="c", begun=at, process=1, ended=at, outcome="done") for at in begun
        ]
        found = nights(records, "02:30", berlin, begun[-1], lambda _: False)
        assert [night.verdict for night in found] == ["done"] * 3
        assert [night.date for night in found] == [day + timedelta(days=k) for k in (-1, 0, 1)]


def test_a_clock_that_was_ahead_hides_no_night() -> None:
    """A run of a year to come is in no night, and no night until then counts as missed."""
    records = [run_at("2026-11-20T02:30:00"), run_at("2032-05-02T02:30:00")]
    assert verdicts(records, "2026-11-21T12:00:00") == {
        "2026-11-20": "done",
        "2026-11-21": "missed",
    }


outcomes = st.sampled_from(["running", "done", "nothing to do", "failed", "stopped", "busy"])


@given(
    runs=st.lists(st.tuples(st.integers(0, 20 * 24 * 60), outcomes), min_size=1, max_size=30),
    hour=st.integers(0, 23),
)
def test_every_run_is_in_one_night_and_the_nights_leave_no_gap(
    runs: list[tuple[int, str]], hour: int
) -> None:
    """Whatever ran when."""
    begin = datetime(2026, 11, 1, tzinfo=UTC)
    records = [
        run_at((begin + timedelta(minutes=m)).replace(tzinfo=None).isoformat(), outcome)
        for m, outcome in sorted(runs)
    ]
    now = begin + timedelta(days=21)
    found = nights(records, f"{hour:02d}:30", TOKYO, now, lambda _: False)
    assert [record for night in found for record in night.runs] == records
    days = [night.date for night in found]
    assert days == [days[0] + timedelta(days=k) for k in range(len(days))]
    assert all((night.verdict == "missed") == (not night.runs) for night in found)


def test_layers_that_left_the_map_are_those_of_the_end_of_a_night() -> None:
    """What a later run brought back did not leave, and what left is not among those that changed."""
    runs = (
        run_at("2026-11-20T02:30:00", published=("rain", "roads", "wind")),
        run_at("2026-11-20T03:30:00", unchanged=("wind",), no_longer=("roads", "rain")),
        run_at("2026-11-20T04:30:00", "failed"),
        run_at("2026-11-20T05:30:00", published=("rain",), unchanged=("wind",)),
    )
    for upto, gone, changed in (
        (2, ("rain", "roads"), ("wind",)),
        (4, ("roads",), ("rain", "wind")),
    ):
        night = Night(date(2026, 11, 20), "done", runs[:upto])
        assert night.no_longer == gone
        assert night.changed == changed
