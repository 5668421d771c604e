"""A run on a cluster of Dask's own processes: the same bytes, and nobody else gets in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from distributed import Client

from citytwin.engine.cluster import connect
from citytwin.errors import ConfigError
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.store.at_rest import read_bytes
from citytwin.store.cluster_certificates import write_cluster_certificates
from citytwin.store.latest import published_city
from tests.pipelines.dask_cluster import HOST, cluster
from tests.pipelines.hostile_client import forgeries, heard, heard_in_clear, listening, pages
from tests.pipelines.small_city import citytwin
from tests.pipelines.test_sealed_city import make_city


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds the key of the city, which the workers are given, and the certificates."""
    folder = tmp_path_factory.mktemp("cluster")
    write_new_key(folder / "keys", "town-2026")
    return folder


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """A scheduler and two workers, each process with a folder and certificates of its own."""
    with cluster(folder, {"CITYTWIN_KEYS": str(folder / "keys")}) as address:
        yield address


@pytest.fixture
def known(folder: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test has the key and a certificate of the cluster."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(folder / "keys"))
    monkeypatch.setenv("CITYTWIN_CERTIFICATES", str(folder / "certs"))
    sealed_folders.forget_keys()


def _workers(client: Client) -> list[str]:
    client.wait_for_workers(2, timeout=60)
    return sorted(client.run(lambda: str(Path.cwd())).values())


@pytest.mark.timeout(900)  # two runs, which may compile kernels
def test_a_run_on_two_workers_gives_the_bytes_of_a_local_run(
    folder: Path, address: str, known: None
) -> None:
    """Also of restricted data: keys come from the workers' own environment, never over the wire."""
    with connect(address, None, folder) as client:
        assert _workers(client) == [str(folder / "worker0"), str(folder / "worker1")]
    published = []
    (folder / "local").mkdir()
    make_city(folder / "local")
    shutil.copytree(folder / "local", folder / "away")  # a GeoPackage says when it was written
    for name, words in (("local", ["--workers", "1"]), ("away", ["--scheduler", address])):
        done = citytwin("run", str(folder / name / "city.yaml"), *words)
        assert done.returncode == 0, done.stderr
        city = folder / name / "out/.sealed/town"
        latest = published_city(city)
        assert latest is not None
        published.append([(layer.id, layer.checksum) for layer in latest.layers])
        terrain = next(layer for layer in latest.layers if layer.id == "terrain")
        assert read_bytes(city / terrain.path / "terrain.tif").startswith(b"II*\0")
    assert published[0] == published[1]


def test_a_stranger_is_refused(
    folder: Path, address: str, known: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a certificate, without encryption, or with the certificate of another authority."""
    for stranger in (address.replace("tls://", "tcp://"), address):
        if stranger == address:
            write_cluster_certificates(tmp_path / "certs", [HOST])
            monkeypatch.setenv("CITYTWIN_CERTIFICATES", str(tmp_path / "certs"))
        with (
            pytest.raises(ConfigError, match="no Dask scheduler answers"),
            connect(stranger, None, tmp_path),
        ):
            pytest.fail("connected")
    monkeypatch.delenv("CITYTWIN_CERTIFICATES")
    with (
        pytest.raises(ConfigError, match="asks for certificates, and none are named"),
        connect(address, None, tmp_path),
    ):
        pytest.fail("connected")


def test_no_port_of_a_cluster_answers_a_stranger(
    folder: Path, address: str, known: None, tmp_path: Path
) -> None:
    """Who believes every server and shows what does not hold hears nothing, of scheduler or workers.

    What Dask serves in clear is bound to this computer, and has no page but the list of its pages.
    """
    with connect(address, None, folder) as client:
        client.wait_for_workers(2, timeout=60)
        ports = listening()
    shown = forgeries(folder / "certs", tmp_path)
    good = shown.pop("good")
    in_clear = {port for port in ports if pages(port)}
    encrypted = sorted(ports.keys() - in_clear)
    assert all(heard(port, good) for port in encrypted)
    assert len(encrypted) == 5, "the scheduler, two workers, and who watches each"
    for port in encrypted:
        assert heard_in_clear(port) == b""
        for what, one in shown.items():
            assert heard(port, one) == b"", (what, port)
    for port in in_clear:
        assert ports[port] == HOST
        answers = {
            path: httpx.get(f"http://{HOST}:{port}{path}").status_code
            for path in ("/", "/health", "/metrics", "/info/main/logs.html", "/json/identity.json")
        }
        assert set(answers.values()) == {404}, port
