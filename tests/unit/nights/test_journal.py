"""The journal on disk, and what follows a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.alerts.webhook import verify
from citytwin.cli import status
from citytwin.config import LoadedConfig, load
from citytwin.engine.locking import holding
from citytwin.engine.report import Row, RunReport
from citytwin.errors import BusyError, ConfigError, SourceError, StoreError, UnreachableError
from citytwin.nights import aftermath, journal
from citytwin.nights.journal import (
    forget_oldest,
    journal_dir,
    read_records,
    write_record,
)
from citytwin.nights.killed import tell_of_killed
from citytwin.nights.processes import is_going_on, started_ticks, this_system
from citytwin.nights.record import FeedAge, RunRecord
from citytwin.nights.recording import recorded
from citytwin.store.atomic import write_text
from citytwin.store.manifest import FinishedRun
from tests.unit.nights.records import CITY, TOKYO, run_at
from tests.unit.transports.https_server import Reply, serving

TELL = """
nights:
  metrics: figures/city.prom
  report: report.json
  on_failure: {command: [%s, -c, "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())", %s]}
"""


def city(folder: Path, more: str = "") -> LoadedConfig:
    """A configuration; nothing of it is run here."""
    (folder / "city.yaml").write_text(CITY + more, encoding="utf-8")
    return load(folder / "city.yaml")


def report(**values: object) -> RunReport:
    """Of a run of two steps."""
    made = RunReport(city="c", rows=[Row("a", parts=5, standing=2), Row("b", parts=1)])
    for name, value in values.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("publication", "classification", "mode"),
    [("static", "public", 0o055), ("static", "internal", 0), ("served", "public", 0)],
)
def test_the_journal_of_what_is_closed_is_closed(
    tmp_path: Path, publication: str, classification: str, mode: int
) -> None:
    """What it says of internal data is for those who may enter the city, whatever is published."""
    city(tmp_path, f"publication: {publication}\nnights: {{report: report.json}}\n")
    text = (tmp_path / "city.yaml").read_text("utf-8")
    closed = text.replace("classification: public", f"classification: {classification}")
    (tmp_path / "city.yaml").write_text(closed, "utf-8")
    loaded = load(tmp_path / "city.yaml")
    before = os.umask(0o022)
    try:
        with recorded(loaded):
            assert journal_dir(loaded).stat().st_mode & 0o077 == mode
        report = (tmp_path / "report.json").stat().st_mode
        assert report & 0o007 == mode & 0o004
    finally:
        os.umask(before)


def test_a_run_is_there_from_its_begin_and_ends_in_the_same_record(tmp_path: Path) -> None:
    """What a kill leaves behind says so; what ended says how."""
    loaded = city(tmp_path)
    newest = datetime(2026, 11, 20, tzinfo=UTC)
    with recorded(loaded) as entry:
        (begun,) = read_records(journal_dir(loaded))
        assert (begun.outcome, begun.ended, begun.process) == ("running", None, os.getpid())
        assert is_going_on(begun)
        entry.ended(report(published=["roads"], newest_observations={"rain": newest}))
    (ended,) = read_records(journal_dir(loaded))
    assert (ended.outcome, ended.exit_code, ended.published) == ("done", 0, ("roads",))
    assert (ended.standing_parts, ended.made_parts) == (2, 4)
    assert ended.feeds[0].newest == newest
    assert not is_going_on(ended)


@pytest.mark.parametrize(
    ("error", "outcome", "code"),
    [
        (BusyError("another run holds it"), "busy", 75),
        (SourceError("bad", source="x"), "failed", 1),
        (KeyboardInterrupt(), "stopped", 1),
        (ZeroDivisionError("oh"), "failed", 1),
    ],
)
def test_what_breaks_a_run_is_recorded_and_still_breaks_it(
    tmp_path: Path, error: BaseException, outcome: str, code: int
) -> None:
    """The journal swallows nothing."""
    loaded = city(tmp_path)
    with pytest.raises(type(error)), recorded(loaded):
        raise error
    (record,) = read_records(journal_dir(loaded))
    assert (record.outcome, record.exit_code) == (outcome, code)
    assert record.ended is not None


def test_the_feeds_of_a_clock_that_was_ahead_are_not_the_latest(tmp_path: Path) -> None:
    """With nothing to do, those count that the run that stands has read; status tells of the clock."""
    loaded = city(tmp_path, 'nights: {at: "02:30"}\n')
    past = datetime.now(UTC) - timedelta(days=8)
    future = past + timedelta(days=2000)
    for run_id, clock, newest in (("a", future, past), ("b", past, past + timedelta(hours=1))):
        with recorded(loaded, lambda clock=clock: clock) as entry:  # type: ignore[misc]
            entry.ended(report(run_id=run_id, newest_observations={"rain": newest}))
    with recorded(loaded) as entry:
        entry.standing(FinishedRun("b", "[]"), ())
    (now,) = [r for r in read_records(journal_dir(loaded)) if r.begun not in (past, future)]
    assert [feed.newest for feed in now.feeds] == [past + timedelta(hours=1)]
    said = CliRunner().invoke(status.command, [str(loaded.file)], catch_exceptions=False)
    day = f"{future.astimezone(TOKYO):%Y-%m-%d}"
    assert day in said.stderr
    assert day not in said.stdout


def test_late_feeds_are_told_of_nights_that_fail(tmp_path: Path) -> None:
    """As they were last read: a feed that fails its night is the one that is late."""
    loaded = city(tmp_path)
    newest = datetime.now(UTC) - timedelta(days=2)
    with recorded(loaded) as entry:
        entry.ended(report(run_id="a", newest_observations={"rain": newest}))
    with pytest.raises(UnreachableError), recorded(loaded):
        raise UnreachableError("s3://feeds/rain.json cannot be read: it does not answer")
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for begun in (newest, datetime.now(UTC)):
        write_record(journal_dir(loaded), RunRecord(city="c", begun=begun, process=dead.pid))
    tell_of_killed(loaded)
    before, _, *later = read_records(journal_dir(loaded))
    assert (before.outcome, before.feeds) == ("killed", ())
    assert [record.outcome for record in later] == ["failed", "killed"]
    assert {record.feeds for record in later} == {(FeedAge(source="rain", newest=newest),)}
    said = CliRunner().invoke(status.command, [str(loaded.file)], catch_exceptions=False)
    assert "late: rain" in said.stdout


def test_a_full_disk_is_told_by_the_night_that_filled_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its end takes the room that was kept for it, which the next night keeps again."""
    loaded = city(tmp_path)
    folder = journal_dir(loaded)

    def full(path: Path, text: str) -> None:
        if (folder / journal.ROOM).exists():
            raise StoreError("no space left on device")
        write_text(path, text)

    with suppress(StoreError), recorded(loaded):
        assert (folder / journal.ROOM).stat().st_blocks * 512 >= 65536
        monkeypatch.setattr(journal, "write_text", full)
        raise StoreError("fields cannot be written: no space left on device")
    (record,) = read_records(folder)
    assert record.failures == ("fields cannot be written: no space left on device",)
    monkeypatch.undo()
    with recorded(loaded) as entry:
        entry.ended(report())
    assert (folder / journal.ROOM).exists()
    assert [record.outcome for record in read_records(folder)] == ["failed", "done"]


