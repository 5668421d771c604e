"""The export for anyone: public layers, a map and a catalogue of these alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.export import command
from citytwin.errors import StoreError
from citytwin.security.policy import Policy, Rule
from citytwin.store.latest import published_city
from citytwin.store.publish import publish
from citytwin.twin import open_twin
from citytwin.viewer.static_export import export_public
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A city for known readers, with one layer for anyone."""
    folder = tmp_path_factory.mktemp("closed")
    info = replace(lc.run_info(), publication="served", classification="internal")
    staged = [
        lc.stage(folder / "s", "terrain"),
        lc.stage(folder / "s", "roads", classification="internal"),
    ]
    publish(folder / "city", staged, info)
    return folder / "city"


def test_only_what_is_public_goes_out(city: Path, tmp_path: Path) -> None:
    """No file, link or name of the other layers; a whole city otherwise, twice the same."""
    for _ in range(2):
        done = export_public(city, tmp_path / "out")
        assert (done.layers, done.closed) == (("terrain",), ("roads",))
    check_city(tmp_path / "out")
    latest = published_city(tmp_path / "out")
    assert latest is not None
    assert (latest.publication, latest.classification) == ("static", "public")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert (tmp_path / "out" / "index.html") in files
    told = [
        path for path in files if path.suffix in (".json", ".qgs") and "roads" in path.read_text()
    ]
    assert told == []
    assert not any("roads" in path.name for path in files)


def test_what_was_for_anyone_once_goes(tmp_path: Path) -> None:
    """A layer that has become internal leaves no file, link or name in an earlier export."""
    for run, classification in (("20261123T210000Z", "public"), ("20261124T210000Z", "internal")):
        info = replace(lc.run_info(run), publication="served", classification=classification)
        staged = [
            lc.stage(tmp_path / run, "terrain"),
            lc.stage(tmp_path / run, "roads", classification=classification),
        ]
        publish(tmp_path / "city", staged, info)
        export_public(tmp_path / "city", tmp_path / "out")
        there = (tmp_path / "out" / "roads").exists()
        assert there == (classification == "public")
    check_city(tmp_path / "out")
    documents = [*(tmp_path / "out").rglob("*.json"), *(tmp_path / "out").rglob("*.qgs")]
    assert not [path for path in documents if "roads" in path.read_text("utf-8")]


def test_observations_are_kept_from_whom_no_rule_gives_them(city: Path, tmp_path: Path) -> None:
    """Those of internal feeds are among them; what is missing is told apart."""
    policy = tmp_path / "policy.yaml"
    for kinds, said in (("layer", "no rule gives them"), ("table", "observations")):
        policy.write_text(
            "version: 1\nrules:\n- {name: p, effect: allow, actions: [read], roles: [planner],"
            f" up_to: internal, kinds: [{kinds}]}}\n"
        )
        with pytest.raises(StoreError, match=said) as caught:
            open_twin(city, policy=policy, roles=["planner"]).state(lc.VALID)
        assert ("no rule" in str(caught.value)) == (kinds == "layer")


def test_a_policy_takes_away_and_never_adds(city: Path, tmp_path: Path) -> None:
    """Without a rule nothing goes out, and no rule makes an internal layer go out."""
    with pytest.raises(StoreError, match="none of the 2 layers"):
        export_public(city, tmp_path / "out", Policy(version=1))
    rule = Rule(name="all", effect="allow", actions={"export"}, anyone=True)
    assert export_public(city, tmp_path / "out", Policy(version=1, rules=(rule,))).layers == (
        "terrain",
    )


def test_folders_of_others_are_left_alone(city: Path, tmp_path: Path) -> None:
    """Other files, the city itself, and a folder of known readers."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StoreError, match="no export"):
        export_public(city, tmp_path)
    with pytest.raises(StoreError, match="lies in the city"):
        export_public(city, city / "out")
    with pytest.raises(StoreError, match="no published city"):
        export_public(tmp_path, tmp_path / "out")


def test_the_command(city: Path, tmp_path: Path) -> None:
    """Says what went out, and how much did not."""
    done = CliRunner().invoke(command, [str(city), str(tmp_path / "out")])
    assert done.exit_code == 0
    assert "exported: terrain\n" in done.output
    assert "1 layers" in done.output
    assert "roads" not in done.output


def test_a_notebook_shows_what_the_policy_says(city: Path, tmp_path: Path) -> None:
    """Without a policy what is public; with one, what the roles may read."""
    assert list(open_twin(city)) == ["terrain"]
    with pytest.raises(KeyError, match="no layer 'roads'"):
        open_twin(city)["roads"]
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nrules:\n- {name: p, effect: allow, actions: [read], roles: [planner],"
        " up_to: internal}\n"
    )
    assert list(open_twin(city, policy=policy)) == []
    assert list(open_twin(city, policy=policy, roles=["planner"])) == ["terrain", "roads"]


def test_two_cities_do_not_mix(city: Path, tmp_path: Path) -> None:
    """An export of another city stays as it is."""
    info = lc.run_info()
    other = replace(info, city=info.city.model_copy(update={"id": "village"}))
    publish(tmp_path / "village", [lc.stage(tmp_path / "s", "terrain")], other)
    export_public(tmp_path / "village", tmp_path / "out")
    with pytest.raises(StoreError, match=r"holds the city village, and .* is little"):
        export_public(city, tmp_path / "out")
    latest = published_city(tmp_path / "out")
    assert latest is not None
    assert latest.city.id == "village"
