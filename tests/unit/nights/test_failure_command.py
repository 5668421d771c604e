"""The program that is told of a failure: what it leaves behind, what it says, how long it takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import psutil
import pytest

from citytwin.config import LoadedConfig, load
from citytwin.nights.aftermath import tell_of_failure
from citytwin.nights.record import RunRecord
from tests.unit.nights.records import CITY, run_at

FAILED = run_at("2026-11-20T02:30:00", "failed", failures=("no rain",))


def city(folder: Path, code: str, timeout_s: float) -> LoadedConfig:
    """A city that tells a program in Python, which finds the name of a file in its arguments."""
    hook = {"command": [sys.executable, "-c", code, str(folder / "told")], "timeout_s": timeout_s}
    text = CITY + f"nights: {json.dumps({'on_failure': hook})}\n"
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    return load(folder / "city.yaml")


def test_a_process_that_is_left_behind_keeps_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It holds all that its parent had open until that says so; the parent has done its work."""
    code = (
        "import subprocess, sys; open(sys.argv[1], 'w').write(sys.stdin.read());"
        "left = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
        "open(sys.argv[1] + '.pid', 'w').write(str(left.pid))"
    )
    loaded = city(tmp_path, code, timeout_s=30)
    try:
        tell_of_failure(loaded, FAILED)
    finally:
        left = psutil.Process(int((tmp_path / "told.pid").read_text()))
        was_there = left.is_running()
        left.kill()
    assert was_there
    assert caplog.messages == []
    assert RunRecord.model_validate_json((tmp_path / "told").read_text("utf-8")) == FAILED


def test_what_a_program_says_of_its_failure_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """All of it is read, so that it is never kept waiting; the end is told."""
    code = "import sys; sys.stderr.write('x' * 1_000_000 + 'no mailer'); sys.exit(3)"
    tell_of_failure(city(tmp_path, code, timeout_s=60), FAILED)
    (said,) = caplog.messages
    assert "ended with 3" in said
    assert said.endswith("no mailer")


def test_a_program_that_goes_on_is_ended(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After its time, and that is said."""
    code = "import time; time.sleep(600)"
    tell_of_failure(city(tmp_path, code, timeout_s=0.5), FAILED)
    (said,) = caplog.messages
    assert "could not be told" in said
    assert "timed out after 0.5 seconds" in said
