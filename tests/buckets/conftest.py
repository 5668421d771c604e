"""One server of object storage for all tests that a process runs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.buckets.object_store import ObjectStore, seaweedfs


@pytest.fixture(scope="session")
def object_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStore]:
    """A server that runs, with one bucket."""
    with seaweedfs(tmp_path_factory.mktemp("objects")) as store:
        yield store
