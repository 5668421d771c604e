"""An append-only chain of decisions: whoever edits, drops or cuts an entry is found out.

Each entry carries a message authentication code (HMAC-SHA-256, RFC 2104) over itself and the code
of the entry before. A chain alone does not show that its end was cut, so its length and last code
are written now and then to a second place, the anchors. Every process writes a chain of its own:
several workers need no lock, and no entry can be moved from one chain to another.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citytwin.errors import ConfigError, StoreError, hint_of
from citytwin.security.decision import Decision, Resource, Subject

CHAIN = ".jsonl"
ANCHORS = ".anchors"
_KEY_BYTES = 32
_ANCHOR_ENTRIES = 256
_ANCHOR_S = 10.0


@dataclass(frozen=True)
class Entry:
    """What is told of one decision: no token, no address, no coordinate."""

    at: str
    """ISO 8601 in UTC."""
    who: str
    """Digest of the subject under the key of the chain; empty for nobody known."""
    action: str
    kind: str
    id: str
    classification: str
    allowed: bool
    rule: str
    request: str
    """Number of the request, the same for all decisions that it took."""


def read_key(file: Path) -> bytes:
    """Read the key of a chain, or any other secret of at least 32 bytes.

    Parameters
    ----------
    file
        Its raw bytes, readable by its owner alone.

    Raises
    ------
    ConfigError
        If it is missing, too short, or others may read it.
    """
    hint = f"make it: head -c 32 /dev/urandom > {file.name}"
    key = read_secret(file, hint)
    if len(key) < _KEY_BYTES:
        msg = f"secret {file} has {len(key)} bytes, fewer than {_KEY_BYTES}"
        raise ConfigError(msg, hint=hint)
    return key


def read_secret(file: Path, hint: str) -> bytes:
    """Read a secret of any length.

    Parameters
    ----------
    file
        Readable by its owner alone. One that systemd gives shows the access list of its user as a
        right of the group.
    hint
        Where it comes from, should it be missing.

    Raises
    ------
    ConfigError
        If it is missing, or others may read it.
    """
    try:
        mode, content = file.stat().st_mode, file.read_bytes()
    except OSError as error:
        msg = f"secret {file} cannot be read: {error.strerror}"
        raise ConfigError(msg, hint=hint) from error
    given = os.environ.get("CREDENTIALS_DIRECTORY")
    closed = 0o037 if given and file.parent == Path(given) else 0o077
    if os.name == "posix" and mode & closed:
        msg = f"secret {file} may be read by others (mode {mode & 0o777:o})"
        raise ConfigError(msg, hint=f"chmod 600 {file.name}")
    return content


class AuditChain:
    """Appends the decisions of one process; safe among its threads.

    Parameters
    ----------
    folder
        Of the chains; made when missing.
    anchors
        Another folder, best on another disk or machine.
    key
        At least 32 bytes.

    Raises
    ------
    StoreError
        If the disk refuses.
    """

    def __init__(self, folder: Path, anchors: Path, key: bytes) -> None:
        self.name = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._key = key
        self._lock = threading.Lock()
        self._count, self._anchored, self._anchored_s = 0, -1, time.monotonic()
        self._last = _code(key, b"", self.name.encode())
        try:
            for place in (folder, anchors):
                place.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._file = _Lines(folder / f"{self.name}{CHAIN}")
            self._anchors = _Lines(anchors / f"{self.name}{ANCHORS}")
            self._anchor()
        except OSError as error:
            raise _refused(folder, error) from error

    def record(
        self,
        subject: Subject,
        action: str,
        resource: Resource,
        decision: Decision,
        request: str = "",
    ) -> None:
        """Append a decision; when this fails, what was decided must not be done.

        Parameters
        ----------
        subject, action, resource, decision
            Who asked for what, and the answer.
        request
            Number of the request.

        Raises
        ------
        StoreError
            If the disk refuses, or the file of the chain is no longer where it was begun.
        """
        entry = Entry(
            at=_now(),
            who=pseudonym(self._key, subject.id),
            action=action,
            kind=resource.kind,
            id=resource.id[:200],
            classification=resource.classification,
            allowed=decision.allowed,
            rule=decision.rule,
            request=request,
        )
        self._append(entry)

    def policy_changed(self, digest: str, *, taken: bool) -> None:
        """Append that the file of the policy has changed: no decision, but what decides from now on.

        Parameters
        ----------
        digest
            Of the file.
        taken
            Whether its rules count; else those from before do.

        Raises
        ------
        StoreError
            If the disk refuses, or the file of the chain is no longer where it was begun.
        """
        entry = Entry(
            at=_now(),
            who="",
            action="manage",
            kind="policy",
            id=digest,
            classification="secret",
            allowed=taken,
            rule="",
            request="",
        )
        self._append(entry)

    def _append(self, entry: Entry) -> None:
        with self._lock:
            body = {"n": self._count, **asdict(entry)}
            code = _code(self._key, self._last, _canonical(body))
            line = _canonical({**body, "mac": code.hex()}) + b"\n"
            try:
                self._file.append(line)
                self._last, self._count = code, self._count + 1
                if self._is_due():
                    self._anchor()
            except StoreError:
                raise
            except OSError as error:
                raise _refused(Path(self.name), error) from error

    def close(self) -> None:
        """Set a last anchor and close the chain.

        Raises
        ------
        StoreError
            If the anchor cannot be set; closed it is all the same.
        """
        with self._lock:
            try:
                self._anchor()
            except StoreError:
                raise
            except OSError as error:
                raise _refused(Path(self.name), error) from error
            finally:
                self._file.close()
                self._anchors.close()

    def _is_due(self) -> bool:
        many = self._count - self._anchored >= _ANCHOR_ENTRIES
        return many or time.monotonic() - self._anchored_s > _ANCHOR_S

    def _anchor(self) -> None:
        if self._count == self._anchored:
            return
        self._file.sync()
        said = {"n": self._count, "mac": self._last.hex()}
        proof = _code(self._key, b"anchor", _canonical(said)).hex()
        self._anchors.append(_canonical({**said, "proof": proof}) + b"\n")
        self._anchors.sync()
        self._anchored, self._anchored_s = self._count, time.monotonic()


class _Lines:
    """A new file of whole lines, for its owner alone.

    Parameters
    ----------
    path
        Must not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._bytes = 0
        self._own = os.fstat(self._file)

    def append(self, line: bytes) -> None:
        """Write a line; what a full disk took of it goes, lest the next one look edited.

        Raises
        ------
        StoreError
            If the file is no longer at its path, or not as it was left: nobody would find the line.
        """
        self._require_untouched()
        try:
            if os.write(self._file, line) != len(line):
                raise OSError(28, "the disk took a part of an entry only")
        except OSError:
            os.ftruncate(self._file, self._bytes)
            raise
        self._bytes += len(line)

    def _require_untouched(self) -> None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            found = None
        if found is None or not os.path.samestat(found, self._own):
            what = "was moved or removed while it is written"
        elif found.st_size != self._bytes:
            what = f"has {found.st_size} bytes, and this process has written {self._bytes}"
        else:
            return
        msg = f"audit {self._path} {what}"
        hint = "let nothing else move or change it; what is started again begins another chain"
        raise StoreError(msg, hint=hint)

    def sync(self) -> None:
        """Bring it to the disk."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close it."""
        os.close(self._file)


