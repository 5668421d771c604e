"""Commands and functions beside a server ask the policy before they give anything out."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click
import pytest
import yaml
from click.testing import CliRunner, Result

import citytwin
from citytwin.cli import alerts, correct, keys, state
from citytwin.cli.audit import command as audit
from citytwin.config import load
from citytwin.errors import ConfigError, NotAllowedError, StoreError
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import forget_keys
from citytwin.store.atomic import write_text
from citytwin.store.corrections import Correction, keep_correction
from citytwin.store.observations import ObservationStore, Thing, folder_of
from citytwin.store.publish import publish
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.volume import write_volume
from tests.unit.live.live_city import RULE, SENDER, city, feed
from tests.unit.store import little_city as lc
from tests.unit.store.observations.rows import Clock, levels
from tests.unit.store.test_volume import DATUM, volume
from tests.unit.viewer.test_audited_export import SERVE

POLICY = """\
version: 1
rules:
- {name: anyone, effect: allow, actions: [read], kinds: [layer, table], anyone: true}
- {name: planners, effect: allow, actions: [read], names: [roads], roles: [planner], up_to: restricted}
- {name: works, effect: allow, actions: [read], kinds: [layer, table], roles: [works], up_to: secret}
"""
AT = ("--at", "2026-07-01T00:20Z", "--format", "csv")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sealed city with a public layer and a restricted one, its policy, and how it is served."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    write_new_key(tmp_path / "keys", "town-2026")
    for sealed in ("out/.sealed/town", "out/.work/.sealed/town", "out/.observations/.sealed/town"):
        ensure_sealed(tmp_path / sealed, "town-2026", open_ring())
    info = replace(lc.run_info(), publication="served", classification="restricted")
    staged = [
        lc.stage(tmp_path / "s", "terrain"),
        lc.stage(tmp_path / "s", "roads", classification="restricted"),
    ]
    publish(tmp_path / "out/.sealed/town", staged, info)
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "audit.key").write_bytes(os.urandom(32))
    (tmp_path / "audit.key").chmod(0o600)
    (tmp_path / "serve.yaml").write_text(SERVE, encoding="utf-8")
    yield tmp_path
    forget_keys()


def call(command: click.Command, *words: object) -> Result:
    """Call a command; errors come out."""
    return CliRunner().invoke(command, [str(word) for word in words], catch_exceptions=False)


def entries(place: Path) -> list[tuple[object, ...]]:
    """What the chains hold, which are intact."""
    told = ["--anchors", place / "anchors", "--key-file", place / "audit.key"]
    assert "chains intact" in call(audit, "verify", place / "audit", *told).output
    lines = [
        json.loads(line)
        for chain in sorted((place / "audit").glob("*.jsonl"))
        for line in chain.read_text().splitlines()
    ]
    keys_of = ("action", "kind", "id", "classification", "allowed", "rule")
    lines.sort(key=lambda line: str(line["at"]))  # each call has a chain of its own
    return [tuple(line[key] for key in keys_of) for line in lines]


def layer_file(place: Path, name: str) -> Path:
    """A file of a published layer."""
    return next((place / "out/.sealed/town" / name).glob("*/layer.json"))


def test_a_sealed_file_is_read_by_whom_the_policy_gives_its_layer(place: Path) -> None:
    """Without a policy what is public; each decision stands in the chain before the first byte."""
    serve = ("--serve", place / "serve.yaml")
    assert '"terrain"' in call(keys.command, "read", layer_file(place, "terrain")).stdout
    roads = layer_file(place, "roads")
    for words in ((), ("--policy", place / "policy.yaml"), serve):
        with pytest.raises(
            NotAllowedError, match="layer roads, restricted, which no rule"
        ) as error:
            call(keys.command, "read", roads, *words)
        assert "names: [roads], up_to: restricted" in str(error.value.hint)
    assert '"roads"' in call(keys.command, "read", roads, *serve, "--role", "planner").stdout
    assert entries(place) == [
        ("read", "layer", "roads", "restricted", False, ""),
        ("read", "layer", "roads", "restricted", True, "planners"),
    ]
    with pytest.raises(ConfigError, match=r"roles \(planner\) say nothing without a policy"):
        call(keys.command, "read", roads, "--role", "planner")


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("out/.work/.sealed/town/tables/a.parquet", "sealed_files"),
        # nobody makes a layer of it by laying it out like one
        ("out/.work/.sealed/town/terrain/20261123T210000Z/layer.json", "sealed_files"),
        ("out/.observations/.sealed/town/segments/a.parquet", "observations"),
        ("out/.sealed/town/latest.json", "sealed_files"),
    ],
)
def test_other_sealed_files_are_secret(place: Path, name: str, asked: str) -> None:
    """What they are made from is not kept, so only who may read what is secret gets them."""
    file, policy = place / name, ("--policy", place / "policy.yaml")
    if not file.exists():
        write_text(file, layer_file(place, "terrain").name)
    for role in ((), ("--role", "planner")):
        with pytest.raises(NotAllowedError, match=f"table {asked}, secret"):
            call(keys.command, "read", file, *policy, *role)
    assert call(keys.command, "read", file, *policy, "--role", "works").stdout


def test_files_in_clear_and_live_values_are_read_as_ever(place: Path) -> None:
    """The first need no decision, the second are those of public feeds."""
    clear = place / "note.txt"
    clear.write_text("for anyone", encoding="utf-8")
    assert call(keys.command, "read", clear).stdout == "for anyone"
    wrapped = call(keys.command, "read", place / "out/.sealed/town/keys.json").stdout
    assert json.loads(wrapped)["key"] == "town-2026"
    write_text(place / "out/.sealed/town/live.json", "{}")
    assert call(keys.command, "read", place / "out/.sealed/town/live.json").stdout == "{}"


def test_a_volume_is_asked_for_as_its_layer(place: Path) -> None:
    """Public ones open as ever; one of which nothing is said is secret."""
    policy, folder = place / "policy.yaml", place / "out/.work/.sealed/town/volumes/flow.zarr"
    said: dict[str, str | float] = {"layer": "roads", "classification": "restricted"}
    write_volume(volume(), folder, "EPSG:6677", DATUM, said)
    with pytest.raises(NotAllowedError, match="layer roads, restricted"):
        citytwin.open_volume(folder)
    found = citytwin.open_volume(folder, serve=place / "serve.yaml", roles=["planner"])
    assert found.sizes == {"z": 3, "y": 4, "x": 5, "side": 2}
    assert entries(place) == [("read", "layer", "roads", "restricted", True, "planners")]
    bare = place / "flow.zarr"
    write_volume(volume(), bare, "EPSG:6677", DATUM, {"classification": "public"})
    assert citytwin.open_volume(str(bare)).sizes["z"] == 3
    write_volume(volume(), bare, "EPSG:6677", DATUM, {})
    with pytest.raises(NotAllowedError, match="layer flow, secret"):
        citytwin.open_volume(bare, policy, roles=["planner"])


def observed(folder: Path) -> None:
    """Keep the level of one gauge."""
    with ObservationStore.open(folder, clock=Clock(1)) as store:
        store.things([Thing("a", "river", "Bridge", "gauge", 139.5, 35.5)])
        store.append(levels([("a", 0, 1.0)]))
        store.commit()


def test_observations_of_a_city_for_known_readers(place: Path) -> None:
    """By its folder: sealed ones are secret; by its configuration: internal where they lie in clear."""
    town = place / "out/.sealed/town"
    observed(folder_of(town))
    serve = ("--serve", place / "serve.yaml")
    with pytest.raises(NotAllowedError, match="table observations, secret"):
        call(state.command, town, *AT, *serve, "--role", "planner")
    assert "water_level" in call(state.command, town, *AT, *serve, "--role", "works").output
    assert entries(place) == [
        ("read", "table", "observations", "secret", False, ""),
        ("read", "table", "observations", "secret", True, "works"),
    ]
    loaded = city(place, [feed(folder={"path": "in"})])
    assert not loaded.closed
    observed(folder_of(loaded.city_dir))
    assert "water_level" in call(state.command, loaded.file, *AT).output  # a city for anyone
    _serve_it(loaded.file)
    with pytest.raises(NotAllowedError, match="table observations, internal"):
        call(state.command, loaded.file, *AT)
    policy = ("--policy", place / "policy.yaml", "--role", "works")
    assert "water_level" in call(state.command, loaded.file, *AT, *policy).output


def _serve_it(file: Path) -> None:
    """Let a configuration say that the city is for known readers."""
    content = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(
        yaml.safe_dump(content | {"publication": "served"}, allow_unicode=True), "utf-8"
    )


def test_alerts_and_corrections_of_a_city_for_known_readers(place: Path) -> None:
    """Shown to whom the policy gives them; whoever runs the city may decide all the same."""
    sinks = [{"name": "cap", "folder": {"path": "cap"}}]
    loaded = city(place, [feed(folder={"path": "in"})], alerts=[RULE], sender=SENDER, sinks=sinks)
    _serve_it(loaded.file)
    made = Correction(
        building="b_7", attribute="storeys", value="5", by="Sato", why="", made=datetime.now(UTC)
    )
    keep_correction(folder_of(load(loaded.file).city_dir), made)
    allowed = ("--serve", place / "serve.yaml", "--role", "works")
    for command, name, said in (
        (alerts.command, "alerts", "heavy_rain: no-data"),
        (correct.command, "corrections", "b_7 storeys: 5"),
    ):
        with pytest.raises(NotAllowedError, match=f"table {name}, internal"):
            call(command, loaded.file)
        assert said in call(command, loaded.file, *allowed).output
        assert entries(place)[-1] == ("read", "table", name, "internal", True, "works")
    silence = ("--silence", "heavy_rain", "--by", "Sato", "--why", "test")
    assert call(alerts.command, loaded.file, *silence).output == "kept\n"
    assert "silenced" in call(alerts.command, loaded.file, *allowed).output


def test_what_cannot_be_written_down_is_not_given(place: Path) -> None:
    """A chain that the disk refuses keeps the doors shut."""
    (place / "audit").write_text("no folder")
    words = ("--serve", place / "serve.yaml", "--role", "planner")
    with pytest.raises(StoreError, match="audit"):
        call(keys.command, "read", layer_file(place, "roads"), *words)