def test_a_number_that_went_to_another_process_is_not_that_run() -> None:
    """The process of this test is younger than the record."""
    old = datetime.now(UTC) - timedelta(days=3650)
    assert not is_going_on(RunRecord(city="c", begun=old, process=os.getpid()))


def test_a_run_of_another_system_is_not_the_process_of_that_number_here() -> None:
    """The first process of a pod that is gone has the number of ours."""
    now = datetime.now(UTC)
    own = RunRecord(city="c", begun=now, process=os.getpid(), system=this_system())
    assert is_going_on(own)
    assert not is_going_on(own.model_copy(update={"system": "pod-7 1760000000 pid:[4026531836]"}))


def test_files_of_others_in_the_journal_are_passed_over(tmp_path: Path) -> None:
    """Damaged, foreign, newer than we are."""
    write_record(tmp_path, run_at("2026-11-20T02:30:00"))
    (tmp_path / "20261121.json").write_text("{", encoding="utf-8")
    (tmp_path / "20261122.json").write_text('{"city": "c", "later": 1}', encoding="utf-8")
    assert [record.outcome for record in read_records(tmp_path)] == ["done"]


def test_the_journal_does_not_grow_for_ever(tmp_path: Path) -> None:
    """The newest thousand stay."""
    for k in range(1003):
        (tmp_path / f"2026{k:04d}.json").write_text("{}", encoding="utf-8")
    forget_oldest(tmp_path)
    left = sorted(file.name for file in tmp_path.iterdir())
    assert (len(left), left[0]) == (1000, "20260003.json")


def test_nights_that_are_made_up_for_displace_no_night_of_the_clock(tmp_path: Path) -> None:
    """However many years; of them the newest thousand stay too."""
    write_record(tmp_path, run_at("2026-11-20T02:30:00"))
    (own,) = tmp_path.iterdir()
    for k in range(1003):
        made_up = run_at("2026-11-21T02:30:00").model_dump(mode="json") | {"night": "1907-06-07"}
        (tmp_path / f"20261121T{k:04d}.json").write_text(json.dumps(made_up), encoding="utf-8")
    forget_oldest(tmp_path)
    left = {file.name for file in tmp_path.iterdir()}
    assert own.name in left
    assert len(left) == 1001


