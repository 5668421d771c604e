"""Folders of object storage (S3 and what speaks like it): listed, read, written object by object.

An object is written whole or not at all, and what was written is what is read next; there are no
folders and no renaming. obstore does the requests; it is imported when a bucket is first opened.
"""

from __future__ import annotations

import hashlib
import io
import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from citytwin.errors import ConfigError, StoreError, UnreachableError
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.bucket_credentials import BucketKeys, bucket_keys

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import ClientConfig, S3Credential, S3Store

_LISTED_AT_ONCE = 1000
_PART_BYTES = 16 << 20
"""Larger objects are sent in parts of this size; the object appears when the last one is there."""
_PARTS_AT_ONCE = 2
_DELETED_AT_ONCE = 1000
_CONNECT = timedelta(seconds=10)
_SLOWEST_BYTES_S = 1000.0
"""Of an object, on the whole: what drips holds up a night [bytes/s]."""
_REQUEST = timedelta(days=1)
"""Of the largest object over the slowest line."""
_RETRIES = 4
_RETRIED_FOR = timedelta(minutes=2)
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,64})</Code>")
_STATUS = re.compile(r"status code: (\d{3})")
_SILENT = re.compile(r"kind: (Timeout|Connect)\b")
"""In what obstore says of a request that got no answer."""
_MD5 = re.compile(r"[0-9a-f]{32}")
_LEADS = "Error performing "
"""Begins what obstore says of a request: its method and address follow."""
_HINTS = {
    "AccessDenied": "these keys need s3:ListBucket, GetObject, PutObject and DeleteObject there",
    "InvalidAccessKeyId": "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a `profile`",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY, or that of the `profile`, is not of this key",
    "ExpiredToken": "log in again: the keys in the environment have ended",
    "NoSuchBucket": "make the bucket, or correct its name",
    "PermanentRedirect": "correct `region` of the bucket",
    "AuthorizationHeaderMalformed": "correct `region` of the bucket",
    "QuotaExceeded": "make room in the bucket, or have its quota raised",
}


@dataclass(frozen=True)
class Stored:
    """An object as it is listed."""

    size: int
    """Bytes."""
    e_tag: str
    """What changes with its content; without quotes."""


class Bucket:
    """A folder of a bucket.

    Parameters
    ----------
    folder
        Where it is, and how it is reached.

    Raises
    ------
    ConfigError
        If the package is not installed, or keys or authorities cannot be read.
    """

    def __init__(self, folder: BucketFolder) -> None:
        self.folder = folder
        self._store = _opened(folder, _REQUEST)
        self._lists = _opened(folder, timedelta(seconds=folder.silence_s))
        """For listings, of which a page comes at once or not at all."""

    def listed(self, below: str = "") -> dict[str, Stored]:
        """Return all objects below the folder, or below one in it, by their names in the folder.

        Parameters
        ----------
        below
            Folder in the folder; empty for all.

        Raises
        ------
        ConfigError
            If there are no keys.
        StoreError, UnreachableError
            If the server refuses, or does not answer.
        """
        import obstore

        with self._told("listed"):
            batches = obstore.list(self._lists, below or None, chunk_size=_LISTED_AT_ONCE)
            return dict(_as_listed(one) for batch in batches for one in batch)

    def listed_in(self, folder: str) -> dict[str, Stored]:
        """Return the objects that lie in a folder itself, by their names in this one.

        Parameters
        ----------
        folder
            Folder in the folder; empty for the folder.

        Raises
        ------
        StoreError, UnreachableError
            If the server refuses, or does not answer.
        """
        import obstore

        with self._told("listed"):
            found = obstore.list_with_delimiter(self._lists, folder or None)
            return dict(map(_as_listed, found["objects"]))

    def fetch(self, name: str, there: Stored, target: BinaryIO) -> None:
        """Copy an object as it was listed.

        Parameters
        ----------
        name
            Of the object.
        there
            As it was listed.
        target
            Receives its bytes.

        Raises
        ------
        StoreError, UnreachableError
            If it is another now, the server refuses, or does not answer, or sends less than it said,
            other bytes than those of its tag, or hardly any in a time.
        OSError
            If the target takes no more.
        """
        import obstore

        size, digest = 0, hashlib.md5(usedforsecurity=False)
        begin_s = time.monotonic()
        with self._told("read", name):
            found = obstore.get(self._store, name)
            tag = _plain(found.meta["e_tag"])
            for block in found.stream(min_chunk_size=1):
                size += target.write(block)
                digest.update(block)
                self._require_pace(name, size, time.monotonic() - begin_s)
        if tag != there.e_tag:
            msg = f"{self.folder}/{name} changed while it was read"
            raise StoreError(msg, hint="run again")
        if size != there.size:
            msg = (
                f"{self.folder}/{name} cannot be read: {self.folder.endpoint} sent {size} bytes of "
                f"{there.size}"
            )
            raise StoreError(msg, hint="run again")
        if self.folder.tags == "md5" and _MD5.fullmatch(tag) and tag != digest.hexdigest():
            msg = (
                f"{self.folder}/{name} cannot be read: {self.folder.endpoint} sent other bytes than "
                f"those of the tag {tag} (MD5)"
            )
            hint = "run again; where the bucket has keys of its own (SSE-KMS, SSE-C) say `tags: opaque`"
            raise StoreError(msg, hint=hint)

    def _require_pace(self, name: str, size: int, took_s: float) -> None:
        """Give up on what drips."""
        if took_s > self.folder.silence_s and size < _SLOWEST_BYTES_S * took_s:
            msg = (
                f"{self.folder}/{name} cannot be read: {self.folder.endpoint} sent {size} bytes in "
                f"{took_s:.0f} s, and no end"
            )
            raise UnreachableError(msg, hint="the network is too slow, or the service is sick")

    def read(self, name: str) -> bytes:
        """Return the content of a small object.

        Parameters
        ----------
        name
            Of the object.

        Raises
        ------
        StoreError, UnreachableError
            If there is none, the server refuses, or does not answer.
        """
        import obstore

        with self._told("read", name):
            return obstore.get(self._store, name).bytes().to_bytes()

    def put(self, name: str, content: Path | bytes, attributes: Mapping[str, str]) -> str:
        """Write an object: whole, or not at all.

        Parameters
        ----------
        name
            Of the object; what stands there is replaced in one step.
        content
            Bytes, or the file that holds them.
        attributes
            Such as ``Content-Type``.

        Returns
        -------
        str
            Its tag, as it will be listed.

        Raises
        ------
        StoreError, UnreachableError
            If the server refuses, or does not answer.
        OSError
            If the file cannot be read.
        """
        import obstore

        with (
            # opened here, so that errors of the disk are those of Python
            content.open("rb") if isinstance(content, Path) else io.BytesIO(content) as file,
            self._told("written", name),
        ):
            done = obstore.put(
                self._store,
                name,
                file,
                attributes=dict(attributes),
                chunk_size=_PART_BYTES,
                max_concurrency=_PARTS_AT_ONCE,
            )
        return _plain(done["e_tag"])

    def delete(self, names: Collection[str]) -> None:
        """Remove objects; those that are not there are no error.

        Parameters
        ----------
        names
            Of the objects.

        Raises
        ------
        StoreError, UnreachableError
            If the server refuses, or does not answer.
        """
        import obstore

        doomed = sorted(names)
        for begin in range(0, len(doomed), _DELETED_AT_ONCE):
            with self._told("removed", doomed[begin]):
                obstore.delete(self._store, doomed[begin : begin + _DELETED_AT_ONCE])

    @contextmanager
    def _told(self, done: str, name: str = "") -> Iterator[None]:
        """Tell an error of the server in words of ours: none of its text, which may quote us."""
        from obstore.exceptions import BaseError

        what = f"{self.folder}/{name}" if name else str(self.folder)
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            text = str(error)
            if _LEADS in text and f" {self.folder.endpoint}/" not in text:
                # the request went to a service that gives keys to machines, not to the bucket
                msg = f"{what} cannot be {done}: there are no keys for {self.folder.endpoint}"
                raise ConfigError(msg, hint=_HINTS["InvalidAccessKeyId"]) from None
            reason = _reason(text)
            if not reason:
                silent = _SILENT.search(text) is not None
                said = "does not answer" if silent else "breaks off, or answers no request of S3"
                msg = f"{what} cannot be {done}: {self.folder.endpoint} {said}"
                hint = "check `endpoint` and `authorities` of the bucket, and the network"
                raise UnreachableError(msg, hint=hint) from None
            msg = f"{what} cannot be {done}: {self.folder.endpoint} says {reason}"
            hint = _HINTS.get(reason, "ask who runs the object storage")
            raise StoreError(msg, hint=hint) from None


