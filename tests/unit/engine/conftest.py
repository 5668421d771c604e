"""What tests of the engine share: workers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from distributed import Client


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Two workers in this process."""
    with Client(
        processes=False,
        n_workers=2,
        threads_per_worker=1,
        dashboard_address="127.0.0.1:0",
        set_as_default=False,
    ) as it:
        yield it
