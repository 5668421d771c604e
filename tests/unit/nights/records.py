"""Records of runs for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from citytwin.nights.record import RunRecord

TOKYO = ZoneInfo("Asia/Tokyo")


def run_at(local: str, outcome: str = "done", minutes: float = 5, **values: Any) -> RunRecord:
    """A run that began at a local time of Tokyo."""
    begun = datetime.fromisoformat(local).replace(tzinfo=TOKYO)
    ended = None if outcome == "running" else begun + timedelta(minutes=minutes)
    fields = {"city": "c", "begun": begun, "process": 1, "ended": ended, "outcome": outcome}
    return RunRecord.model_validate(fields | values)
