"""``citytwin backup`` and ``citytwin restore``, as an operator uses them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.backup import command as backup
from citytwin.cli.restore import command as restore
from citytwin.config import load
from citytwin.errors import ConfigError, StoreError
from citytwin.security.audit import AuditChain, verify
from citytwin.security.decision import Decision, Resource, Subject
from citytwin.store.observations import ObservationStore, folder_of
from citytwin.store.observations.postgres_place import PostgresPlace, noted_place
from tests.unit.cli.test_main import CITY
from tests.unit.store.observations.rows import levels

KEY = bytes(range(32))
SERVE = """
public_url: https://city.example
policy: policy.yaml
identity: {issuer: "https://id.example", audience: city, client_id: page, client_secret_file: s}
session_key_file: session.key
audit: {folder: audit, anchors: anchors, key_file: audit.key}
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A city with observations, a server and its chain of decisions."""
    file = tmp_path / "city.yaml"
    file.write_text(CITY, encoding="utf-8")
    (tmp_path / "serve.yaml").write_text(SERVE, encoding="utf-8")
    with ObservationStore.open(folder_of(load(file).city_dir)) as store:
        store.append(levels([("a", 0, 1.0)]))
        store.commit()
    chain = AuditChain(tmp_path / "audit", tmp_path / "anchors", KEY)
    for _ in range(3):
        chain.record(Subject("", frozenset()), "read", Resource("layer", "a"), Decision(True, "r"))
    chain.close()
    return file


def said(command: object, *words: object) -> str:
    """What a command prints; its errors are raised."""
    done = CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_observations_in_a_database_are_left_to_its_own_backup(
    config: Path, tmp_path: Path
) -> None:
    """Which is said; the note of where they are comes back, so that readers find them."""
    folder = folder_of(load(config).city_dir)
    shutil.rmtree(folder)
    place = PostgresPlace(
        host="db.city.example", port=5432, database="city", user="twin", password_env="WORD",
        authorities=None, namespace="citytwin_little",
    )  # fmt: skip
    place.note(folder)
    told = said(backup, config, tmp_path / "vault")
    assert "PostgreSQL at db.city.example holds (schema citytwin_little): take a dump" in told
    shutil.rmtree(tmp_path / "out")
    (made,) = (tmp_path / "vault").glob("little-*")
    said(restore, made, config)
    assert noted_place(folder) == place


@pytest.mark.parametrize("place", ["out", "out/.work/vault", "out/little", "out/.observations/a"])
def test_no_backup_lies_where_runs_write(config: Path, tmp_path: Path, place: str) -> None:
    """What is published may be copied to a web server as it is, and working stores are cleared."""
    with pytest.raises(ConfigError, match="no place for a backup"):
        said(backup, config, tmp_path / place)
    assert not list((tmp_path / "out").glob("little*Z"))


def test_a_city_is_lost_and_comes_back(config: Path, tmp_path: Path) -> None:
    """With the chain of its server, which is intact afterwards."""
    serve = ("--serve", tmp_path / "serve.yaml")
    vault = tmp_path / "vault"
    told = said(backup, config, vault, *serve)
    assert "not in it: the working store, which a run makes anew; sources; keys" in told
    (made,) = vault.glob("little-*")
    assert f"backup: {made}\n" in told
    assert said(restore, made, "--verify-only").startswith("intact: ")
    for name in ("out", "audit", "anchors"):
        shutil.rmtree(tmp_path / name)
    with pytest.raises(ConfigError, match="--serve"):
        said(restore, made, config)
    assert "restored: " in said(restore, made, config, *serve)
    found = verify(tmp_path / "audit", tmp_path / "anchors", KEY)
    assert (found.chains, found.entries, found.findings) == (1, 3, ())
    with pytest.raises(StoreError, match="is not empty"):
        said(restore, made, config, *serve)


def test_restoring_needs_to_know_where(config: Path, tmp_path: Path) -> None:
    """A usage error, not a guess."""
    said(backup, config, tmp_path / "vault")
    (made,) = (tmp_path / "vault").glob("little-*")
    done = CliRunner().invoke(restore, [str(made)])
    assert done.exit_code == 2
    assert "--verify-only" in done.output
