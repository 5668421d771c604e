"""Exports and notebooks decide by the rules of the server, and write down what they decide."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.audit import command as audit
from citytwin.cli.export import command as export
from citytwin.errors import StoreError
from citytwin.model.layer import SourceCredit
from citytwin.store.publish import publish
from citytwin.twin import open_twin
from citytwin.viewer.export import viewer_files
from tests.unit.store import little_city as lc

SERVE = """\
public_url: http://127.0.0.1:8443
policy: policy.yaml
session_key_file: session.key
audit: {folder: audit, anchors: anchors, key_file: audit.key}
identity:
  issuer: http://127.0.0.1:9000
  audience: https://city.example/api
  client_id: citytwin
  client_secret_file: client.secret
"""
POLICY = """\
version: 1
rules:
- {name: anyone, effect: allow, actions: [read, export], anyone: true}
- {name: planners, effect: allow, actions: [read, export], roles: [planner], up_to: internal}
"""


@pytest.fixture
def serve(tmp_path: Path) -> Path:
    """A city with a public layer and an internal one, and how it is served."""
    info = replace(lc.run_info(), publication="served", classification="internal")
    staged = [
        lc.stage(tmp_path / "s", "terrain"),
        lc.stage(tmp_path / "s", "roads", classification="internal"),
    ]
    publish(tmp_path / "city", staged, info)
    (tmp_path / "policy.yaml").write_text(POLICY)
    key = tmp_path / "audit.key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    file = tmp_path / "serve.yaml"
    file.write_text(SERVE)
    return file


def entries(folder: Path) -> list[dict[str, object]]:
    """All that stands in the chains."""
    chains = sorted((folder / "audit").glob("*.jsonl"))
    return [json.loads(line) for chain in chains for line in chain.read_text().splitlines()]


def verified(folder: Path) -> str:
    """What the command says of the chains."""
    told = ["--anchors", str(folder / "anchors"), "--key-file", str(folder / "audit.key")]
    return CliRunner().invoke(audit, ["verify", str(folder / "audit"), *told]).output


def test_an_export_writes_what_it_decides(serve: Path) -> None:
    """For nobody known: what went out by which rule, and what did not."""
    folder = serve.parent
    words = [str(folder / "city"), str(folder / "out"), "--serve", str(serve)]
    done = CliRunner().invoke(export, words)
    assert done.exit_code == 0, done.output
    told = [(e["who"], e["action"], e["id"], e["allowed"], e["rule"]) for e in entries(folder)]
    assert told == [
        ("", "export", "terrain", True, "anyone"),
        ("", "export", "roads", False, ""),
    ]
    assert len({e["request"] for e in entries(folder)}) == 1
    assert verified(folder) == "chains intact: 1, entries: 2\n"


def test_an_export_tells_names_of_nothing(serve: Path) -> None:
    """It is done all the same: a layer may come tomorrow."""
    folder = serve.parent
    wrong = "- {name: works, effect: deny, actions: [export], names: [terain, 'flood_*']}\n"
    (folder / "policy.yaml").write_text(POLICY + wrong)
    words = [str(folder / "city"), str(folder / "out"), "--serve", str(serve)]
    done = CliRunner().invoke(export, words)
    assert done.exit_code == 0, done.output
    assert "rule works: the city has no layer 'terain', did you mean 'terrain'?" in done.stderr
    assert "rule works: the city has no layer 'flood_*', known are roads, terrain" in done.stderr


def test_a_notebook_writes_what_it_decides(serve: Path) -> None:
    """By the policy of the server, under a pseudonym; the chain is closed and anchored."""
    folder = serve.parent
    assert list(open_twin(folder / "city", roles=["planner"], serve=serve)) == ["terrain", "roads"]
    told = [(e["action"], e["kind"], e["id"], e["allowed"]) for e in entries(folder)]
    assert told == [
        ("read", "layer", "terrain", True),
        ("read", "layer", "roads", True),
        ("read", "table", "observations", False),
    ]
    assert all(len(str(e["who"])) == 32 for e in entries(folder))
    assert verified(folder) == "chains intact: 1, entries: 3\n"
    assert list(open_twin(folder / "city", serve=serve)) == ["terrain"]
    assert verified(folder) == "chains intact: 2, entries: 6\n"


def test_what_cannot_be_written_down_is_not_done(serve: Path) -> None:
    """Nothing goes out, and no notebook opens."""
    folder = serve.parent
    (folder / "audit").write_text("no folder")
    words = [str(folder / "city"), str(folder / "out"), "--serve", str(serve)]
    assert isinstance(CliRunner().invoke(export, words).exception, StoreError)
    assert not (folder / "out").exists()
    with pytest.raises(StoreError, match="audit"):
        open_twin(folder / "city", serve=serve)


def test_without_a_chain_decisions_are_lines_of_the_log(
    serve: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They say what was decided and by which rule, not who asked."""
    folder, policy = serve.parent, serve.parent / "policy.yaml"
    with caplog.at_level(logging.INFO, logger="citytwin"):
        words = [str(folder / "city"), str(folder / "out"), "--policy", str(policy)]
        assert CliRunner().invoke(export, words).exit_code == 0
        open_twin(folder / "city", policy=policy, roles=["planner"])
    lines = [r.getMessage() for r in caplog.records if r.name == "citytwin.security.inquiry"]
    assert lines == [
        "export layer terrain (public): allowed by rule anyone",
        "export layer roads (internal): denied",
        "read layer terrain (public): allowed by rule anyone",
        "read layer roads (internal): allowed by rule planners",
        "read table observations (internal): denied",
    ]
    assert not (folder / "audit").exists()


def test_no_byte_of_an_export_names_what_was_left_out(serve: Path) -> None:
    """Neither the id of a hidden layer nor what it says of itself; nor does its second export."""
    folder, mark = serve.parent, "PumpsOfMillStreet"
    info = replace(lc.run_info("20261124T210000Z"), publication="served", classification="internal")
    credit = SourceCredit(title=mark, sha256="ba" * 32, licence=mark, synthetic=False)
    staged = [
        lc.stage(folder / "t", "terrain"),
        lc.stage(folder / "t", "traffic", classification="internal", sources=(credit,)),
    ]
    publish(folder / "city", staged, info)
    for _ in range(2):
        done = CliRunner().invoke(export, [str(folder / "city"), str(folder / "out")])
        assert done.exit_code == 0, done.output
        assert "traffic" not in done.output
        page = viewer_files()
        for file in (path for path in (folder / "out").rglob("*") if path.is_file()):
            name = file.relative_to(folder / "out").as_posix()
            if name not in page:  # the same for every city
                content = name.encode() + file.read_bytes()
                assert mark.encode() not in content, name
                assert b"traffic" not in content, name