def test_a_journal_that_cannot_be_written_keeps_no_run(tmp_path: Path) -> None:
    """A file where its folder should be."""
    loaded = city(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".work").write_text("", encoding="utf-8")
    with recorded(loaded) as entry:
        entry.ended(report())


def test_figures_that_are_being_written_are_not_collected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector of Prometheus reads every file ``*.prom``, whatever its name begins with."""
    loaded = city(tmp_path, "nights: {metrics: figures/city.prom}\n")
    seen: list[str] = []
    rename = Path.replace

    def looked_at(path: Path, target: Path) -> Path:
        seen.extend(file.name for file in (tmp_path / "figures").glob("*"))
        return rename(path, target)

    monkeypatch.setattr(Path, "replace", looked_at)
    with recorded(loaded) as entry:
        entry.ended(report())
    assert seen
    assert not [name for name in seen if name.endswith(".prom")]
    assert "citytwin_run_exit_code" in (tmp_path / "figures/city.prom").read_text("utf-8")


def test_figures_that_find_no_place_leave_nothing_behind(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as where somebody has made a folder of that name since."""
    loaded = city(tmp_path, "nights: {metrics: figures/city.prom}\n")
    (tmp_path / "figures" / "city.prom").mkdir(parents=True)
    with recorded(loaded) as entry:
        entry.ended(report())
    assert any("the figures cannot be written" in said for said in caplog.messages)
    assert [file.name for file in (tmp_path / "figures").iterdir()] == ["city.prom"]


def test_a_failure_is_told_with_its_record(tmp_path: Path) -> None:
    """A real program gets it; the figures and the report say the same."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    with recorded(loaded) as entry:
        entry.ended(report(failures=["no rain"]))
    record = RunRecord.model_validate_json(told.read_text(encoding="utf-8"))
    assert (record.outcome, record.failures) == ("failed", ("no rain",))
    assert RunRecord.model_validate_json((tmp_path / "report.json").read_bytes()) == record
    figures = (tmp_path / "figures" / "city.prom").read_text(encoding="utf-8")
    assert 'citytwin_run_exit_code{city="c"} 1.0' in figures


def test_whoever_is_told_learns_no_restricted_name(tmp_path: Path) -> None:
    """Figures and messages leave the city; the report lies with those who may enter it."""
    told = tmp_path / "told.json"
    city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    text = (tmp_path / "city.yaml").read_text("utf-8")
    text = text.replace("classification: public", "classification: restricted")
    text = text.replace("name: rain", "name: pumps_of_mill_street")
    text += "publication: served\nencryption: {key: first}\n"
    (tmp_path / "city.yaml").write_text(text, "utf-8")
    newest = {"pumps_of_mill_street": datetime(2026, 11, 20, tzinfo=UTC)}
    with recorded(load(tmp_path / "city.yaml")) as entry:
        entry.ended(report(failures=["no rain"], newest_observations=newest))
    figures = (tmp_path / "figures/city.prom").read_text("utf-8")
    for said in (figures, told.read_text("utf-8")):
        assert "restricted_1" in said
        assert "pumps" not in said
    assert "pumps_of_mill_street" in (tmp_path / "report.json").read_text("utf-8")


def test_what_is_said_is_as_protected_as_the_feeds(tmp_path: Path) -> None:
    """Corrections and observations lie sealed for the sake of a feed: so do messages about them."""
    live = """
publication: served
encryption: {key: first}
live:
  feeds:
  - {name: mill, use: senml, classification: restricted, licence: none, title: M, folder: {path: in}}
"""
    loaded = city(tmp_path, live)
    with recorded(loaded) as entry:
        entry.ended(report(losses=["mill_street_7 is gone"]))
    (record,) = read_records(journal_dir(loaded))
    assert record.classification == "restricted"
    assert record.losses == ("1 message about restricted data: told where the run started",)


def test_a_run_that_a_signal_ended_is_told(tmp_path: Path) -> None:
    """A night that its time limit ends is no secret; no terminal stands behind it."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    with recorded(loaded) as entry:
        entry.ended(None)
    record = RunRecord.model_validate_json(told.read_text(encoding="utf-8"))
    assert record.outcome == "stopped"
    assert "ended by a signal" in record.failures[0]


