"""Records of runs for tests, and the city that they are of."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from citytwin.nights.record import RunRecord

TOKYO = ZoneInfo("Asia/Tokyo")
CITY = """
city: {id: c, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {cell_m: 5.0}
sources:
  - {name: rain, use: amedas, path: rain, classification: public, title: Rain, licence: none}
"""


def run_at(local: str, outcome: str = "done", minutes: float = 5, **values: Any) -> RunRecord:
    """A run that began at a local time of Tokyo."""
    begun = datetime.fromisoformat(local).replace(tzinfo=TOKYO)
    ended = None if outcome == "running" else begun + timedelta(minutes=minutes)
    fields = {"city": "c", "begun": begun, "process": 1, "ended": ended, "outcome": outcome}
    return RunRecord.model_validate(fields | values)
