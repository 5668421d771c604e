"""How a running twin fares, as a monitoring is told that may not know what is restricted."""

from __future__ import annotations

from citytwin.alerts.rule import AlertRule
from citytwin.live.health import Health
from citytwin.live.openness import may_tell
from citytwin.live_config import FeedConfig, LiveConfig
from citytwin.model.layer import Classification, highest, is_within
from citytwin.model.properties import ALL
from citytwin.security.told_names import told_names


def told_health(health: Health, live: LiveConfig) -> Health:
    """Say numbers in the place of the names of restricted feeds, and of rules that may watch one.

    Parameters
    ----------
    health
        How it fares.
    live
        Its configuration.
    """
    closed = [feed for feed in live.feeds if not is_within(feed.classification, "internal")]
    if not closed:
        return health
    feeds = told_names({feed.name: feed.classification for feed in live.feeds})
    rules = told_names({rule.id: _class_of(rule, closed) for rule in live.alerts})
    return health.model_copy(
        update={
            "feeds": {feeds[name]: feed for name, feed in health.feeds.items()},
            "alerts": {rules[name]: phase for name, phase in health.alerts.items()},
        }
    )


def _class_of(rule: AlertRule, closed: list[FeedConfig]) -> Classification:
    watched = [observed for observed in ALL if observed.name == rule.watch.property]
    classes = [feed.classification for feed in closed if may_tell(feed, rule.watch.things, watched)]
    return highest(classes) if classes else "public"
