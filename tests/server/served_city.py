"""A little city with public and internal layers, and the server of it as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from citytwin.model.layer import Classification, SourceCredit
from citytwin.model.notes import Note
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import SEALED
from citytwin.store.publish import publish
from citytwin.store.sealed_keys import ensure_sealed
from tests.server.identity import SECRET, Identity
from tests.unit.store import little_city as lc

AUDIENCE, OTHER_AUDIENCE = "https://city.example/api", "https://other.example/api"
PUBLIC, INTERNAL = ("terrain", "buildings"), ("flood_depth_max", "traffic")
MARK = "PumpsOfMillStreet"
"""Stands in what closed layers say of themselves, and nowhere else."""
CLOSED_SOURCE = SourceCredit(title=MARK, sha256="ba" * 32, licence=MARK, synthetic=False)
CLOSED_NOTE = Note(severity="loss", ja=f"{MARK} がありません", en=f"{MARK} is missing")
POLICY = """\
version: 1
rules:
  - {name: everyone, effect: allow, actions: [read], kinds: [layer, table], anyone: true}
  - {name: planners, effect: allow, actions: [read, sign], roles: [planner], up_to: restricted}
"""


def publish_city(folder: Path, closed: Classification = "internal") -> Path:
    """Publish it, and return its folder: sealed, where its closed layers are restricted.

    Then `CITYTWIN_KEYS` is `keys` in the folder.
    """
    info = replace(lc.run_info(), publication="served", classification=closed)
    city = folder / "city"
    if closed == "restricted":
        city = folder / SEALED / "city"
        write_new_key(folder / "keys", "town-2026")
        ensure_sealed(city, "town-2026", open_ring())
    staging = folder / "staging"
    layers = [lc.stage(staging, name) for name in PUBLIC]
    layers += [
        lc.stage(
            staging, name, classification=closed, sources=(CLOSED_SOURCE,), notes=(CLOSED_NOTE,)
        )
        for name in INTERNAL
    ]
    publish(city, layers, info)
    return city


def secret(file: Path, content: bytes | None = None) -> Path:
    """Write a secret that others may not read."""
    file.write_bytes(content or os.urandom(32))
    file.chmod(0o600)
    return file


def write_config(folder: Path, port: int, issuer: str, more: str = "") -> Path:
    """Write how the city is served, with its secrets; return the file."""
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    secret(folder / "client", SECRET.encode())
    secret(folder / "session.key")
    secret(folder / "audit.key")
    file = folder / "serve.yaml"
    file.write_text(
        f"""\
public_url: http://127.0.0.1:{port}
policy: policy.yaml
session_key_file: session.key
audit: {{folder: audit, anchors: anchors, key_file: audit.key}}
identity:
  issuer: {issuer}
  audience: {AUDIENCE}
  client_id: citytwin
  client_secret_file: client
  leeway_s: 0
{more}""",
        encoding="utf-8",
    )
    return file


@dataclass(frozen=True)
class Running:
    """A server that runs, and the provider that it asks."""

    url: str
    folder: Path
    """Holds the configuration, the city and the audit."""
    identity: Identity
    process: subprocess.Popen[bytes]

    def token(self, client: str = "planner-tool", audience: str = AUDIENCE) -> str:
        """Return an access token."""
        return self.identity.token(client, audience)

    def get(self, path: str, token: str = "", **more: str) -> httpx.Response:
        """Ask for something, with a token where one is given."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        asked = headers | more
        return httpx.get(self.url + path, headers=asked, timeout=60, follow_redirects=False)


def start_server(folder: Path, identity: Identity, port: int, *words: str) -> Running:
    """Start the command, and wait until it answers."""
    url = f"http://127.0.0.1:{port}"
    sealed = folder / SEALED / "city"
    city = sealed if sealed.is_dir() else folder / "city"
    command = [sys.executable, "-m", "citytwin", "serve", str(city)]
    command += ["--config", str(folder / "serve.yaml"), "--port", str(port), "--insecure-local"]
    process = subprocess.Popen([*command, *words])
    for _ in range(600):
        try:
            httpx.get(url + "/session.json")
        except httpx.TransportError:
            assert process.poll() is None, "the server has ended"
            time.sleep(0.1)
        else:
            return Running(url, folder, identity, process)
    msg = "the server does not answer"
    raise AssertionError(msg)


def stop_server(running: Running) -> None:
    """End it as an operator would."""
    running.process.terminate()
    assert running.process.wait(30) is not None
