"""What tests of whole runs share: workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipelines.night_town import workers_here


@pytest.fixture(scope="module")
def workers() -> Iterator[str]:
    """Address of a scheduler with one worker, both in this process; they end with the file.

    Their threads look at the system now and then, which other tests would take for their own doing.
    """
    with workers_here() as address:
        yield address


QUICK = ("test_pipelines.py", "test_runs.py", "test_what_stood_before.py")
"""Files whose tests are not long together; in `test_runs.py`, those that are long say so themselves."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whole runs are long."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name not in QUICK:
            item.add_marker(pytest.mark.long)
