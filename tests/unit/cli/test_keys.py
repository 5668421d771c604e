"""``citytwin keys`` and ``citytwin cluster certs`` as an operator calls them."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID as Usage

from citytwin.cli import cluster, keys
from citytwin.errors import (
    CityTwinError,
    ConfigError,
    KeyAccessError,
    MissingKeyError,
    SealError,
    StoreError,
)
from citytwin.security import sealed_folders
from citytwin.security.key_ring import open_ring
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import write_text
from citytwin.store.sealed_keys import ensure_sealed
from tests.unit.rights import closed_to_us, open_folder


@pytest.fixture
def shown() -> Iterator[Path]:
    """A folder that every account enters."""
    with open_folder() as folder:
        yield folder


def call(*arguments: object) -> Result:
    """Call ``citytwin keys``; errors come out."""
    words = [str(word) for word in arguments]
    return CliRunner().invoke(keys.command, words, catch_exceptions=False)


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A sealed folder below ``out``, sealed with the key `first`."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    sealed_folders.forget_keys()
    assert call("create", "first").exit_code == 0
    root = tmp_path / "out/.sealed/town"
    ensure_sealed(root, "first", open_ring())
    write_text(root / "a.txt", "kept")
    return tmp_path / "out"


def test_a_key_lives_from_its_making_to_its_end(out: Path) -> None:
    """Made, listed, replaced, and destroyed once nothing needs it."""
    assert "first: here" in call("list", out).stdout
    with pytest.raises(SealError, match=r"'first' is needed by .*town"):
        call("destroy", "first", out)
    call("create", "second")
    assert "first -> second" in call("rotate", out, "--to", "second").stdout
    assert "destroyed" in call("destroy", "first", out).stdout
    sealed_folders.forget_keys()
    assert read_bytes(out / ".sealed/town/a.txt") == b"kept"
    assert not (out.parent / "keys" / "citytwin-key-first").exists()


def test_backups_need_the_key_that_they_were_made_with(out: Path) -> None:
    """They are copies with digests: none is wrapped anew, and their key goes only if that is said."""
    backups = out.parent / "backups"
    kept = backups / "town-20261128T080539Z/published"
    shutil.copytree(out / ".sealed/town", kept)
    (backups / "keys.json").write_text("{}")  # of somebody else
    before = (kept / "keys.json").read_bytes()
    call("create", "second")
    told = call("rotate", out, backups, "--to", "second").stdout
    assert f"{kept}: a copy, which needs first" in told
    assert "install-timer" in told
    assert (kept / "keys.json").read_bytes() == before
    assert f"{kept}: first: here" in call("list", backups).stdout
    with pytest.raises(SealError, match=r"'first' is needed by .*published \(copies"):
        call("destroy", "first", out, backups)
    assert "destroyed" in call("destroy", "first", out).stdout


def test_keys_are_looked_for_behind_links(out: Path, tmp_path: Path) -> None:
    """A city that lies on another disk needs its key as any other; a link to itself has no end."""
    (out / ".sealed").rename(tmp_path / "disk")
    (out / ".sealed").symlink_to(tmp_path / "disk", target_is_directory=True)
    (out / "again").symlink_to(out, target_is_directory=True)
    with pytest.raises(SealError, match=r"'first' is needed by .*town"):
        call("destroy", "first", out)
    call("create", "second")
    told = call("rotate", out, "--to", "second").stdout
    assert told.count("first -> second") == 1


@pytest.mark.parametrize("name", [".a", "zz"])
def test_a_link_to_a_sealed_folder_is_no_copy_of_it(out: Path, name: str) -> None:
    """Whichever is met first."""
    (out / name).symlink_to(out / ".sealed/town", target_is_directory=True)
    call("create", "second")
    told = call("rotate", out, "--to", "second").stdout
    assert told.count("first -> second") == 1
    assert "a copy" not in told


def test_no_key_goes_while_something_cannot_be_read(
    shown: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Backups are their owner's: who cannot look into one does not know which key it needs."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(shown / "keys"))
    sealed_folders.forget_keys()
    call("create", "first")
    backup = shown / "backups/town-20261128T080539Z"
    ensure_sealed(backup / "published", "first", open_ring())
    assert "first: here" in call("list", shown / "backups").stdout
    for closed in (backup, backup / "published/keys.json"):
        with closed_to_us(closed), pytest.raises(KeyAccessError, match="can be read: "):
            call("destroy", "first", shown / "backups")
    assert (shown / "keys/citytwin-key-first").exists()


def test_what_runs_goes_on_when_another_rotates(
    out: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With the key of the folder, which is the same; one that begins needs the new key, and is told."""
    file = out / ".sealed/town/a.txt"
    assert read_bytes(file) == b"kept"
    keys_folder = out.parent / "keys"
    shutil.copytree(keys_folder, out.parent / "of the server")
    code = (
        "import sys; from citytwin.cli.keys import command; "
        "command(['create', 'second'], standalone_mode=False); "
        "command(['rotate', sys.argv[1], '--to', 'second'], standalone_mode=False)"
    )
    done = subprocess.run([sys.executable, "-c", code, out], check=True, stdout=subprocess.PIPE)
    assert b"give second to `serve`, `sync` and workers of a cluster now" in done.stdout
    monkeypatch.setenv("CITYTWIN_KEYS", str(out.parent / "of the server"))
    assert [read_bytes(file) for _ in range(3)] == [b"kept"] * 3
    assert caplog.text.count("'second' is needed, and is not in") == 1
    write_text(file, "later")
    assert read_bytes(file) == b"later"
    sealed_folders.forget_keys()  # as a process that begins
    with pytest.raises(MissingKeyError, match="'second' is needed"):
        read_bytes(file)


