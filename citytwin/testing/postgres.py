"""A PostgreSQL server of our own for tests and measurements, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citytwin.errors import StoreError

_PLACES = "/usr/lib/postgresql/*/bin"


def server_programs() -> Path | None:
    """Return the folder of ``initdb`` and ``pg_ctl``, None where there is no PostgreSQL."""
    found = shutil.which("pg_ctl")
    if found is not None and shutil.which("initdb") is not None:
        return Path(found).parent
    installed = sorted(Path("/").glob(f"{_PLACES.removeprefix('/')}/pg_ctl"))
    return installed[-1].parent if installed else None


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server that listens on a socket in a new folder only, and stop it afterwards.

    PostgreSQL refuses to run for the superuser; it then runs as the user ``postgres`` of its package.

    Yields
    ------
    str
        How to connect to it.

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
        if os.geteuid() == 0:
            shutil.chown(place, "postgres")
        data = place / "data"
        _call(programs / "initdb", "-D", data, "-A", "trust", "-U", "citytwin", "-E", "UTF8",
              "--locale=C")  # fmt: skip
        options = f"-k {place} -c listen_addresses='' -c timezone=UTC"
        _call(programs / "pg_ctl", "-D", data, "-l", place / "log", "-w", "-o", options, "start")
        try:
            yield f"host={place} user=citytwin dbname=postgres"
        finally:
            _call(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


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
