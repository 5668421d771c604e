"""Installing where there is no internet: from a folder of wheels, and by a proxy with a private authority.

The wheels of the lock file, and that of citytwin, are put into a folder. Then, each in an environment
of its own: an installation from the folder in a network namespace that has no network at all (Linux,
root), after which the demo city is checked and a cut of it made there; and one from a server of this
computer whose certificate a private authority has signed, through a proxy that sees every connection.

    python -m benchmarks.offline_install [FOLDER OF THE WHEELS]
"""

from __future__ import annotations

import http.server
import os
import select
import socket
import socketserver
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from citytwin.testing.certificates import write_certificates
from tests.pipelines.night_town import make_night_town

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "run.lock"
NO_NETWORK = ("unshare", "--net")
PIP = ("-m", "pip", "--disable-pip-version-check")


def tried(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a program without what the environment says of this checkout, of pip and of authorities."""
    clean = {name: os.environ[name] for name in ("HOME", "LANG", "PATH") if name in os.environ}
    clean["PIP_CONFIG_FILE"] = os.devnull
    return subprocess.run(
        [str(word) for word in words], env=clean, cwd="/", capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def run(*words: object) -> str:
    """Run a program so, and return what it says; its failure ends this one."""
    done = tried(*words)
    assert done.returncode == 0, f"{words}: {done.stdout[-1500:]}{done.stderr[-1500:]}"
    return done.stdout


def gathered(wheels: Path) -> None:
    """Put all wheels into a folder, where that has not been done."""
    wheels.mkdir(parents=True, exist_ok=True)
    if not any(wheels.glob("numpy-*")):
        download = ("download", "--require-hashes", "-r", str(LOCK), "-d", str(wheels))
        subprocess.run([sys.executable, *PIP, *download], check=True)
    build = ("wheel", "-q", "--no-deps", "-w", str(wheels), str(ROOT))
    subprocess.run([sys.executable, *PIP, *build], check=True)


def environment(folder: Path) -> Path:
    """Make an environment, and return its Python."""
    run(sys.executable, "-m", "venv", folder)
    return folder / "bin" / "python"


def without_network(wheels: Path, folder: Path) -> None:
    """Install, and check and run cities, where no address can be reached."""
    python = environment(folder)
    reach = "import socket; socket.create_connection(('1.1.1.1', 53), 2)"
    assert "Network is unreachable" in tried(*NO_NETWORK, python, "-c", reach).stderr
    install = ("install", "--no-index", "--find-links", wheels)
    run(*NO_NETWORK, python, *PIP, *install, "--require-hashes", "-r", LOCK)
    run(*NO_NETWORK, python, *PIP, *install, "--no-deps", "citytwin")
    said = run(*NO_NETWORK, python, "-m", "citytwin", "check", ROOT / "pipelines/demo.yaml")
    print(f"without a network: {run(python, '-m', 'citytwin', '--version').strip()}")
    fine = sum(line.startswith("ok") for line in said.splitlines())
    print(f"the demo city there: {fine} sources are well")
    config = make_night_town(folder.with_name("town"))
    alone = (
        *NO_NETWORK,
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
    )  # its workers talk by it
    said = run(*alone, python, "-m", "citytwin", "run", config)
    print(f"a cut of it there: {next(t for t in said.splitlines() if t.startswith('published'))}")


class Proxy(socketserver.ThreadingTCPServer):
    """Forwards connections (CONNECT, RFC 9110), and remembers where to."""

    daemon_threads = True
    asked: list[str]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Forward)
        self.asked = []


class _Forward(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        """Forward both ways until one side ends."""
        method, place, _ = self.rfile.readline().decode().split(" ", 2)
        while self.rfile.readline().strip():
            pass
        here = self.server
        assert isinstance(here, Proxy)
        here.asked.append(f"{method} {place}")
        host, port = place.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as far, suppress(ConnectionError):
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            other = {self.connection: far, far: self.connection}
            while True:
                for ready in select.select(list(other), [], [])[0]:
                    data = ready.recv(1 << 16)
                    if not data:
                        return
                    other[ready].sendall(data)


class _Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    """Let a server run for the time of the block."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def by_proxy(wheels: Path, folder: Path) -> None:
    """Install from an address that only a private authority vouches for, and only a proxy reaches."""
    python = environment(folder / "environment")
    files = write_certificates(folder / "certificates")
    handler = partial(_Files, directory=str(wheels))
    index = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(files.certificate, files.key)
    index.socket = trust.wrap_socket(index.socket, server_side=True)
    address = f"https://127.0.0.1:{index.server_address[1]}/"
    proxy = Proxy()
    with serving(index), serving(proxy):
        seen = f"http://127.0.0.1:{proxy.server_address[1]}"
        words = (*PIP, "install", "--no-index", "--find-links", address, "--proxy", seen)
        stranger = tried(python, *words, "--retries", "0", "--no-deps", "citytwin")
        assert stranger.returncode != 0
        assert "CERTIFICATE_VERIFY_FAILED" in stranger.stdout + stranger.stderr
        known = ("--cert", files.authority)
        run(python, *words, *known, "--require-hashes", "-r", LOCK)
        run(python, *words, *known, "--no-deps", "citytwin")
    print(f"by a proxy: {run(python, '-m', 'citytwin', '--version').strip()}")
    print(f"connections through it: {len(proxy.asked)}, to {', '.join(sorted(set(proxy.asked)))}")


def main() -> None:
    """Try both ways."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheels = Path(sys.argv[1] if len(sys.argv) > 1 else folder / "wheels").resolve()
        gathered(wheels)
        size = sum(file.stat().st_size for file in wheels.iterdir()) / 1e6
        print(f"{len(list(wheels.iterdir()))} files, {size:.0f} MB")
        if os.geteuid() == 0:
            without_network(wheels, folder / "alone")
        by_proxy(wheels, folder)


if __name__ == "__main__":
    main()
