"""Addresses of folders in object storage, and how their buckets are reached. No secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from citytwin.wording import UnshownValueError

SCHEME = "s3://"
SILENCE_S = 300.0
"""A part of an upload is sent, and answered, in less [s]."""
Tags = Literal["md5", "opaque"]
"""``md5``: digest of the object; ``opaque``: any other, as of objects under keys of their own."""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_PART = re.compile(r"[^/\\\x00-\x1f\x7f]+")
_MAGIC = re.compile(r"[*\[]")
_USUAL_PORTS = {"https": 443, "http": 80}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def is_bucket_address(text: str) -> bool:
    """Whether a place lies in object storage.

    Parameters
    ----------
    text
        A path, or an address such as ``s3://maps/town``.
    """
    return text.startswith(SCHEME)


def bucket_and_folder(text: str) -> tuple[str, str]:
    """Return the bucket, and the folder in it, that an address names.

    Parameters
    ----------
    text
        Such as ``s3://maps/town``; the folder may be of any depth, or empty.

    Raises
    ------
    ValueError
        If it is no such address.
    """
    bucket, _, folder = text.removeprefix(SCHEME).partition("/")
    folder = folder.rstrip("/")
    sound = not folder or (is_sound_name(folder) and not set("?#") & set(folder))
    if not is_bucket_address(text) or not _BUCKET.fullmatch(bucket) or not sound:
        msg = "must be like s3://bucket/folder, without . and .., ? and #"
        raise ValueError(msg)
    return bucket, folder


def is_sound_name(name: str) -> bool:
    """Whether an object may be a file of its name, below a folder and not outside of it.

    Parameters
    ----------
    name
        Parts divided by slashes.
    """
    return all(_PART.fullmatch(part) and part not in (".", "..") for part in name.split("/"))


def has_pattern(text: str) -> bool:
    """Whether an address, or a part of one, stands for several.

    Parameters
    ----------
    text
        The address.
    """
    return _MAGIC.search(text) is not None


def _a_bucket_folder(value: str) -> str:
    _, folder = bucket_and_folder(value)
    if has_pattern(folder):
        msg = "must be one folder, without * and ["
        raise ValueError(msg)
    return value


def _an_endpoint(value: str) -> str:
    """Written as requests write it: in small letters, without the port that is usual."""
    if "@" in value:
        msg = "must name no user and no password: keys come from the environment"
        raise UnshownValueError(msg)
    parts = urlsplit(value)
    if not parts.hostname or parts.path.strip("/") or parts.query or parts.fragment:
        msg = "must be like https://s3.example:9000, without a path"
        raise ValueError(msg)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        msg = "must begin with https://; http:// is for servers on this computer only"
        raise ValueError(msg)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port in (None, _USUAL_PORTS[parts.scheme]) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


BucketPlace = Annotated[str, AfterValidator(_a_bucket_folder)]
"""A folder in object storage, such as ``s3://maps/town``."""


class BucketAccess(BaseModel):
    """How a bucket is reached; what opens it comes from the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    endpoint: Annotated[str, AfterValidator(_an_endpoint)] | None = None
    """Address of the server; None = Amazon's in the region."""
    region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,64}$")
    authorities: str | None = None
    """File of certificate authorities of your own; relative to the configuration."""
    profile: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_.-]{1,64}$")
    """Section of the file of credentials; None = keys in the environment, else the usual section."""
    anonymous: bool = False
    """Whether the bucket lets anyone read, so that no keys are looked for."""
    silence_s: float = Field(default=SILENCE_S, ge=1.0, le=3600.0)
    """Longest wait for the next byte of an answer, for all of a page of a listing, and for the answer
    to a part that is sent [s]."""
    tags: Tags = "md5"
    """What a tag of 32 hexadecimal digits is."""


@dataclass(frozen=True)
class BucketFolder:
    """A folder in a bucket, and how it is reached."""

    bucket: str
    prefix: str
    """Without slashes at its ends; empty for the whole bucket."""
    endpoint: str
    region: str
    authorities: Path | None = None
    profile: str | None = None
    anonymous: bool = False
    silence_s: float = SILENCE_S
    tags: Tags = "md5"

    def __str__(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.prefix}".rstrip("/")

    @property
    def told(self) -> str:
        """Address and server, for messages."""
        return f"{self} at {self.endpoint}"


def folder_at(address: str, access: BucketAccess, authorities: Path | None) -> BucketFolder:
    """Return the folder that an address names.

    Where the configuration names no endpoint it is Amazon's, whatever the environment says: data
    go to no server that the configuration does not tell.

    Parameters
    ----------
    address
        Such as ``s3://maps/town``.
    access
        Of its bucket.
    authorities
        File of certificate authorities.
    """
    bucket, prefix = bucket_and_folder(address)
    endpoint = access.endpoint or f"https://s3.{access.region}.amazonaws.com"
    return BucketFolder(
        bucket,
        prefix,
        endpoint,
        access.region,
        authorities=authorities,
        profile=access.profile,
        anonymous=access.anonymous,
        silence_s=access.silence_s,
        tags=access.tags,
    )
