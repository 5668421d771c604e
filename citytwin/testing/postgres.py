"""A PostgreSQL server of our own for tests and measurements, in a folder of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.testing.certificates import write_certificates
from citytwin.testing.ports import free_port

_PLACES = "/usr/lib/postgresql/*/bin"
_WHO_MAY = """\
local all all trust
hostssl all all 127.0.0.1/32 scram-sha-256
"""
"""By the socket everybody who may look into its folder; over the network by TLS and password only."""


def server_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``pg_ctl``, None where there is no PostgreSQL."""
    found = shutil.which("pg_ctl")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).parent
    installed = sorted(Path("/").glob(f"{_PLACES.removeprefix('/')}/pg_ctl"))
    return installed[-1].parent if installed else None


@dataclass(frozen=True)
class RunningPostgres:
    """A server, and how it is reached: by a socket in its folder, or at localhost."""

    folder: Path
    """Of its socket."""
    port: int
    authority: Path
    """Signed its certificate for ``localhost``."""
    password: str
    """Of the user, over the network."""
    durable: bool
    """Whether what was committed survives a power cut of the machine."""
    user: str = "citytwin"
    database: str = "postgres"

    @property
    def address(self) -> str:
        """How libpq reaches it by its socket."""
        return f"host={self.folder} port={self.port} user={self.user} dbname={self.database}"

    def crash(self) -> None:
        """End it without warning: what was committed comes back with :meth:`start`."""
        self._control("-m", "immediate", "stop")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-k {self.folder} -p {self.port} -c listen_addresses=127.0.0.1"
        options += f" -c ssl=on -c timezone=UTC -c fsync={'on' if self.durable else 'off'}"
        self._control("-l", self.folder / "log", "-o", options, "start")

    def _control(self, *words: str | Path) -> None:
        programs = server_programs()
        assert programs is not None  # noqa: S101
        _call(programs / "pg_ctl", "-D", self.folder / "data", "-w", *words)


@contextmanager
def running_postgres(*, durable: bool = True) -> Iterator[RunningPostgres]:
    """Start a server that nobody but this computer reaches, and stop it afterwards.

    PostgreSQL refuses to run for the superuser; it then runs as the user ``postgres`` of its package.

    Parameters
    ----------
    durable
        Whether commits wait for the disk; tests that cut no power are faster without.

    Yields
    ------
    RunningPostgres
        The server.

    Raises
    ------
    StoreError
        If PostgreSQL is not installed, or does not start.
    """
    programs = server_programs()
    if programs is None:
        raise StoreError("PostgreSQL is not installed", hint="apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        place = Path(name)  # short: the path of a socket has 107 bytes at most
        data, own = place / "data", place / "own"
        files = write_certificates(own)
        server = RunningPostgres(
            place, free_port(), files.authority, secrets.token_hex(16), durable
        )
        word = own / "password"
        word.write_text(server.password)
        _give_away(place, own, *own.iterdir())
        _call(programs / "initdb", "-D", data, "-A", "scram-sha-256", "--pwfile", word,
              "-U", server.user, "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        (data / "pg_hba.conf").write_text(_WHO_MAY)
        shutil.copy(files.certificate, data / "server.crt")
        shutil.copy(files.key, data / "server.key")
        (data / "server.key").chmod(0o600)
        _give_away(data / "server.crt", data / "server.key")
        server.start()
        try:
            yield server
        finally:
            server.crash()


def _give_away(*paths: Path) -> None:
    """Let the user that the server runs as read what the superuser has made."""
    if os.geteuid() == 0:
        for path in paths:
            shutil.chown(path, "postgres")


def _call(*words: str | Path) -> None:
    command = [str(word) for word in words]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=120,
        check=False,
    )  # fmt: skip
    if done.returncode:
        msg = f"{command[-1]} of PostgreSQL failed: {done.stderr.strip()[:400]}"
        raise StoreError(msg, hint="see the messages of the server")
