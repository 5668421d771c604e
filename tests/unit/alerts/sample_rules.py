"""A rule on heavy rain, and the setting of a city, for the tests of alerts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from citytwin.alerts.rule import AlertRule
from citytwin.alerts.sender import Setting, Status
from citytwin.model.text import text

NOON = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
SQUARE = ((35.0, 139.0), (35.0, 139.1), (35.1, 139.1), (35.1, 139.0), (35.0, 139.0))


def minutes(count: float) -> datetime:
    """So many minutes after noon of Japan."""
    return NOON + timedelta(minutes=count)


def rain_rule(**changes: Any) -> AlertRule:
    """Level 3 at 20 mm/h, level 4 at 30 mm/h, cleared at 10 and 20."""
    content: dict[str, Any] = {
        "id": "heavy_rain",
        "title": {"ja": "激しい雨", "en": "Heavy rain"},
        "watch": {"property": "rainfall_rate"},
        "thresholds": [
            {"level": 3, "raise_at": 20, "clear_at": 10, "clear_after_minutes": 0},
            {"level": 4, "raise_at": 30, "clear_at": 20, "clear_after_minutes": 0},
        ],
        "instruction": {"ja": "川に近づかない <注意>", "en": "Keep away from rivers & drains"},
    }
    return AlertRule.model_validate(content | changes)


def setting(*, synthetic: bool = False, status: Status = Status.ACTUAL) -> Setting:
    """A city that warns a square."""
    return Setting.model_validate(
        {
            "sender": {
                "id": "twin@city.example",
                "name": {"ja": "みずほ市", "en": "Mizuho"},
                "status": status,
                "contact": "bousai@city.example",
            },
            "city": "mizuho",
            "title": text("みずほ市", "Mizuho"),
            "time_zone": "Asia/Tokyo",
            "synthetic": synthetic,
            "area": (SQUARE,),
        }
    )
