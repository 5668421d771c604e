"""The page about feeds lists what there is, and its example is a mapping that works."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from citytwin import registry
from citytwin.model.steps import Format
from citytwin.recognition.feeds import FEEDS

TESTS = Path(__file__).parents[2]
PAGE = (TESTS.parent / "docs" / "feeds.md").read_text("utf-8")


def test_every_feed_is_listed():
    """By the name that a configuration uses."""
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) >= FEEDS


def test_the_example_is_a_mapping():
    """Its parameters are those of the format."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    for source in yaml.safe_load(text)["sources"]:
        step = registry.named(Format, source["use"])
        assert step.params.model_validate(source["params"]).model_dump()["values"]


def test_every_trap_has_a_test():
    """That exists where the page says; no row is without one."""
    (table,) = re.findall(r"^## Traps.*?(?=^## )", PAGE, re.DOTALL | re.MULTILINE)
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    files = {path.name: path for path in TESTS.rglob("test_*.py")}
    named = [re.findall(r"`(test_\w+\.py)::(test_\w+)`", row) for row in rows]
    assert len(rows) > 30
    assert all(named)
    missing = [
        f"{file}::{test}"
        for tests in named
        for file, test in tests
        if file not in files or f"def {test}(" not in files[file].read_text("utf-8")
    ]
    assert not missing
