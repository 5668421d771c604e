"""The running twin with its observations in PostgreSQL: a server that dies, a restart, what is asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.state import command
from citytwin.config import LoadedConfig
from citytwin.errors import ConfigError, StoreError
from citytwin.live.database_place import database_place
from citytwin.live.health import Health, read_health
from citytwin.live.sync import running_folder, sync
from citytwin.store.observations import folder_of, open_lookup
from citytwin.store.observations.manifest import MANIFEST
from citytwin.testing.postgres import RunningPostgres, running_postgres, server_programs
from tests.unit.live.live_city import RULE, SENDER, city, feed

pytest.importorskip("psycopg", reason="psycopg is not installed: pip install citytwin[server]")
if server_programs() is None:
    pytest.skip("PostgreSQL is not installed: apt-get install postgresql", allow_module_level=True)


@pytest.fixture
def server() -> Iterator[RunningPostgres]:
    """A server of our own."""
    with running_postgres(durable=False) as running:
        yield running


def town(folder: Path, server: RunningPostgres, classification: str = "public") -> LoadedConfig:
    """A city with a folder of packs and a rule."""
    (folder / "in").mkdir()
    return city(
        folder,
        [feed(folder={"path": "in", "pattern": "*.json"}) | {"classification": classification}],
        sender=SENDER,
        alerts=[RULE],
        postgresql={
            "host": "localhost",
            "port": server.port,
            "database": server.database,
            "user": server.user,
            "password_env": "TOWN_DATABASE",
            "authorities": str(server.authority),
        },
    )


def pack(loaded: LoadedConfig, gauge: str, rate: float) -> None:
    """Put a measurement of now into the folder."""
    now = datetime.now(UTC)
    record = {"n": f"{gauge}:rainfall_rate", "u": "mm/h", "v": rate, "t": int(now.timestamp())}
    folder = loaded.file.parent / "in"
    (folder / f"{gauge}.part").write_text(json.dumps([record]), encoding="utf-8")
    (folder / f"{gauge}.part").rename(folder / f"{gauge}.json")


@contextmanager
def running(loaded: LoadedConfig) -> Iterator[Callable[[Callable[[Health], bool]], None]]:
    """A twin in a thread; gives what waits until its health is as wanted."""
    stop, begun_s = threading.Event(), time.time()
    with ThreadPoolExecutor(1) as pool:
        twin = pool.submit(sync, loaded, stop)

        def until(wanted: Callable[[Health], bool]) -> None:
            end = time.monotonic() + 600.0
            while time.monotonic() < end and not twin.done():
                try:
                    health = read_health(running_folder(loaded))
                except StoreError:  # not yet written
                    health = None
                if health is not None and health.started_s > begun_s and wanted(health):
                    return
                time.sleep(0.05)
            twin.result(timeout=0)
            pytest.fail("it did not happen within ten minutes")

        try:
            yield until
        finally:
            stop.set()
        twin.result()


def test_a_twin_on_a_database(
    tmp_path: Path, server: RunningPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes while the server is down is kept once it is back; a restart goes on from there."""
    monkeypatch.setenv("TOWN_DATABASE", server.password)
    loaded = town(tmp_path, server)
    pack(loaded, "g1", 42.0)
    (tmp_path / "in" / "bad.json").write_text("no pack at all", encoding="utf-8")
    with running(loaded) as until:
        until(lambda h: h.rows.get("stored") == 1 and h.rows.get("dead_letters") == 1)
        until(lambda h: h.alerts == {"heavy_rain": "firing"})
        server.crash()
        pack(loaded, "g2", 1.0)
        until(lambda h: h.feeds["sensors"].payloads == 3)
        server.start()
        until(lambda h: h.rows["stored"] == 2)
    with running(loaded) as until:
        until(lambda h: h.alerts == {"heavy_rain": "firing"})  # as it was, from the database
        pack(loaded, "g3", 2.0)
        until(lambda h: h.rows.get("stored") == 1)
    folder = folder_of(loaded.city_dir)
    assert not (folder / MANIFEST).exists()
    assert server.password not in (folder / "postgresql.json").read_text("utf-8")
    with open_lookup(folder) as reader:
        assert (reader.totals().stored, reader.totals().repeats) == (3, 0)
        assert [kept.letter.reason for kept in reader.dead_letters()] == ["unreadable"]
        now = datetime.now(UTC) + timedelta(minutes=1)
        frame = reader.state(now).frame
        assert dict(zip(frame["thing"], frame["result"], strict=True)) == {
            "urn:citytwin:sensors:g1": 42.0,
            "urn:citytwin:sensors:g2": 1.0,
            "urn:citytwin:sensors:g3": 2.0,
        }
    said = CliRunner().invoke(command, [str(loaded.file), "--format", "csv"])
    assert (said.exit_code, said.output.count("rainfall_rate")) == (0, 3)
    monkeypatch.delenv("TOWN_DATABASE")
    said = CliRunner().invoke(command, [str(loaded.file)])
    assert isinstance(said.exception, ConfigError)


def test_what_is_restricted_goes_to_no_database(tmp_path: Path, server: RunningPostgres) -> None:
    """A database would keep it in clear."""
    with pytest.raises(ConfigError, match="a database would keep observations in clear"):
        database_place(town(tmp_path, server, "restricted"))