def pseudonym(key: bytes, subject: str) -> str:
    """Return the name under which a subject stands in a chain; empty for nobody.

    Parameters
    ----------
    key
        Of the chain.
    subject
        Its id.
    """
    return _code(key, b"subject", subject.encode()).hex()[:32] if subject else ""


@dataclass(frozen=True)
class Finding:
    """What is wrong with a chain."""

    chain: str
    entry: int
    """Number of the first entry that is wrong; -1 for the chain as a whole."""
    what: str


@dataclass(frozen=True)
class Verified:
    """What a verification has found."""

    chains: int
    entries: int
    findings: tuple[Finding, ...]
    torn: tuple[str, ...]
    """Chains whose last entry is incomplete behind their last anchor, as a kill leaves it."""


def verify(folder: Path, anchors: Path, key: bytes) -> Verified:
    """Check every chain against itself and its anchors.

    What was appended behind the last anchor and then cut cannot be found: an anchor is set at
    the first entry after 10 s, at the latest after 256 entries, and when a process ends.

    Parameters
    ----------
    folder, anchors, key
        As the chains were written.

    Raises
    ------
    ConfigError
        If a folder does not exist.
    StoreError
        If there is nothing in both: no chain, and no anchor of one.
    """
    for place in (folder, anchors):
        if not place.is_dir():
            msg = f"{place} is no folder"
            raise ConfigError(msg, hint="name the folders that the server writes its audit to")
    chains = {path.name.removesuffix(CHAIN) for path in folder.glob(f"*{CHAIN}")}
    anchored = {path.name.removesuffix(ANCHORS) for path in anchors.glob(f"*{ANCHORS}")}
    if not chains and not anchored:
        msg = f"neither {folder} nor {anchors} holds a chain or an anchor of one"
        hint = (
            "name the folders that the server writes its audit to; if these are, all of it is gone"
        )
        raise StoreError(msg, hint=hint)
    findings = [Finding(name, -1, "the whole chain is gone") for name in sorted(anchored - chains)]
    findings += [Finding(name, -1, "its anchors are gone") for name in sorted(chains - anchored)]
    entries, torn = 0, []
    for name in sorted(chains):
        # read first: of a server that runs, the chain may be longer than its anchors say
        anchored_as = (anchors / f"{name}{ANCHORS}").read_bytes() if name in anchored else b""
        raw = (folder / f"{name}{CHAIN}").read_bytes()
        whole, _, rest = raw.rpartition(b"\n")
        codes, wrong = _follow(name, whole.split(b"\n") if whole else [], key)
        findings += wrong
        entries += len(codes) - 1
        if rest:
            torn.append(name)
        if name in anchored and not wrong:
            findings += _compare(name, codes, anchored_as, key)
    return Verified(len(chains), entries, tuple(findings), tuple(torn))


