"""kill -9 at random moments under load: nothing lost, nothing doubled, and the cursor agrees."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.store.observations.killed_writer import SIZE

KILLS = 20


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither fork nor SIGKILL")
def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    """Checked after each of 20 kills, by the program itself."""
    program = "tests.unit.store.observations.killed_writer"
    done = subprocess.run(
        [sys.executable, "-m", program, str(tmp_path / "obs"), str(KILLS)],
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    left = [int(line) for line in done.stdout.split()]
    assert len(left) == KILLS
    assert sorted(left) == left
    assert left[0] >= SIZE
    assert left[-1] > left[0]
