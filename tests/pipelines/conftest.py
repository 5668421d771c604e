"""What tests of whole runs share: workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pipelines.night_town import workers_here


@pytest.fixture(scope="module")
def workers() -> Iterator[str]:
    """Address of a scheduler with one worker, both in this process; they end with the file.

    Their threads look at the system now and then, which other tests would take for their own doing.
    """
    with workers_here() as address:
        yield address