def _follow(name: str, lines: list[bytes], key: bytes) -> tuple[list[bytes], list[Finding]]:
    """Codes of the chain, the first of which stands before all entries, up to what is wrong."""
    codes = [_code(key, b"", name.encode())]
    for number, line in enumerate(lines):
        body = _mapping(line)
        told = bytes.fromhex(found) if _is_hex(found := body.pop("mac", None)) else b""
        code = _code(key, codes[-1], _canonical(body))
        if body.get("n") != number or not hmac.compare_digest(code, told):
            what = "was edited, or one before it was dropped"
            return codes, [Finding(name, number, what)]
        codes.append(code)
    return codes, []


def _compare(name: str, codes: list[bytes], raw: bytes, key: bytes) -> list[Finding]:
    """What a chain and its anchors say of each other."""
    lines = raw.split(b"\n")[:-1]
    if not lines:
        return [Finding(name, -1, "its anchors are empty")]
    for line in lines:
        said = _mapping(line)
        proof = _code(key, b"anchor", _canonical({k: said.get(k) for k in ("n", "mac")})).hex()
        count = said.get("n")
        if said.get("proof") != proof or not isinstance(count, int):
            return [Finding(name, -1, "an anchor was edited")]
        if count >= len(codes):
            return [Finding(name, len(codes) - 1, f"is missing: an anchor counts {count} entries")]
        if codes[count].hex() != said.get("mac"):
            return [Finding(name, count - 1, "is not what was anchored")]
    return []


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _mapping(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is_hex(value: object) -> bool:
    digits = "0123456789abcdef"
    return isinstance(value, str) and len(value) % 2 == 0 and all(c in digits for c in value)


def _canonical(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _code(key: bytes, before: bytes, body: bytes) -> bytes:
    return hmac.new(key, len(before).to_bytes(4, "big") + before + body, hashlib.sha256).digest()


def _refused(place: Path, error: OSError) -> StoreError:
    return StoreError(f"audit {place}: {error.strerror}", hint=hint_of(error))
