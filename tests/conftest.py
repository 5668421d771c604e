"""What all tests share: the folder of real samples, and a run in which nothing may be skipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run: a change is judged by what it did, not by the dice. New examples
# are drawn with `pytest --hypothesis-profile=explore`. No example is judged by how long it took.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the real samples; tests that need it are skipped where it is absent."""
    name = os.environ.get("CITYTWIN_SAMPLES")
    if not name or not Path(name).is_dir():
        pytest.skip("the real samples are not here: set CITYTWIN_SAMPLES to their folder")
    return Path(name)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped something it could have installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CITYTWIN_NO_SKIPS") and skipped and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
