"""One city, one provider and one server for all tests that a process runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from citytwin.security.sealed_folders import forget_keys
from tests.server import served_city as sc
from tests.server.identity import Identity, free_port


@pytest.fixture(scope="session")
def city_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that holds a published city."""
    folder = tmp_path_factory.mktemp("served")
    sc.publish_city(folder)
    return folder


@contextmanager
def running(folder: Path) -> Iterator[sc.Running]:
    """A server of the city in a folder, with its provider."""
    port = free_port()
    redirect = f"http://127.0.0.1:{port}/callback"
    with Identity(folder, [sc.AUDIENCE, sc.OTHER_AUDIENCE], redirect) as identity:
        sc.write_config(folder, port, identity.issuer)
        found = sc.start_server(folder, identity, port)
        try:
            yield found
        finally:
            sc.stop_server(found)


@pytest.fixture(scope="session")
def server(city_folder: Path) -> Iterator[sc.Running]:
    """A server that runs, with its provider."""
    with running(city_folder) as found:
        yield found


@pytest.fixture(scope="session")
def sealed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sc.Running]:
    """One of a city whose files are sealed, and whose closed layers are restricted."""
    folder = tmp_path_factory.mktemp("sealed")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CITYTWIN_KEYS", str(folder / "keys"))
        forget_keys()
        sc.publish_city(folder, "restricted")
        with running(folder) as found:
            yield found
    forget_keys()
