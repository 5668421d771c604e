"""Layers that could not be published are refused before anything is fetched or computed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from citytwin.config import LoadedConfig, load
from citytwin.errors import ConfigError
from citytwin.live.openness import require_open_layers
from tests.unit.live.live_city import city, feed

RAIN = {"when": {"property": "rainfall_rate"}, "at_least": 15}
HOME = {"name": "home", "classification": "internal", "folder": {"path": "home"}}


def configured(folder: Path, *feeds: dict[str, Any], **live: Any) -> LoadedConfig:
    """A city with an open feed of sensors, and others."""
    return city(folder, [feed(folder={"path": "in"}), *(feed(**one) for one in feeds)], **live)


@pytest.mark.parametrize(
    ("live", "layer"),
    [
        ({"nowcast": RAIN}, "flood_nowcast"),
        (
            {
                "nowcast": RAIN
                | {
                    "when": {"property": "rainfall_rate", "things": "urn:citytwin:sensors:*"},
                    "stages": [{"thing": "urn:citytwin:home:river", "zero_m": 0, "edge": "west"}],
                }
            },
            "flood_nowcast",
        ),
        ({"wind": {"thing": "urn:citytwin:home:roof"}}, "wind_speed_now"),
        ({"sunlight": {"thing": "urn:citytwin:home:roof"}}, "irradiance_now"),
        ({"traffic": {}}, "traffic"),
        ({"road_speeds": {"things": "urn:citytwin:h*"}}, "road_speeds"),
    ],
)
def test_an_internal_feed_makes_no_layer_for_anyone(
    tmp_path: Path, live: dict[str, Any], layer: str
) -> None:
    """The message names both."""
    loaded = configured(tmp_path, HOME, **live)
    said = f"layer {layer} would follow feed home, which is internal"
    with pytest.raises(ConfigError, match=said):
        require_open_layers(loaded)


@pytest.mark.parametrize(
    "live",
    [
        {},
        {
            "nowcast": RAIN
            | {"when": {"property": "rainfall_rate", "things": "urn:citytwin:sensors:*"}}
        },
        {"wind": {"thing": "urn:citytwin:sensors:roof"}, "traffic": {"things": "*:sensors:gate*"}}
        | {"traffic": {"things": "urn:citytwin:sensors:gate-?"}},
    ],
)
def test_what_watches_open_feeds_only_is_let_pass(tmp_path: Path, live: dict[str, Any]) -> None:
    """An internal feed beside them is kept at home."""
    require_open_layers(configured(tmp_path, HOME, **live))


def test_a_format_that_observes_nothing_of_it_is_no_hindrance(tmp_path: Path) -> None:
    """Buses tell of no rain; a radar does, whatever its things are called."""
    buses = HOME | {"use": "gtfs_rt"}
    require_open_layers(configured(tmp_path, buses, nowcast=RAIN))
    radar = HOME | {"use": "radar_hdf5"}
    when = {"property": "rainfall_rate", "things": "urn:citytwin:sensors:*"}
    with pytest.raises(ConfigError, match="flood_nowcast would follow feed home"):
        require_open_layers(configured(tmp_path, radar, nowcast=RAIN | {"when": when}))


def test_known_readers_and_named_rules_may_see_more(tmp_path: Path) -> None:
    """A served city shows internal layers; a rule lowers the one that it names."""
    loaded = configured(tmp_path, HOME, wind={"thing": "urn:citytwin:home:roof"})
    content = yaml.safe_load(loaded.file.read_text("utf-8"))
    rule = {
        "name": "wind",
        "layers": ["wind_speed_now"],
        "at_most": "internal",
        "to": "public",
        "reason": {"ja": "風は誰のものでもない", "en": "Wind is nobody's"},
    }
    for change in ({"publication": "served"}, {"lowerings": [rule]}):
        loaded.file.write_text(yaml.safe_dump(content | change, allow_unicode=True), "utf-8")
        require_open_layers(load(loaded.file))


def test_a_closed_ground_makes_no_nowcast_for_anyone(tmp_path: Path) -> None:
    """Whatever rule lets other layers of it be shown."""
    loaded = configured(tmp_path, nowcast=RAIN)
    content = yaml.safe_load(loaded.file.read_text("utf-8"))
    content["sources"][0]["classification"] = "internal"
    loaded.file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    with pytest.raises(ConfigError, match="made from buildings"):
        require_open_layers(load(loaded.file))
