"""What processes that hold restricted data leave behind when they crash."""

from __future__ import annotations

import os
import resource
import tempfile

import pytest

from citytwin.engine.protecting import TemporaryInMemory
from citytwin.store.memory_room import memory_folder


def test_workers_write_neither_temporary_files_nor_memory_to_a_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The plugin that is sent to each of them sees to both."""
    monkeypatch.setattr(tempfile, "tempdir", None)
    for name in ("TMPDIR", "CPL_TMPDIR", "SQLITE_TMPDIR"):
        monkeypatch.setenv(name, "/")
    before = resource.getrlimit(resource.RLIMIT_CORE)
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        TemporaryInMemory().setup(None)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, before[1])
        assert tempfile.gettempdir() == str(memory_folder())
        assert os.environ["SQLITE_TMPDIR"] == str(memory_folder())
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)
