"""Rooms in memory of several processes lie in one folder, and come and go side by side."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from citytwin.store.memory_room import MEMORY_FOLDER, memory_room


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory of this test alone."""
    shared = Path("/dev/shm")
    if not shared.is_dir():
        pytest.skip("there is no folder in memory at its usual place on this system")
    with tempfile.TemporaryDirectory(prefix="rooms-", dir=shared) as own:
        monkeypatch.setenv(MEMORY_FOLDER, own)
        yield Path(own)


def test_rooms_that_go_while_others_are_opened(folder: Path) -> None:
    """Who opens one looks at all others, some of which are gone by then."""

    def come_and_go(_: int) -> bool:
        with memory_room() as room:
            return room.is_dir()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(come_and_go, range(400)))
    assert not list(folder.iterdir())


def test_the_room_of_a_killed_process_goes_with_the_next(folder: Path) -> None:
    """That of one which lives stays, and so does what is no room."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                          capture_output=True, check=True, text=True)  # fmt: skip
    left, living = (folder / f"citytwin-{number}-abc" for number in (int(done.stdout), os.getpid()))
    (folder / "citytwin-of-others").mkdir()
    left.mkdir()
    living.mkdir()
    with memory_room():
        assert not left.exists()
    assert {path.name for path in folder.iterdir()} == {"citytwin-of-others", living.name}
