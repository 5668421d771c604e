"""Starts a real broker of MQTT on this computer: mosquitto, with TLS, passwords and rights by topic."""

from __future__ import annotations

import getpass
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import CityTwinError
from citytwin.testing.certificates import Certificates, write_certificates
from citytwin.testing.ports import free_port

_START_S = 10.0
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
"""Where packages put the broker, besides the search path."""


@dataclass(frozen=True)
class Rights:
    """What a user of the broker may do."""

    read: Sequence[str] = ()
    write: Sequence[str] = ()


@dataclass(frozen=True)
class RunningBroker:
    """A broker that runs."""

    port: int
    files: Certificates
    passwords: Mapping[str, str]
    """By user; made for this run."""
    process: subprocess.Popen[bytes]


@contextmanager
def mosquitto(folder: Path, users: Mapping[str, Rights], port: int = 0) -> Iterator[RunningBroker]:
    """Run a broker until the block ends; what it keeps for absent clients lies in the folder.

    Parameters
    ----------
    folder
        For its configuration, certificates and data; a second run there goes on with the same.
    users
        Rights by name; everybody else is refused.
    port
        On the loopback interface; 0 takes a free one.

    Raises
    ------
    CityTwinError
        If mosquitto is not installed, or does not start.
    """
    files = _files(folder)
    passwords = _passwords(folder, users)
    port = port or free_port()
    (folder / "acl").write_text(_rights(users), "utf-8")
    (folder / "data").mkdir(exist_ok=True)
    (folder / "mosquitto.conf").write_text(_configuration(folder, files, port), "utf-8")
    for name in ("acl", "passwords"):
        (folder / name).chmod(0o600)
    with (folder / "mosquitto.log").open("ab") as log:
        command = [_program("mosquitto"), "-c", str(folder / "mosquitto.conf")]
        # in a session of its own: Ctrl-C in a terminal must not take it from those who still send
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    try:
        _wait_for(port, process, folder / "mosquitto.log")
        yield RunningBroker(port, files, passwords, process)
    finally:
        process.terminate()
        process.wait(timeout=10)


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(Path(place, name)) for place in _PLACES if Path(place, name).is_file()), ""
    )
    if not found:
        msg = f"the program {name} is not installed"
        raise CityTwinError(msg, hint="apt-get install mosquitto, or brew install mosquitto")
    return found


def _files(folder: Path) -> Certificates:
    files = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    there = all(path.is_file() for path in (files.authority, files.certificate, files.key))
    return files if there else write_certificates(folder)


def _passwords(folder: Path, users: Mapping[str, Rights]) -> dict[str, str]:
    """New ones for every run; mosquitto keeps their hashes only."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "passwords"
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    passwords = {user: secrets.token_urlsafe(24) for user in users}
    file.write_text("".join(f"{user}:{word}\n" for user, word in passwords.items()), "utf-8")
    subprocess.run([_program("mosquitto_passwd"), "-U", str(file)], check=True, capture_output=True)
    return passwords


def _rights(users: Mapping[str, Rights]) -> str:
    lines = []
    for user, rights in users.items():
        lines.append(f"user {user}")
        lines += [f"topic read {topic}" for topic in rights.read]
        lines += [f"topic write {topic}" for topic in rights.write]
        lines.append("")
    return "\n".join(lines)


def _configuration(folder: Path, files: Certificates, port: int) -> str:
    return f"""\
listener {port} 127.0.0.1
cafile {files.authority}
certfile {files.certificate}
keyfile {files.key}
allow_anonymous false
password_file {folder / "passwords"}
acl_file {folder / "acl"}
persistence true
persistence_location {folder / "data"}/
autosave_interval 10
max_inflight_messages 2000
max_queued_messages 100000
message_size_limit 1000000
user {getpass.getuser()}
"""


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    end_s = time.monotonic() + _START_S
    while process.poll() is None and time.monotonic() < end_s:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    said = log.read_text("utf-8", errors="replace").strip().splitlines()
    msg = f"mosquitto does not start: {said[-1] if said else 'it says nothing'}"
    raise CityTwinError(msg, hint=f"see {log}")
