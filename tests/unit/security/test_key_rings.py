"""Keys of the operator: read from private files or asked of a program, named when they lack."""

import os
import stat
from pathlib import Path

import pytest

from citytwin.errors import ConfigError, MissingKeyError, SealError
from citytwin.security.key_command import CommandKeys
from citytwin.security.key_files import FileKeys, destroy_key, write_new_key
from citytwin.security.key_ring import NoKeys, checked_key_id, open_ring

SECRET, CONTEXT = bytes(range(32)), b"what for"
SERVICE = """#!/bin/sh
# A key management service with one key: it wraps by a password that never leaves it.
[ "$2" = town ] || exit 4
mode=-e; [ "$1" = unwrap ] && mode=-d
openssl enc -aes-256-cbc -pbkdf2 -iter 1000 -pass "pass:in the service $3" $mode
"""


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    """A folder with one key."""
    write_new_key(tmp_path / "keys", "town")
    return FileKeys(tmp_path / "keys")


def test_a_secret_comes_back_only_for_what_it_was_wrapped(keys: FileKeys) -> None:
    """The context is bound to it."""
    wrapped = keys.wrap("town", SECRET, CONTEXT)
    assert SECRET not in wrapped
    assert keys.unwrap("town", wrapped, CONTEXT) == SECRET
    with pytest.raises(SealError, match="damaged"):
        keys.unwrap("town", wrapped, b"something else")
    with pytest.raises(SealError, match="damaged"):
        keys.unwrap("town", wrapped[:-1] + bytes([wrapped[-1] ^ 1]), CONTEXT)


def test_a_missing_key_is_named_with_those_there(keys: FileKeys) -> None:
    """Who reads the message knows which file to bring."""
    with pytest.raises(MissingKeyError, match=r"'river' is needed.*there: town") as caught:
        keys.unwrap("river", b"", CONTEXT)
    assert caught.value.key_id == "river"
    assert "citytwin-key-river" in caught.value.hint


def test_another_key_of_the_same_name_is_told_from_the_right_one(
    keys: FileKeys, tmp_path: Path
) -> None:
    """By what tells keys apart, never by the keys themselves."""
    wrapped = keys.wrap("town", SECRET, CONTEXT)
    write_new_key(tmp_path / "other", "town")
    other = FileKeys(tmp_path / "other")
    with pytest.raises(MissingKeyError, match=f"{other.check('town')}, not {keys.check('town')}"):
        other.unwrap("town", wrapped, CONTEXT)


def test_a_key_that_others_may_read_is_refused(keys: FileKeys) -> None:
    """Also one that only the group may read, unless systemd put it there."""
    path = keys.path("town")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(MissingKeyError, match="0644"):
        keys.check("town")
    path.chmod(0o440)
    with pytest.raises(MissingKeyError, match="0440"):
        keys.check("town")
    assert FileKeys(keys.folder, by_systemd=True).check("town")


@pytest.mark.parametrize("content", [b"", b"not base64 at all!", b"c2hvcnQ="])
def test_a_file_that_is_no_key_is_refused(keys: FileKeys, content: bytes) -> None:
    """An empty, garbled or short file."""
    keys.path("town").write_bytes(content)
    with pytest.raises(MissingKeyError, match="holds no key"):
        keys.check("town")


def test_a_link_is_no_key(keys: FileKeys) -> None:
    """It may lead to a file that others change."""
    keys.path("linked").symlink_to(keys.path("town"))
    with pytest.raises(MissingKeyError, match="cannot be read"):
        keys.check("linked")


def test_a_key_is_never_written_over(keys: FileKeys) -> None:
    """And a destroyed one is gone."""
    with pytest.raises(SealError, match="is there already"):
        write_new_key(keys.folder, "town")
    destroy_key(keys.folder, "town")
    assert keys.names() == ()


def test_names_of_keys_are_names_of_files() -> None:
    """Nothing that leads elsewhere."""
    for wrong in ("", "../town", "Town", "a b", "x" * 65):
        with pytest.raises(ConfigError):
            checked_key_id(wrong)
    assert checked_key_id("town-2026") == "town-2026"


def test_the_environment_says_where_keys_are(tmp_path: Path) -> None:
    """The operator's folder before systemd's; a program before both; never a key itself."""
    assert isinstance(open_ring({}), NoKeys)
    with pytest.raises(MissingKeyError, match="'town' is needed"):
        open_ring({}).unwrap("town", b"", CONTEXT)
    given = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert open_ring(given) == FileKeys(tmp_path, by_systemd=True)
    assert open_ring({**given, "CITYTWIN_KEYS": "/k"}) == FileKeys(Path("/k"))
    assert open_ring({**given, "CITYTWIN_KEY_COMMAND": "/p"}) == CommandKeys(Path("/p"))


@pytest.fixture
def service(tmp_path: Path) -> CommandKeys:
    """A program that asks a service."""
    program = tmp_path / "service"
    program.write_text(SERVICE, encoding="utf-8")
    program.chmod(0o700)
    return CommandKeys(program)


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_a_service_wraps_and_unwraps(service: CommandKeys) -> None:
    """The contract of the program: bytes in, bytes out, 4 for a key that it does not know."""
    wrapped = service.wrap("town", SECRET, CONTEXT)
    assert service.unwrap("town", wrapped, CONTEXT) == SECRET
    with pytest.raises(MissingKeyError, match="'river' is needed") as caught:
        service.wrap("river", SECRET, CONTEXT)
    assert caught.value.key_id == "river"
    with pytest.raises(SealError):
        service.unwrap("town", b"garbage", CONTEXT)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("cat", "gave the secret back"),
        ("exit 1", "ended with 1"),
        ("sleep 5", r"in 0 s"),
        ("head -c 9999 /dev/zero", "9999 bytes"),
    ],
)
def test_a_service_that_fails_is_told(tmp_path: Path, script: str, said: str) -> None:
    """One that wraps nothing, fails, hangs or floods."""
    program = tmp_path / "service"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o700)
    with pytest.raises(SealError, match=said):
        CommandKeys(program, timeout_s=0.3 if "sleep" in script else 30.0).wrap(
            "town", SECRET, CONTEXT
        )
    with pytest.raises(SealError, match="cannot be run"):
        CommandKeys(tmp_path / "none").wrap("town", SECRET, CONTEXT)
