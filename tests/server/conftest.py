"""One city, one provider and one server for all tests that a process runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server import served_city as sc
from tests.server.identity import Identity, free_port


@pytest.fixture(scope="session")
def city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds a published city."""
    folder = tmp_path_factory.mktemp("served")
    sc.publish_city(folder)
    return folder


@pytest.fixture(scope="session")
def server(city_folder: Path) -> Iterator[sc.Running]:
    """A server that runs, with its provider."""
    port = free_port()
    redirect = f"http://127.0.0.1:{port}/callback"
    with Identity(city_folder, [sc.AUDIENCE, sc.OTHER_AUDIENCE], redirect) as identity:
        sc.write_config(city_folder, port, identity.issuer)
        running = sc.start_server(city_folder, identity, port)
        try:
            yield running
        finally:
            sc.stop_server(running)
