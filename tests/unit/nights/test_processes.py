"""Runs that go on are known from those that are gone, whatever the clock says."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from citytwin.nights.processes import is_going_on, started_ticks, this_system
from citytwin.nights.record import RunRecord

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="no ticks here")


def record_of(process: int) -> RunRecord:
    """As a run of this process writes it when it begins."""
    return RunRecord(
        city="c", begun=datetime.now(UTC), process=process, system=this_system(),
        started_ticks=started_ticks(process),
    )  # fmt: skip


def test_ticks_are_those_of_the_system() -> None:
    """Over the ticks of a second, and from the boot on: what psutil makes a time of the day of."""
    ticks = started_ticks(os.getpid())
    assert ticks is not None
    begun_s = psutil.boot_time() + ticks / os.sysconf("SC_CLK_TCK")
    assert abs(begun_s - psutil.Process().create_time()) < 1.5


def test_a_clock_that_was_set_forward_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel counts the time of its boot, and so of all processes, from the clock as it is now."""
    record = record_of(os.getpid())
    real = psutil.Process.create_time
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: real(self) + 7200)
    assert is_going_on(record)


def test_a_number_that_went_to_another_process_in_the_same_second_is_not_that_run() -> None:
    """Both began before the record's time, by a clock that was ahead then."""
    record = record_of(os.getpid())
    assert record.started_ticks is not None
    later = record.begun + timedelta(days=1)
    other = {"started_ticks": record.started_ticks - 1, "begun": later}
    assert not is_going_on(record.model_copy(update=other))


def test_a_process_that_has_ended_is_gone_before_it_is_collected() -> None:
    """As under the first process of a container, which collects none."""
    child = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    record = record_of(child.pid)
    assert is_going_on(record)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_going_on(record)
    child.communicate()
    assert not is_going_on(record)


def test_a_name_with_brackets_is_read_over() -> None:
    """It stands in the middle of the fields."""
    code = (
        "import sys, pathlib; pathlib.Path('/proc/self/comm').write_text('a) Z 1 (');"
        " print(flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        ticks, own = started_ticks(child.pid), started_ticks(os.getpid())
        child.kill()
    assert ticks is not None
    assert own is not None
    assert ticks >= own


def test_records_of_the_version_before_are_understood() -> None:
    """They have no ticks."""
    old = record_of(os.getpid()).model_dump(mode="json")
    del old["started_ticks"]
    assert is_going_on(RunRecord.model_validate(old))
