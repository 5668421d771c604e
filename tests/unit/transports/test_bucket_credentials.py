"""Keys for buckets: from the environment or a closed file, and never in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.errors import ConfigError
from citytwin.transports.bucket_credentials import BucketKeys, bucket_keys

FILE = """
[default]
aws_access_key_id = usual
aws_secret_access_key = usual%secret

[maps]
aws_access_key_id = maps
aws_secret_access_key = maps/secret+
aws_session_token = token==

[half]
aws_access_key_id = half
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of credentials; the user has none of their own."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = tmp_path / "credentials"
    path.touch(mode=0o600)
    path.write_text(FILE)
    return path


def test_the_order_of_places(file: Path) -> None:
    """A profile of the configuration, the environment, the file; none at all is a role's matter."""
    named = {"AWS_SHARED_CREDENTIALS_FILE": str(file)}
    given = {"AWS_ACCESS_KEY_ID": "env", "AWS_SECRET_ACCESS_KEY": "env-secret"}
    assert bucket_keys("maps", named | given) == BucketKeys("maps", "maps/secret+", "token==")
    assert bucket_keys(None, named | given) == BucketKeys("env", "env-secret")
    assert bucket_keys(None, named) == BucketKeys("usual", "usual%secret")
    assert bucket_keys(None, named | {"AWS_PROFILE": "maps"}) == bucket_keys("maps", named)
    assert bucket_keys(None, {}) is None
    empty = {**dict.fromkeys(given, ""), "AWS_PROFILE": ""}
    assert bucket_keys(None, empty | {"AWS_SHARED_CREDENTIALS_FILE": ""}) is None
    assert bucket_keys(None, named | empty) == bucket_keys(None, named)
    for half in given:
        with pytest.raises(ConfigError, match="one is set, the other is not"):
            bucket_keys(None, named | {half: "x"})
        with pytest.raises(ConfigError, match="one is set, the other is not"):
            bucket_keys(None, named | empty | {half: "x"})
    usual = Path.home() / ".aws" / "credentials"
    usual.parent.mkdir(parents=True)
    file.rename(usual)
    assert bucket_keys(None, {}) == BucketKeys("usual", "usual%secret")


@pytest.mark.parametrize(
    ("text", "profile", "message"),
    [
        (FILE, "elsewhere", r"has no section \[elsewhere\] with aws_access_key_id"),
        (FILE, "half", r"has no section \[half\] with aws_access_key_id and"),
        ("aws_secret_access_key = topsecret", "maps", "is no file of credentials"),
        ("[maps]\ntopsecret", "maps", "is no file of credentials"),
    ],
)
def test_files_that_do_not_do(file: Path, text: str, profile: str, message: str) -> None:
    """Told without a word of what they hold."""
    file.write_text(text)
    with pytest.raises(ConfigError, match=message) as refused:
        bucket_keys(profile, {"AWS_SHARED_CREDENTIALS_FILE": str(file)})
    assert "secret" not in str(refused.value).replace("aws_secret_access_key", "")
    assert refused.value.__cause__ is None


def test_files_that_others_may_read(file: Path) -> None:
    """Refused, and so is one that is not there."""
    file.chmod(0o640)
    with pytest.raises(ConfigError, match="may be read by others"):
        bucket_keys(None, {"AWS_SHARED_CREDENTIALS_FILE": str(file)})
    with pytest.raises(ConfigError, match="cannot be read"):
        bucket_keys(None, {"AWS_SHARED_CREDENTIALS_FILE": str(file.with_name("gone"))})
    with pytest.raises(ConfigError, match="cannot be read"):  # one that a profile asks for
        bucket_keys(None, {"AWS_PROFILE": "maps"})


def test_keys_are_not_printed() -> None:
    """Neither in a log nor in a traceback."""
    assert repr(BucketKeys("id", "secret", "token")) == "BucketKeys()"
