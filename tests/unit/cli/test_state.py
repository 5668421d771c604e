"""``citytwin state``, on a little river."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from citytwin.cli.state import command
from citytwin.store.observations import ObservationStore, Thing, folder_of
from tests.unit.store.observations.rows import Clock, levels


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """Two gauges; the level of one is corrected ten minutes later."""
    clock = Clock(1)
    with ObservationStore.open(folder_of(tmp_path / "city"), clock=clock) as store:
        store.things([Thing("a", "river", "Bridge", "gauge", 139.5, 35.5)])
        store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
        store.commit()
        clock.set(11)
        store.append(levels([("a", 0, 1.25), ("a", 10, 1.5)]))
        store.commit()
    return tmp_path / "city"


def asked(city: Path, *words: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(command, [str(city), *words])


def test_the_answer_depends_on_what_was_known(city: Path) -> None:
    """As JSON, with both times."""
    at = ("--at", "2026-07-01T09:05+09:00", "--format", "json", "--property", "water_level")
    now, then = asked(city, *at), asked(city, *at, "--known-at", "2026-07-01T00:05Z")
    assert (now.exit_code, then.exit_code) == (0, 0), now.output
    results = [[row["result"] for row in json.loads(r.output)] for r in (now, then)]
    assert results == [[1.25, 2.0], [1.0, 2.0]]


def test_a_table_and_a_map(city: Path) -> None:
    """For people, and for other programs."""
    table = asked(city, "--at", "2026-07-01T00:20Z")
    assert "as of 2026-07-01T00:20:00+00:00, known at 2026-07-01T00:11:00+00:00" in table.output
    assert "water_level" in table.output
    found = asked(
        city, "--at", "2026-07-01T00:20Z", "--format", "geojson",
        "--bbox", "139", "35", "140", "36",
    )  # fmt: skip
    (feature,) = json.loads(found.output)["features"]
    assert feature["geometry"]["coordinates"] == [139.5, 35.5]
    assert feature["properties"]["result"] == 1.5


def test_what_has_changed(city: Path) -> None:
    """Only series that differ."""
    found = asked(
        city, "--at", "2026-07-01T00:20Z", "--since", "2026-07-01T00:05Z", "--format", "csv"
    )
    header, row, *more = found.output.splitlines()
    assert not more
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["thing"], told["what"], told["change"]) == ("a", "changed", "0.25")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--at", "2026-07-01T00:20"), "has no zone"),
        (("--at", "noon"), "is no time"),
    ],
)
def test_times_that_are_none(city: Path, words: tuple[str, ...], message: str) -> None:
    """Told before anything is read."""
    found = asked(city, *words)
    assert found.exit_code == 2
    assert message in found.output
