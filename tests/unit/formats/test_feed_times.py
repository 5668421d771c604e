"""Times of feeds: zones, 24:00, clocks put forward and back."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.formats.feed_times import TimeStampError, checked, utc_interval, utc_seconds

TOKYO, BERLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Berlin")


def seconds(*parts):
    """Seconds of a moment in UTC."""
    return int(datetime(*parts, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-07-24T21:12:00.002308656Z", None, seconds(2026, 7, 24, 21, 12)),
        ("2026-07-24T21:12Z", None, seconds(2026, 7, 24, 21, 12)),
        ("2026-07-24 21:12:30+09:00", None, seconds(2026, 7, 24, 12, 12, 30)),
        ("2026-07-24T21:12:30-0330", None, seconds(2026, 7, 25, 0, 42, 30)),
        ("20260724T211230Z", None, seconds(2026, 7, 24, 21, 12, 30)),
        ("2026-07-24T21:12:30,5Z", None, seconds(2026, 7, 24, 21, 12, 30)),
        ("2026-07-24T09:00", TOKYO, seconds(2026, 7, 24, 0, 0)),
        ("2026-12-31T24:00", TOKYO, seconds(2026, 12, 31, 15, 0)),
        ("2026-12-31T24:00:00Z", None, seconds(2027, 1, 1)),
        ("2026-07-01T00:30", BERLIN, seconds(2026, 6, 30, 22, 30)),
    ],
)
def test_moments(text, zone, expected):
    """What the text says, in UTC."""
    assert utc_seconds(text, zone) == expected


@pytest.mark.parametrize(
    ("text", "zone", "words"),
    [
        ("2026-07-24T09:00", None, "unknown zone"),
        ("2026-03-29T02:30", BERLIN, "put forward or back"),
        ("2026-10-25T02:30", BERLIN, "put forward or back"),
        ("2026-07-24T24:01Z", None, "only 24:00 itself"),
        ("2026-07-24T25:00Z", None, "no ISO 8601"),
        ("2026-07-24T12:60Z", None, "no ISO 8601"),
        ("2026-02-29T12:00Z", None, "no ISO 8601"),
        ("2026-07-24", None, "no ISO 8601"),
        ("24.07.2026 12:00", None, "no ISO 8601"),
        ("2026-07-24T12:00+19:00", None, "no ISO 8601"),
        ("٢٠٢٦-٠٧-٢٤T12:00Z", None, "no ISO 8601"),
        ("9999-12-31T24:00Z", None, "no ISO 8601"),
        ("1850-01-01T00:00Z", None, "1900 and 2200"),
        ("", None, "no ISO 8601"),
    ],
)
def test_texts_that_say_no_moment(text, zone, words):
    """The reason is named."""
    with pytest.raises(TimeStampError, match=words):
        utc_seconds(text, zone)


def test_intervals():
    """Two ends, an instant twice, and none that runs backwards."""
    assert utc_interval("2026-01-01T00:00Z/2026-01-01T00:05Z", None) == (
        seconds(2026, 1, 1),
        seconds(2026, 1, 1, 0, 5),
    )
    assert utc_interval("2026-01-01T00:00Z", None) == (seconds(2026, 1, 1),) * 2
    with pytest.raises(TimeStampError, match="ends before it begins"):
        utc_interval("2026-01-01T00:05Z/2026-01-01T00:00Z", None)


def test_seconds_are_cut_and_bounded():
    """NaN lies nowhere."""
    assert checked(-0.5) == -1
    for wild in (float("nan"), float("inf"), -1e300):
        with pytest.raises(TimeStampError):
            checked(wild)


@given(st.text(alphabet="0123456789-:TZ+. /", max_size=30))
def test_no_text_does_harm(text):
    """Seconds between 1900 and 2200, or the error."""
    for zone in (None, TOKYO, BERLIN):
        try:
            found = utc_seconds(text, zone)
        except TimeStampError:
            continue
        assert -2_208_988_800 <= found < 7_258_118_400
