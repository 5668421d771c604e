"""Orders to devices on the command line: written, signed by two people with keys of their own, checked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from citytwin.alerts.commands import CommandError
from citytwin.cli.order import command
from citytwin.errors import ConfigError

PUMP = "urn:citytwin:pumps:P-1"
WRITE = ("--device", PUMP, "--action", "start", "--reason", "water at the gauge")


def run(*arguments: str | Path) -> Result:
    """What the command says."""
    return CliRunner().invoke(command, [str(one) for one in arguments], catch_exceptions=False)


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Folder with the keys of two people, in the form that OpenSSL gives them."""
    for name in ("sato", "mori"):
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (tmp_path / f"{name}.pem").write_bytes(private)
        (tmp_path / f"{name}.pub").write_bytes(public)
    return tmp_path


def trust(keys: Path) -> list[str]:
    """Both people are known to the gateway."""
    return [f"--trust={name}={keys / name}.pub" for name in ("sato", "mori")]


def test_two_people_and_a_gateway(keys: Path) -> None:
    """One signature is too few, two make a rehearsal; signing again is no second person."""
    file = keys / "order.json"
    assert "two people must sign it" in run("write", file, *WRITE).output
    for _ in range(2):
        said = run("sign", file, "--by", "sato", "--key", keys / "sato.pem").output
        assert "water at the gauge" in said
        assert said.strip().endswith("signed by sato")
        with pytest.raises(CommandError, match="signatures of 1 trusted people"):
            run("check", file, "--device", PUMP, *trust(keys))
    run("sign", file, "--by", "mori", "--key", keys / "mori.pem")
    assert "say what it would do" in run("check", file, "--device", PUMP, *trust(keys)).output
    with pytest.raises(CommandError, match="is for"):
        run("check", file, "--device", "urn:citytwin:pumps:P-2", *trust(keys))
    content = json.loads(file.read_text("utf-8"))
    content["command"]["dry_run"] = False
    file.write_text(json.dumps(content), "utf-8")
    with pytest.raises(CommandError, match="signatures of 0 trusted people"):
        run("check", file, "--device", PUMP, *trust(keys))


def test_in_earnest_is_said(keys: Path) -> None:
    """And an order that is there is not written over."""
    file = keys / "order.json"
    run("write", file, *WRITE, "--in-earnest", "--minutes", "5")
    for name in ("sato", "mori"):
        run("sign", file, "--by", name, "--key", keys / f"{name}.pem")
    assert "shall start: do it" in run("check", file, "--device", PUMP, *trust(keys)).output
    with pytest.raises(ConfigError, match="exists already"):
        run("write", file, *WRITE)


def test_mistakes_are_told_in_words(keys: Path) -> None:
    """A pattern of devices, a file that is no key, no order, or not there."""
    with pytest.raises(ConfigError, match="device"):
        run("write", keys / "a.json", "--device", "urn:*", "--action", "start", "--reason", "r")
    run("write", keys / "order.json", *WRITE)
    with pytest.raises(ConfigError, match="holds no Ed25519 key"):
        run("sign", keys / "order.json", "--by", "sato", "--key", keys / "sato.pub")
    with pytest.raises(ConfigError, match="cannot be read"):
        run("sign", keys / "gone.json", "--by", "sato", "--key", keys / "sato.pem")
    with pytest.raises(CommandError, match="malformed order"):
        run("check", keys / "sato.pub", "--device", PUMP, *trust(keys))
    with pytest.raises(ConfigError, match="names no key"):
        run("check", keys / "order.json", "--device", PUMP, "--trust", "sato")
