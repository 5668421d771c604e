"""The policy follows its file: good changes count, mistakes and half-written files do not."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from citytwin.errors import ConfigError
from citytwin.security.audit import AuditChain, verify
from citytwin.server import policy_file
from citytwin.server.policy_file import PolicyFile

KEY = bytes(32)
RULE = "- {name: %s, effect: allow, actions: [read], anyone: true}\n"


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditChain]:
    """A chain, and a policy file that is looked at each time."""
    monkeypatch.setattr(policy_file, "_EVERY_S", 0.0)
    chain = AuditChain(tmp_path / "audit", tmp_path / "anchors", KEY)
    yield chain
    chain.close()


def put(file: Path, text: str, age_s: float = 60.0) -> None:
    """Write a file that was last changed so long ago."""
    file.write_text(text, encoding="utf-8")
    then = time.time() - age_s
    os.utime(file, (then, then))


def names(policy: PolicyFile) -> list[str]:
    """Of the rules in force."""
    return [rule.name for rule in policy.current().rules]


def told(folder: Path) -> list[tuple[str, str, bool]]:
    """Entries of the audit."""
    lines = "".join(path.read_text() for path in (folder / "audit").glob("*.jsonl")).splitlines()
    return [(e["action"], e["kind"], e["allowed"]) for e in map(json.loads, lines)]


def test_a_change_counts_and_is_told(
    tmp_path: Path, audit: AuditChain, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, for all that look from then on."""
    file = tmp_path / "policy.yaml"
    put(file, "version: 1\nrules:\n" + RULE % "one", 90.0)
    policy = PolicyFile(file, audit, tmp_path)
    assert names(policy) == names(policy) == ["one"]
    assert told(tmp_path) == []
    put(file, "version: 1\nrules:\n" + RULE % "two")
    assert names(policy) == names(policy) == ["two"]
    assert told(tmp_path) == [("manage", "policy", True)]
    assert "in force as it stands now" in caplog.text
    assert verify(tmp_path / "audit", tmp_path / "anchors", KEY).findings == ()


@pytest.mark.parametrize("broken", ["version: 2\n", "version: 1\nrules: [", "", None])
def test_a_mistake_leaves_the_rules_that_were(
    tmp_path: Path, audit: AuditChain, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    """Told once; mended, the file counts again."""
    file = tmp_path / "policy.yaml"
    put(file, "version: 1\nrules:\n" + RULE % "one", 90.0)
    policy = PolicyFile(file, audit, tmp_path)
    if broken is None:
        file.unlink()
    else:
        put(file, broken)
    assert names(policy) == names(policy) == ["one"]
    assert told(tmp_path) == [("manage", "policy", False)]
    assert caplog.text.count("stays in force") == 1
    put(file, "version: 1\nrules:\n" + RULE % "two", 30.0)
    assert names(policy) == ["two"]
    assert told(tmp_path)[1:] == [("manage", "policy", True)]


def test_a_file_that_is_just_being_written_waits(
    tmp_path: Path, audit: AuditChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it may hold what allows, and not yet what denies."""
    file = tmp_path / "policy.yaml"
    put(file, "version: 1\nrules:\n" + RULE % "one", 90.0)
    policy = PolicyFile(file, audit, tmp_path)
    put(file, "version: 1\nrules:\n" + RULE % "two", -3600.0)  # a clock that was set back
    assert names(policy) == ["two"]
    monkeypatch.setattr(policy_file, "_SETTLED_S", 3600.0)
    put(file, "version: 1\nrules:\n" + RULE % "three", 1.0)
    assert names(policy) == ["two"]
    monkeypatch.setattr(policy_file, "_SETTLED_S", 0.5)
    assert names(policy) == ["three"]


def test_there_must_be_one_to_begin_with(tmp_path: Path, audit: AuditChain) -> None:
    """A server without rules does not start."""
    with pytest.raises(ConfigError, match="cannot be read"):
        PolicyFile(tmp_path / "policy.yaml", audit, tmp_path)


def test_names_of_nothing_are_told(
    tmp_path: Path, audit: AuditChain, caplog: pytest.LogCaptureFixture
) -> None:
    """At the start and after a change: a denial of what is not there gives out what is."""
    for name in ("buildings", "flood_depth_max"):
        (tmp_path / "city" / name / "20261123T210000Z").mkdir(parents=True)
    file = tmp_path / "policy.yaml"
    deny = "- {name: works, effect: deny, actions: [read], kinds: [KINDS], names: [NAMES]}\n"
    wrong = deny.replace("KINDS", "layer").replace("NAMES", "buildngs, observations, 'wind*'")
    put(file, "version: 1\nrules:\n" + wrong, 90.0)
    policy = PolicyFile(file, audit, tmp_path / "city")
    policy.warn()
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 3
    said = "rule works: the city has no layer 'buildngs', did you mean 'buildings'?"
    assert told[0] == f"policy {file}: {said}"
    caplog.clear()
    right = deny.replace("KINDS", "layer, table").replace("NAMES", "buildings, live, 'flood*', '*'")
    put(file, "version: 1\nrules:\n" + right + RULE % "one")
    assert names(policy) == ["works", "one"]
    assert "the city has no" not in caplog.text
    put(file, "version: 1\nrules:\n" + wrong, 30.0)
    assert names(policy) == ["works"]
    assert caplog.text.count("the city has no layer") == 3
