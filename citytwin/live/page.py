"""``live.json`` beside the published map: values with their times, alerts, feeds; the page polls it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from citytwin.alerts.lifecycle import AlertState
from citytwin.alerts.rule import AlertRule
from citytwin.alerts.silence import Acknowledgement, Silence
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


@dataclass(frozen=True)
class RuleShown:
    """An alert rule as it stands, with what people decided about it."""

    rule: AlertRule
    state: AlertState
    acknowledged: Acknowledgement | None = None
    """Who has seen its open alert."""
    silence: Silence | None = None
    """Under which it is."""


@dataclass(frozen=True)
class Page:
    """All that the file says."""

    now: datetime
    """Aware."""
    recent: Recent
    """Values and things."""
    rules: Sequence[RuleShown]
    feeds: Mapping[str, Standing]
    """How each feed fares."""
    public: AbstractSet[str]
    """Names of the feeds whose values anybody may see; others stay at home, as their layers do,
    with the alerts of rules that watch them or may do so."""
    running: bool
    """False with the last one before the end: the page says that nothing more comes."""

    def text(self) -> str:
        """Return the file."""
        told = [one for one in self.rules if self._may_be_told(one.rule)]
        content = {
            "schema": SCHEMA,
            "written": _stamp(self.now),
            "running": self.running,
            "values": _values(self.recent, self.public),
            "alerts": [_alert(one) for one in told if one.state.alert_id],
            "rules": [_rule(one, self.recent.doubtful(one.rule.watch, self.now)) for one in told],
            "feeds": [
                _feed(name, standing)
                for name, standing in self.feeds.items()
                if name in self.public
            ],
        }
        return json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n"

    def _may_be_told(self, rule: AlertRule) -> bool:
        if self.public >= self.feeds.keys():
            return True
        watched = self.recent.sources(rule.watch)
        return bool(watched) and watched <= self.public


def write_page(city_dir: Path, aside: Path, page: Page) -> None:
    """Write the file in one step.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    aside
        Folder in which it is written: in that of the city whoever publishes removes what looks unfinished.
    page
        What it says.
    """
    write_text(city_dir / LIVE, page.text(), aside)


def _values(recent: Recent, public: AbstractSet[str]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for (thing, observed), latest in sorted(recent.latest.items()):
        place, quantity = recent.things.get(thing), _BY_NAME.get(observed)
        if place is None or quantity is None or place.source not in public:
            continue
        shown = latest.flag in (Flag.GOOD, Flag.SUSPECT) and latest.value is not None
        value = latest.value if shown and math.isfinite(latest.value or 0.0) else None
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


def _alert(shown: RuleShown) -> dict[str, object]:
    rule, state, seen = shown.rule, shown.state, shown.acknowledged
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
        "acknowledged": None
        if seen is None
        else {"by": seen.by, "at": _stamp(seen.at), "note": seen.note},
    }


def _rule(shown: RuleShown, doubtful: int) -> dict[str, object]:
    quiet = shown.silence
    return {
        "id": shown.rule.id,
        "title": shown.rule.title.model_dump(),
        "phase": shown.state.phase.value,
        "doubtful": doubtful,
        "silence": None
        if quiet is None
        else {
            "up_to": int(quiet.up_to),
            "until": _stamp(quiet.until),
            "by": quiet.by,
            "why": quiet.why,
        },
    }


def _feed(name: str, standing: Standing) -> dict[str, object]:
    last_s = standing.last_success_s
    return {
        "name": name,
        "connected": standing.connected,
        "last_success": None if last_s is None else _stamp(datetime.fromtimestamp(last_s, UTC)),
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
