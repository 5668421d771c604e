"""The page about feeds lists what there is, and its example is a mapping that works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from citytwin import registry
from citytwin.model.steps import Format
from citytwin.recognition.feeds import FEEDS

PAGE = (Path(__file__).parents[3] / "docs" / "feeds.md").read_text("utf-8")


def test_every_feed_is_listed():
    """By the name that a configuration uses."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= FEEDS


def test_the_example_is_a_mapping():
    """Its parameters are those of the format."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for source in yaml.safe_load(text)["sources"]:
        step = registry.named(Format, source["use"])
        assert step.params.model_validate(source["params"]).model_dump()["values"]