def _reason(said: str) -> str:
    """Code of S3 in an error, else the status of HTTP; empty where no answer came."""
    code, status = _CODE.search(said), _STATUS.search(said)
    return code[1] if code else f"status {status[1]}" if status else ""


def _opened(folder: BucketFolder, request: timedelta) -> S3Store:
    try:
        from obstore.exceptions import BaseError
        from obstore.store import S3Store
    except ImportError:
        msg = f"{folder} lies in object storage, and the package for it is not installed"
        raise ConfigError(msg, hint="pip install 'citytwin[s3]'") from None
    keys = None if folder.anonymous else bucket_keys(folder.profile)
    options = _client_options(folder, request)
    try:
        return S3Store(
            folder.bucket,
            prefix=folder.prefix or None,
            config={
                # said in full, so that no variable of the environment leads elsewhere
                "endpoint": folder.endpoint,
                "aws_endpoint_url_s3": folder.endpoint,
                "region": folder.region,
                "virtual_hosted_style_request": False,
                "skip_signature": folder.anonymous,
                "unsigned_payload": False,
            },
            client_options=options,
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRIED_FOR},
            credential_provider=_provider(keys) if keys else None,
        )
    except (BaseError, ValueError):  # which may quote the environment
        msg = f"{folder.told} cannot be reached so"
        hint = "check that `authorities` is in PEM, and the variables that begin with AWS_"
        raise ConfigError(msg, hint=hint) from None


def _client_options(folder: BucketFolder, request: timedelta) -> ClientConfig:
    options: ClientConfig = {
        "allow_http": folder.endpoint.startswith("http://"),  # on this computer only
        "connect_timeout": _CONNECT,
        "read_timeout": timedelta(seconds=folder.silence_s),
        "timeout": request,
    }
    if folder.authorities is not None:
        try:
            options["root_certificate"] = folder.authorities.read_bytes()
        except OSError as error:
            msg = f"certificate authorities {folder.authorities} cannot be read: {error.strerror}"
            raise ConfigError(msg, hint="name a file in PEM") from error
    return options


def _provider(keys: BucketKeys) -> Callable[[], S3Credential]:
    def given() -> S3Credential:
        return {
            "access_key_id": keys.access_key_id,
            "secret_access_key": keys.secret_access_key,
            "token": keys.session_token,
            "expires_at": None,
        }

    return given


def _as_listed(one: ObjectMeta) -> tuple[str, Stored]:
    return one["path"], Stored(one["size"], _plain(one["e_tag"]))


def _plain(tag: str | None) -> str:
    return (tag or "").strip('"')
