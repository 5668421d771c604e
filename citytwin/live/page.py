"""``live.json`` beside the published map: values with their times, alerts, feeds; the page polls it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from pathlib import Path

from citytwin.alerts.lifecycle import AlertState
from citytwin.alerts.rule import AlertRule
from citytwin.live.recent import Recent
from citytwin.model import properties
from citytwin.model.tables import Flag
from citytwin.model.warning_levels import MEANINGS
from citytwin.store.atomic import write_text
from citytwin.store.latest import LIVE
from citytwin.transports.connector import Standing

SCHEMA = "citytwin-live/1"
_BY_NAME = {observed.name: observed for observed in properties.ALL}
_MOST_VALUES = 500
"""On the page; thousands of markers are no map."""


def write_page(
    city_dir: Path,
    now: datetime,
    recent: Recent,
    alerts: Sequence[tuple[AlertRule, AlertState]],
    feeds: Mapping[str, Standing],
    *,
    public: AbstractSet[str],
    running: bool,
) -> None:
    """Write the file in one step.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    now
        Aware.
    recent
        Values and things.
    alerts
        Rules and their states.
    feeds
        How each feed fares.
    public
        Names of the feeds whose values anybody may see; others stay at home, as their layers do,
        with the alerts of rules that watch them or may do so.
    running
        False with the last one before the end: the page says that nothing more comes.
    """
    told = [
        (rule, state)
        for rule, state in alerts
        if public >= feeds.keys() or _watches_only(recent.sources(rule.watch), public)
    ]
    content = {
        "schema": SCHEMA,
        "written": _stamp(now),
        "running": running,
        "values": _values(recent, public),
        "alerts": [_alert(rule, state) for rule, state in told if state.alert_id],
        "rules": [
            {"id": rule.id, "title": rule.title.model_dump(), "phase": state.phase.value}
            for rule, state in told
        ],
        "feeds": [
            {
                "name": name,
                "connected": standing.connected,
                "last_success": None
                if standing.last_success_s is None
                else _stamp(datetime.fromtimestamp(standing.last_success_s, UTC)),
            }
            for name, standing in feeds.items()
            if name in public
        ],
    }
    write_text(city_dir / LIVE, json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


def _watches_only(watched: AbstractSet[str], public: AbstractSet[str]) -> bool:
    return bool(watched) and watched <= public


def _values(recent: Recent, public: AbstractSet[str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for (thing, observed), latest in sorted(recent.latest.items()):
        place, quantity = recent.things.get(thing), _BY_NAME.get(observed)
        if place is None or quantity is None or place.source not in public:
            continue
        good = latest.flag is Flag.GOOD and latest.value is not None
        value = latest.value if good and math.isfinite(latest.value or 0.0) else None
        rows.append(
            {
                "thing": thing,
                "name": place.name or thing,
                "kind": place.kind,
                "property": observed,
                "title": quantity.title.model_dump(),
                "unit": quantity.unit,
                "value": value,
                "flag": latest.flag.name.lower(),
                "at": _stamp(latest.at),
                "longitude": round(place.longitude_deg, 6),
                "latitude": round(place.latitude_deg, 6),
                "synthetic": place.synthetic,
            }
        )
    return rows[:_MOST_VALUES]


def _alert(rule: AlertRule, state: AlertState) -> dict[str, object]:
    level = state.level or rule.thresholds[0].level
    return {
        "id": state.alert_id,
        "rule": rule.id,
        "title": rule.title.model_dump(),
        "level": int(level),
        "means": MEANINGS[level].name.model_dump(),
        "phase": state.phase.value,
        "silent": state.silent,
        "raised": None if state.raised_at is None else _stamp(state.raised_at),
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