def test_a_run_that_was_killed_is_told_once(tmp_path: Path) -> None:
    """By the timer after it, else by the next run; never while a command holds the city."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    killed = run_at("2026-11-20T02:30:00", "running", process=dead.pid)
    write_record(journal_dir(loaded), killed)
    with holding(loaded):
        tell_of_killed(loaded)
    assert not told.exists()
    with recorded(loaded) as entry:
        assert (
            "process is gone" in RunRecord.model_validate_json(told.read_text("utf-8")).failures[0]
        )
        told.unlink()
        tell_of_killed(loaded)
        entry.ended(report())
    assert not told.exists()
    assert [record.outcome for record in read_records(journal_dir(loaded))] == ["killed", "done"]


def test_a_run_tells_of_the_one_that_died_while_it_waited(tmp_path: Path) -> None:
    """The report is of the run that did the work; nobody need wait for the next night."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as holder:
        held = run_at("2026-11-20T02:30:00", "running", process=holder.pid).model_copy(
            update={"started_ticks": started_ticks(holder.pid)}
        )
        write_record(journal_dir(loaded), held)
        with recorded(loaded) as entry:
            holder.kill()
            holder.wait()
            entry.ended(report())
    died = RunRecord.model_validate_json(told.read_text("utf-8"))
    assert (died.outcome, died.process) == ("killed", holder.pid)
    assert RunRecord.model_validate_json((tmp_path / "report.json").read_bytes()).outcome == "done"
    assert [record.outcome for record in read_records(journal_dir(loaded))] == ["killed", "done"]


def test_what_is_told_late_of_a_killed_run_leaves_the_report_of_a_newer_one(tmp_path: Path) -> None:
    """Figures and reports are of the newest; a night that was made up for hides no other."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    with recorded(loaded) as entry:
        entry.ended(report())
    before = (tmp_path / "report.json").read_bytes()
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    for hour, more in ((2, {}), (5, {"night": "2026-11-18"})):
        record = run_at(f"2026-11-20T{hour:02d}:30:00", "running", process=dead.pid, **more)
        write_record(journal_dir(loaded), record)
    tell_of_killed(loaded)
    assert RunRecord.model_validate_json(told.read_text("utf-8")).begun.minute == 30
    assert (tmp_path / "report.json").read_bytes() == before


def test_a_run_of_another_system_may_live(tmp_path: Path) -> None:
    """Nobody can look for its process here; after half a day it is taken for killed."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    for hours, outcome in ((1, "running"), (13, "killed")):
        begun = datetime.now(UTC) - timedelta(hours=hours)
        other = RunRecord(city="c", begun=begun, process=1, system="pod-7")
        write_record(journal_dir(loaded), other)
        tell_of_killed(loaded)
        (record,) = (one for one in read_records(journal_dir(loaded)) if one.begun == begun)
        assert record.outcome == outcome
        assert told.exists() == (outcome == "killed")


def test_a_failure_is_posted_to_a_web_hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signed; a receiver that says later gets the same message once more, with the same key."""
    secret = "s" * 32
    monkeypatch.setenv("NIGHT_SECRET", secret)
    monkeypatch.setattr(aftermath, "PAUSES_S", (0.0, 0.0))
    answers = [Reply(503), Reply()]
    with serving(tmp_path, lambda _: answers.pop(0)) as server:
        hook = {"url": f"{server.url}/nights", "secret_envs": ["NIGHT_SECRET"],
                "authorities": str(server.files.authority), "private_network": True}  # fmt: skip
        more = f"nights: {json.dumps({'on_failure': {'webhook': hook}})}\n"
        loaded = city(tmp_path, more)
        with recorded(loaded) as entry:
            entry.ended(report(failures=["no rain"]))
    first, second = server.requests
    keys = {verify(sent.body, sent.headers, [secret.encode()]) for sent in (first, second)}
    assert len(keys) == 1
    assert RunRecord.model_validate_json(second.body).failures == ("no rain",)


def test_a_hook_that_tells_nobody_is_refused(tmp_path: Path) -> None:
    """With the path of the key."""
    with pytest.raises(ConfigError, match=r"nights\.on_failure.*needs a command or a webhook"):
        city(tmp_path, "nights: {on_failure: {timeout_s: 5}}\n")


def test_a_good_run_tells_nobody_and_a_missing_program_breaks_nothing(tmp_path: Path) -> None:
    """The hook is for trouble, and makes none."""
    told = tmp_path / "told.json"
    loaded = city(tmp_path, TELL % (json.dumps(sys.executable), json.dumps(str(told))))
    with recorded(loaded) as entry:
        entry.ended(report())
    assert not told.exists()
    other = tmp_path / "other"
    other.mkdir()
    loaded = city(other, TELL % ("/no/such/program", "x"))
    with recorded(loaded) as entry:
        entry.ended(report(failures=["no rain"]))
    assert read_records(journal_dir(loaded))[0].outcome == "failed"
