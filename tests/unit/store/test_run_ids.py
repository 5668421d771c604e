"""Ids of runs rise, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from citytwin.store.latest import run_id_after

NOW = datetime(2026, 11, 26, 2, 30, tzinfo=ZoneInfo("Asia/Tokyo"))


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (None, "20261125T173000Z"),
        ("20261124T173000Z", "20261125T173000Z"),
        ("20261125T173000Z", "20261125T173001Z"),
        ("20271231T235959Z", "20280101T000000Z"),
    ],
    ids=["first", "later", "same second", "clock set back"],
)
def test_a_run_is_newer_than_the_one_before(before: str | None, wanted: str) -> None:
    """The id is the time in UTC; else the second after the last id."""
    assert run_id_after(before, NOW) == wanted
    assert run_id_after(before, NOW + timedelta(days=800)) > wanted
    assert NOW.astimezone(UTC).isoformat() == "2026-11-25T17:30:00+00:00"
