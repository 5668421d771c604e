"""How a city is served: what is wrong is told by its key, and nothing is served in the clear."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.main import cli
from citytwin.errors import ConfigError
from citytwin.serve_config import load_serve, require_audit_apart, require_secure
from citytwin.server.app import make_app
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

GOOD = """\
public_url: https://city.example
policy: policy.yaml
session_key_file: session.key
audit: {folder: audit, anchors: /elsewhere/anchors, key_file: audit.key}
tls: {certificate: cert.pem, key: key.pem}
identity:
  issuer: https://login.example/realms/city
  audience: https://city.example/api
  client_id: citytwin
  client_secret_file: client
"""
LOCAL = (
    GOOD.replace("https://city.example\n", "http://127.0.0.1:8443\n")
    .replace("https://login.example/realms/city", "http://127.0.0.1:9000")
    .replace("tls: {certificate: cert.pem, key: key.pem}\n", "")
)


def write(folder: Path, text: str) -> Path:
    """Write a configuration."""
    file = folder / "serve.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """And absolute ones stay."""
    config = load_serve(write(tmp_path, GOOD))
    assert config.policy == tmp_path / "policy.yaml"
    assert config.audit.folder == tmp_path / "audit"
    assert config.audit.anchors == Path("/elsewhere/anchors")
    assert config.tls is not None
    assert config.tls.key == tmp_path / "key.pem"
    assert config.identity.client_secret_file == tmp_path / "client"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("policy: policy.yaml\n", "", "policy: missing"),
        ("https://city.example\n", "city.example\n", "public_url"),
        ("https://city.example\n", "https://city.example/map?x\n", "public_url"),
        ("client_id: citytwin", "client_id: https://city.example/api", "must differ"),
        ("client_id: citytwin", "client_id: citytwin\n  algorithms: [HS256]", "algorithms"),
        ("client_id: citytwin", "client_id: citytwin\n  algorithms: [none]", "algorithms"),
        ("client_id: citytwin", "client_id: citytwin\n  client_secret: x", "client_secret"),
        ("issuer: https", "issuer: ftp", "issuer"),
        ("/elsewhere/anchors", "./audit", r"audit.anchors is audit.folder \(.*/audit\)"),
        ("/elsewhere/anchors", "other/../audit", "audit.anchors is audit.folder"),
        ("issuer: https", "issuer: https://x\n  issuer: https", "stands twice"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    """With the path of the key; secrets have no place in the file."""
    assert old in GOOD
    with pytest.raises(ConfigError, match=said):
        load_serve(write(tmp_path, GOOD.replace(old, new)))


@pytest.mark.parametrize(
    ("text", "host", "local", "said"),
    [
        (GOOD, "0.0.0.0", False, ""),
        (LOCAL, "127.0.0.1", True, ""),
        (LOCAL, "127.0.0.1", False, "over TLS only"),
        (LOCAL, "0.0.0.0", True, "this computer alone"),
        (LOCAL.replace("127.0.0.1:8443", "city.example"), "127.0.0.1", True, "this computer alone"),
        (GOOD.replace("https://city", "http://city"), "127.0.0.1", False, "is not https"),
        (GOOD.replace("https://login", "http://login"), "127.0.0.1", False, "is not https"),
        (LOCAL.replace("127.0.0.1:9000", "login.example"), "127.0.0.1", True, "is not https"),
        (GOOD.replace("https://login.example", "http://127.0.0.1"), "0", False, "is not https"),
    ],
)
def test_nothing_passes_in_the_clear(
    tmp_path: Path, text: str, host: str, local: bool, said: str
) -> None:
    """But on this computer alone, when that is asked for."""
    config = load_serve(write(tmp_path, text))
    if not said:
        require_secure(config, host, insecure_local=local)
        return
    with pytest.raises(ConfigError, match=said):
        require_secure(config, host, insecure_local=local)


@pytest.mark.parametrize("open_one", ["client", "key.pem", "session.key", "audit.key"])
def test_a_secret_that_others_may_read_is_refused(tmp_path: Path, open_one: str) -> None:
    """Each of them, by its name; nothing is opened before all are closed."""
    publish(tmp_path / "city", [lc.stage(tmp_path / "s", "terrain")], lc.run_info())
    write(tmp_path, GOOD.replace("/elsewhere/", ""))
    (tmp_path / "policy.yaml").write_text("version: 1\n", encoding="utf-8")
    for name in ("client", "key.pem", "session.key", "audit.key"):
        (tmp_path / name).write_bytes(b"x" * 32)
        (tmp_path / name).chmod(0o644 if name == open_one else 0o600)
    with pytest.raises(ConfigError, match=rf"{open_one} may be read by others"):
        make_app(tmp_path / "city", load_serve(tmp_path / "serve.yaml"))
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize(
    ("folder", "anchors", "said"),
    [
        ("city/audit", "anchors", r"audit.folder .*city/audit lies in the city that is served"),
        ("audit", "link/anchors", "audit.anchors .*link/anchors lies in the city"),
        ("city", "anchors", "audit.folder .*city lies in the city"),
        ("city-audit", "city-audit/anchors", ""),
    ],
)
def test_an_audit_lies_beside_the_city(
    tmp_path: Path, folder: str, anchors: str, said: str
) -> None:
    """Also where a link leads; for what becomes of a city's folder is no matter of its audit."""
    (tmp_path / "city").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "city")
    text = GOOD.replace("folder: audit", f"folder: {folder}").replace("/elsewhere/anchors", anchors)
    config = load_serve(write(tmp_path, text))
    if not said:
        require_audit_apart(config, tmp_path / "city")
        return
    with pytest.raises(ConfigError, match=said):
        require_audit_apart(config, tmp_path / "city")
    with pytest.raises(ConfigError, match=said):
        make_app(tmp_path / "city", config)
    assert list((tmp_path / "city").iterdir()) == []


def test_the_command_refuses_before_it_listens(tmp_path: Path) -> None:
    """Without TLS, without a secret, with one that others may read."""
    file = write(tmp_path, LOCAL)
    words = ["serve", str(tmp_path), "--config", str(file)]
    found = CliRunner().invoke(cli, words)
    assert isinstance(found.exception, ConfigError)
    assert "TLS" in str(found.exception)
