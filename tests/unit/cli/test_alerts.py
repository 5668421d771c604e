"""Alerts of a running twin on the command line: shown, acknowledged, silenced, with who and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.alerts import command
from citytwin.errors import ConfigError
from citytwin.live.alerting import AlertDesk
from citytwin.live.recent import Recent
from citytwin.live.sync import OUTBOX
from citytwin.store.alert_marks import AlertMarks
from citytwin.store.observations import folder_of
from citytwin.store.outbox import Outbox
from tests.unit.live.live_city import RULE, SENDER, city, feed
from tests.unit.live.test_alerting import rain

SINKS = [{"name": "cap", "folder": {"path": "cap"}}]


class Town:
    """A city with one rule, whose twin is evaluated by hand."""

    def __init__(self, folder: Path) -> None:
        self.loaded = city(
            folder, [feed(folder={"path": "in"})], alerts=[RULE], sender=SENDER, sinks=SINKS
        )
        self.path = folder_of(self.loaded.city_dir) / OUTBOX
        self.recent, self.now = Recent(timedelta(hours=1)), datetime.now(UTC)

    def measures(self, value: float) -> int:
        """Let a second pass; return how many messages wait for the receiver in all."""
        self.now += timedelta(seconds=1)
        rain(self.recent, self.now, value)
        with Outbox(self.path) as outbox:
            AlertDesk(self.loaded.config, self.loaded.city_dir, outbox, self.recent).evaluate(
                self.now
            )
            return outbox.lengths()["cap"].waiting if outbox.lengths() else 0

    def says(self, *arguments: str) -> str:
        """What the command says."""
        done = CliRunner().invoke(command, [str(self.loaded.file), *arguments])
        if done.exception is not None:
            raise done.exception
        return done.output.strip()


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Before anything was measured."""
    return Town(tmp_path)


def test_a_silenced_rule_sends_nothing_until_it_is_lifted(town: Town) -> None:
    """And then says at once what is on; both decisions are kept."""
    assert town.says() == "heavy_rain: no-data"
    said = town.says("--silence", "heavy_rain", "--by", "Sato", "--why", "test of pumps")
    assert "silenced up to level 3 until" in said
    assert said.endswith("by Sato")
    assert [town.measures(40.0) for _ in range(3)] == [0, 0, 0]
    assert "alert heavy_rain-" in town.says()
    assert "silenced" not in town.says("--lift", "heavy_rain", "--by", "Abe")
    assert [town.measures(40.0) for _ in range(2)] == [1, 1]
    assert AlertMarks(town.path).decisions() == (
        "Sato silences heavy_rain up to level 3: test of pumps",
        "Abe ends the silence of heavy_rain",
    )


def test_an_acknowledged_alert_goes_on(town: Town) -> None:
    """Who has seen it first counts; its end is still said."""
    assert town.measures(40.0) == 1
    alert = town.says().split("alert ")[1].split(" ")[0]
    assert "not acknowledged" in town.says()
    assert town.says("--acknowledge", alert, "--by", "Sato").endswith("seen by Sato")
    assert town.says("--acknowledge", alert, "--by", "Abe").endswith("seen by Sato")
    assert town.measures(1.0) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--silence", "heavy_rain", "--why", "x"], "who decides"),
        (["--silence", "heavy_rain", "--by", "x"], "needs a reason"),
        (["--silence", "heavy_rainn", "--by", "x", "--why", "y"], "did you mean 'heavy_rain'"),
        (["--acknowledge", "a", "--by", "x"], "no alert 'a' is open"),
        (["--lift", "a", "--acknowledge", "b", "--by", "x"], "one decision at a time"),
    ],
)
def test_mistakes_are_told(town: Town, arguments: list[str], said: str) -> None:
    """Nothing is decided then."""
    with pytest.raises(ConfigError, match=said):
        town.says(*arguments)
    assert AlertMarks(town.path).decisions() == ()
