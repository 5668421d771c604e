"""What opens a bucket: keys from the environment or a file of credentials, as the AWS tools read them.

Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".
"""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from citytwin.errors import ConfigError
from citytwin.security.audit import read_secret

_KEY, _SECRET, _TOKEN = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"
_FILE = "AWS_SHARED_CREDENTIALS_FILE"
_PROFILE = "AWS_PROFILE"
_USUAL_PROFILE = "default"


@dataclass(frozen=True)
class BucketKeys:
    """An access key with its secret; neither is shown when the object is printed."""

    access_key_id: str = field(repr=False)
    secret_access_key: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)


def bucket_keys(
    profile: str | None, environment: Mapping[str, str] = os.environ
) -> BucketKeys | None:
    """Return the keys for a bucket; None where there are none, and a role of the machine may do.

    Parameters
    ----------
    profile
        Section of the file of credentials. None takes ``AWS_ACCESS_KEY_ID`` and
        ``AWS_SECRET_ACCESS_KEY`` where they are set, else the section ``AWS_PROFILE`` or
        ``default``.
    environment
        Variables, of which an empty one is not set; ``AWS_SHARED_CREDENTIALS_FILE`` names the
        file, else it is ``~/.aws/credentials``.

    Raises
    ------
    ConfigError
        If the file or the section that is asked for is missing or incomplete, or others may read
        the file.
    """
    if profile is None and (environment.get(_KEY) or environment.get(_SECRET)):
        keys = _keys_of(environment, (_KEY, _SECRET, _TOKEN))
        if keys is None:
            msg = f"of {_KEY} and {_SECRET} one is set, the other is not"
            raise ConfigError(msg, hint="set both, or none to take the file of credentials")
        return keys
    named = environment.get(_FILE)
    file = Path(named) if named else Path.home() / ".aws" / "credentials"
    section = profile or environment.get(_PROFILE)
    if not section and not named and not file.is_file():
        return None
    return _section_of(file, section or _USUAL_PROFILE)


def _section_of(file: Path, name: str) -> BucketKeys:
    hint = f"{_FILE} names the file of credentials, with a section [{name}]"
    text = read_secret(file, hint).decode("utf-8", errors="replace")
    parser = configparser.ConfigParser(interpolation=None, default_section="")
    try:
        parser.read_string(text)
    except configparser.Error:
        # its message quotes the line, which may hold a secret
        msg = f"{file} is no file of credentials"
        raise ConfigError(msg, hint=hint) from None
    keys = None
    if parser.has_section(name):
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        keys = _keys_of(parser[name], names)
    if keys is None:
        msg = f"{file} has no section [{name}] with aws_access_key_id and aws_secret_access_key"
        raise ConfigError(msg, hint="add it, or name another profile")
    return keys


def _keys_of(found: Mapping[str, str], names: tuple[str, str, str]) -> BucketKeys | None:
    access, secret, token = (found.get(name) for name in names)
    return BucketKeys(access, secret, token or None) if access and secret else None