def test_a_folder_that_was_made_anew_is_another(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was unwrapped of the one before opens nothing of it."""
    root = out / ".sealed/town"
    assert read_bytes(root / "a.txt") == b"kept"
    shutil.copytree(out.parent / "keys", out.parent / "of the server")
    shutil.rmtree(root)
    call("create", "second")
    ensure_sealed(root, "second", open_ring())
    monkeypatch.setenv("CITYTWIN_KEYS", str(out.parent / "of the server"))
    with pytest.raises(MissingKeyError, match="'second' is needed"):
        read_bytes(root / "a.txt")


def test_data_can_be_given_up(out: Path) -> None:
    """Only where it is said, and then for good; the list says which key lacks."""
    told = call("destroy", "first", out, "--even-if-needed").stdout
    assert "cannot be read any more" in told
    sealed_folders.forget_keys()
    with pytest.raises(MissingKeyError, match="'first'"):
        read_bytes(out / ".sealed/town/a.txt")
    assert "'first' is needed, and is not in" in call("list", out).stdout


def test_one_damaged_folder_hides_no_other_from_the_list(out: Path) -> None:
    """What cannot be unwrapped is said in its place."""
    ensure_sealed(out / ".sealed/village", "first", open_ring())
    damaged = out / ".sealed/town/keys.json"
    wrapped = json.loads(damaged.read_text())
    wrapped["folder_key"] = "0" * 32
    damaged.write_text(json.dumps(wrapped))
    told = call("list", out).stdout
    assert "town: first: what was wrapped with key 'first' is damaged" in told
    assert "village: first: here" in told


def test_a_place_without_anything_sealed_is_told(out: Path, tmp_path: Path) -> None:
    """So that nobody destroys a key because he looked in the wrong folder."""
    (tmp_path / "elsewhere").mkdir()
    with pytest.raises(CityTwinError, match="nothing is sealed below"):
        call("destroy", "first", tmp_path / "elsewhere")


def test_certificates_of_a_cluster_are_renewed_under_one_authority(tmp_path: Path) -> None:
    """Keys are private, names are those of the machines, a client cannot stand for a server."""
    folder = tmp_path / "certs"
    words = ["certs", str(folder), "--host", "127.0.0.1", "--host", "node1.example"]
    told = CliRunner().invoke(cluster.command, words, catch_exceptions=False).stdout
    assert "dask worker tls://127.0.0.1:8786" in told
    for key in folder.glob("*.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    authority, worker, client = (
        _read(folder / f"{name}.pem") for name in ("ca", "worker", "client")
    )
    for one in (worker, client):
        one.verify_directly_issued_by(authority)
    named = worker.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(ip) for ip in named.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert named.get_values_for_type(x509.DNSName) == ["node1.example"]
    usages = client.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usages) == [Usage.CLIENT_AUTH]

    CliRunner().invoke(cluster.command, words, catch_exceptions=False)
    assert _read(folder / "ca.pem") == authority
    renewed = _read(folder / "worker.pem")
    assert renewed != worker
    renewed.verify_directly_issued_by(authority)
    (folder / "ca.key").unlink()
    with pytest.raises(StoreError, match=r"authority in .* cannot be read"):
        CliRunner().invoke(cluster.command, words, catch_exceptions=False)


def test_the_commands_of_a_cluster_are_those_of_its_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which keep Dask's pages from the network: they have no login."""
    text = (Path(keys.__file__).parents[2] / "docs/cluster.md").read_text("utf-8")
    block = text.split("```\n")[3].replace("\\\n", "")
    documented = [" ".join(line.split("$ ", 1)[1].split()) for line in block.splitlines()]
    assert len(documented) == 6
    words = ["certs", "certs", "--host", "head.example", "--host", "node1.example"]
    monkeypatch.chdir(tmp_path)
    told = CliRunner().invoke(cluster.command, words, catch_exceptions=False).stdout
    assert [line.strip() for line in told.splitlines() if line.startswith("  ")] == documented


@pytest.mark.parametrize(
    "host", ["bad host!", "", "node1:8786", "-a.example", "a..example", "*.example", "256.1.1.1"]
)
def test_what_is_no_machine_gets_no_certificate(tmp_path: Path, host: str) -> None:
    """Nor is an authority made for it."""
    words = ["certs", str(tmp_path / "certs"), "--host", "node1.example", "--host", host]
    with pytest.raises(ConfigError, match="is neither a name nor an address of a machine"):
        CliRunner().invoke(cluster.command, words, catch_exceptions=False)
    assert not (tmp_path / "certs").exists()


def test_machines_by_address(tmp_path: Path) -> None:
    """One of IPv6 stands in brackets before its port."""
    words = ["certs", str(tmp_path / "the certs"), "--host", "2001:db8::7"]
    told = CliRunner().invoke(cluster.command, words, catch_exceptions=False).stdout
    assert "dask worker tls://[2001:db8::7]:8786" in told
    assert f"CITYTWIN_CERTIFICATES='{tmp_path / 'the certs'}' citytwin run" in told


def _read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())
