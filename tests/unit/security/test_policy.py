"""Policy files: what is wrong in one is told with its place, and nothing is guessed."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.errors import ConfigError
from citytwin.security.policy import load_policy

GOOD = """\
version: 1
rules:
  - {name: everyone, effect: allow, actions: [read], anyone: true}
  - name: planners
    effect: allow
    actions: [read, sign]
    roles: [planner]
    up_to: internal
    until: 2027-03-31T00:00:00+09:00
  - {name: stop, effect: deny, actions: [sign], unless_roles: [operator]}
"""


def write(folder: Path, text: str) -> Path:
    """Write a policy."""
    file = folder / "policy.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_policy_is_read(tmp_path: Path) -> None:
    """All keys of the file stand in the rules."""
    rules = load_policy(write(tmp_path, GOOD)).rules
    assert [rule.name for rule in rules] == ["everyone", "planners", "stop"]
    assert rules[1].up_to == "internal"
    assert rules[2].unless_roles == {"operator"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("version: 1", "version: 2", "version"),
        ("up_to: internal", "up_too: internal", "up_too: unknown key, did you mean 'up_to'"),
        ("up_to: internal", "up_to: open", r"rules\[1\].up_to"),
        ("[planner]", "[]", "allows nobody"),
        ("unless_roles: [operator]", "roles: [guest]", "roles is no key of what can deny"),
        ("anyone: true", "anyone: true, up_to: internal", "gives what is internal to anyone"),
        ("anyone: true", "anyone: true, at_least: public", "at_least is no key of what can allow"),
        ("name: stop", "name: everyone", "used twice: everyone"),
        ("anyone: true", "anyone: true, names: ['a*b']", "stands for any end"),
        ("+09:00", "", "until"),
        (
            "until:",
            "since: 2027-03-31T00:00:00+09:00\n    until:",
            "planners has no effect: it ends",
        ),
        ("until:", "since: 2027-03-30T15:00:01Z\n    until:", r"\(2027-03-30T15:00:01\+00:00\)"),
        ("[read, sign]", "[reed]", r"rules\[1\].actions"),
        ("roles: [planner]", "roles: [planner]\n    roles: [guest]", "stands twice"),
        (
            "[sign], unless",
            "[run], unless",
            r"policy.yaml: rules\[2\].*rule stop: .*'run' \(actions",
        ),
        (
            "[sign], unless",
            "[sign, manage], unless",
            "rule stop: .*'manage' .*rights of their files",
        ),
        ("[sign], unless", "[sign], kinds: [layer, key], unless", r"rule stop: .*'key' \(kinds"),
        ("[sign], unless", "[sign], kinds: [audit], unless", r"rule stop: .*'audit' \(kinds"),
        ("[sign], unless", "[sign], kinds: [table], unless", "stop has no effect.*sign a table"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """Each is refused when the file is loaded."""
    assert old in GOOD
    with pytest.raises(ConfigError, match=said):
        load_policy(write(tmp_path, GOOD.replace(old, new)))


def test_files_that_are_no_policy(tmp_path: Path) -> None:
    """Missing, not UTF-8, not a mapping, too large."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_policy(tmp_path / "none.yaml")
    file = tmp_path / "policy.yaml"
    for raw, said in ((b"\xff", "not UTF-8"), (b"- 1", "policy.yaml"), (b" " * 1_000_001, "many")):
        file.write_bytes(raw)
        with pytest.raises(ConfigError, match=said):
            load_policy(file)
