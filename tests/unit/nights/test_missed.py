"""Nights without a run are told, once, by the next run or by whoever looks."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli import status
from citytwin.config import LoadedConfig, load
from citytwin.engine.locking import holding
from citytwin.engine.report import RunReport
from citytwin.nights.journal import journal_dir, read_records, write_record
from citytwin.nights.missed import tell_of_missed
from citytwin.nights.record import RunRecord
from citytwin.nights.recording import recorded
from tests.unit.nights.records import CITY, TOKYO, run_at

CLOSED = (
    CITY.replace("classification: public", "classification: internal")
    + """\
publication: served
nights:
  at: "02:30"
  on_failure: {command: [%s, -c, "import sys; print(sys.stdin.read(), file=open(sys.argv[1], 'a'))", %s]}
"""
)


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedConfig:
    """A city whose hook appends what it gets to a file."""
    words = (json.dumps(sys.executable), json.dumps(str(tmp_path / "told")))
    (tmp_path / "city.yaml").write_text(CLOSED % words, encoding="utf-8")
    return load(tmp_path / "city.yaml")


def at(local: str) -> datetime:
    """A moment in Tokyo."""
    return datetime.fromisoformat(local).replace(tzinfo=TOKYO)


def runs(loaded: LoadedConfig, local: str) -> None:
    """A run that begins then and has nothing to say of itself."""
    with recorded(loaded, lambda: at(local)) as entry:
        entry.ended(RunReport(city="c", rows=[]))


def told(loaded: LoadedConfig) -> list[str]:
    """What the hook got since the last call."""
    file = loaded.file.parent / "told"
    text = file.read_text("utf-8") if file.exists() else ""
    file.unlink(missing_ok=True)
    return [RunRecord.model_validate_json(line).failures[0] for line in text.splitlines()]


def test_the_next_run_tells_of_the_nights_between(loaded: LoadedConfig) -> None:
    """Once, in one message; its own night, that of a run by hand and the first ones are none."""
    runs(loaded, "2026-11-20T02:31:00")
    runs(loaded, "2026-11-21T14:00:00")
    assert told(loaded) == []
    runs(loaded, "2026-11-24T02:31:00")
    (said,) = told(loaded)
    assert said.startswith("no run began in 2 nights: 2026-11-22, 2026-11-23;")
    runs(loaded, "2026-11-24T09:00:00")
    runs(loaded, "2026-11-25T08:00:00")
    assert told(loaded) == []
    runs(loaded, "2026-11-26T23:00:00")
    runs(loaded, "2026-12-20T02:31:00")
    (said,) = told(loaded)
    assert said.startswith("no run began in 23 nights: 2026-11-27 to 2026-12-19;")
    assert {record.outcome for record in read_records(journal_dir(loaded))} == {"done"}


def test_whoever_looks_is_told_of_this_night(loaded: LoadedConfig) -> None:
    """Some minutes after its time, once; a run that comes after all does not tell it again."""
    runs(loaded, "2026-11-20T02:31:00")
    for minute, number in ((35, 0), (45, 1), (50, 0)):
        tell_of_missed(loaded, at(f"2026-11-21T02:{minute}:00"))
        assert len(told(loaded)) == number
    runs(loaded, "2026-11-21T02:55:00")
    runs(loaded, "2026-11-22T02:31:00")
    assert told(loaded) == []


def test_while_the_city_is_held_it_is_told_later(loaded: LoadedConfig) -> None:
    """And nights that were made up for meanwhile are none."""
    runs(loaded, "2026-11-20T02:31:00")
    with holding(loaded):
        tell_of_missed(loaded, at("2026-11-23T12:00:00"))
    assert told(loaded) == []
    made_up = run_at("2026-11-23T11:00:00", night="2026-11-22")
    write_record(journal_dir(loaded), made_up)
    runs(loaded, "2026-11-23T13:00:00")
    (said,) = told(loaded)
    assert said.startswith("no run began in 1 night: 2026-11-21;")


def test_a_clock_that_was_ahead_hides_no_night(loaded: LoadedConfig) -> None:
    """Those that are missed after it was put right are told; nights before are told again by nobody."""
    runs(loaded, "2026-11-20T02:31:00")
    runs(loaded, "2031-01-01T02:31:00")
    assert len(told(loaded)) == 1
    runs(loaded, "2026-11-21T02:31:00")
    assert told(loaded) == []
    runs(loaded, "2026-11-23T02:31:00")
    (said,) = told(loaded)
    assert said.startswith("no run began in 1 night: 2026-11-22;")


def test_the_timer_tells_by_status(loaded: LoadedConfig) -> None:
    """The message is a record of no run, of the night's own time, for the same readers."""
    write_record(journal_dir(loaded), run_at("2026-11-20T02:31:00"))
    (journal_dir(loaded) / "missed.until").write_text("2026-11-20\n")
    words = [str(loaded.file), "--tell-killed"]
    assert CliRunner().invoke(status.command, words, catch_exceptions=False).exit_code == 0
    record = RunRecord.model_validate_json((loaded.file.parent / "told").read_text("utf-8"))
    assert (record.outcome, record.classification, record.process) == ("missed", "internal", 0)
    local = record.begun.astimezone(TOKYO)
    assert (local.hour, local.minute) == (2, 30)
    assert told(loaded)[0].startswith("no run began in ")
    CliRunner().invoke(status.command, words, catch_exceptions=False)
    assert told(loaded) == []


def test_without_a_time_no_night_is_missed(loaded: LoadedConfig) -> None:
    """No run is expected then."""
    text = loaded.file.read_text("utf-8").replace('  at: "02:30"\n', "")
    loaded.file.write_text(text, "utf-8")
    whenever = load(loaded.file)
    runs(whenever, "2026-11-20T02:31:00")
    runs(whenever, "2026-11-24T02:31:00")
    assert told(whenever) == []
