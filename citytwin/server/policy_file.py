"""The policy as its file stands: a change counts within seconds, a mistake in it never."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from pathlib import Path

from citytwin.errors import ConfigError
from citytwin.security.audit import AuditChain
from citytwin.security.policy import Policy, load_policy
from citytwin.store.names_of_nothing import names_of_nothing

_LOG = logging.getLogger(__name__)
_EVERY_S = 1.0
"""Between two looks at the file."""
_SETTLED_S = 2.0
"""For which a file must not have changed: half of one may hold what allows, and not what denies."""
Stamp = tuple[int, int, int]


class PolicyFile:
    """Reads the policy anew when its file has changed; safe among threads.

    A file that is missing or wrong leaves the rules in force that were, and the log and the audit
    say so.

    Parameters
    ----------
    file
        YAML in UTF-8.
    audit
        Gets an entry for each change: allowed where it counts, denied where it is refused.
    city_dir
        Folder of the published city, whose layers rules may name.

    Raises
    ------
    ConfigError
        If there is no policy to begin with.
    """

    def __init__(self, file: Path, audit: AuditChain, city_dir: Path) -> None:
        self._file, self._audit, self._city_dir = file, audit, city_dir
        self._seen = _stamp(file)
        self._policy = load_policy(file)
        self._look_s = 0.0
        self._lock = threading.Lock()

    def warn(self) -> None:
        """Say in the log which names in the rules are those of nothing."""
        self._warn_of(self._policy)

    def _warn_of(self, policy: Policy) -> None:
        for said in names_of_nothing(policy, self._city_dir):
            _LOG.warning("policy %s: %s", self._file, said)

    def current(self) -> Policy:
        """Return the rules in force.

        Raises
        ------
        StoreError
            If they have changed and the audit cannot be written.
        """
        if time.monotonic() >= self._look_s and self._lock.acquire(blocking=False):
            try:
                self._look()
                self._look_s = time.monotonic() + _EVERY_S
            finally:
                self._lock.release()
        return self._policy

    def _look(self) -> None:
        stamp = _stamp(self._file)
        if stamp == self._seen or (stamp is not None and not _is_settled(stamp)):
            return
        try:
            policy = load_policy(self._file)
        except ConfigError as error:
            self._tell(allowed=False)
            _LOG.warning("%s; the policy from before stays in force", error)
        else:
            if _stamp(self._file) != stamp:  # it changes just now: looked at again
                return
            self._tell(allowed=True)
            _LOG.warning("policy %s is in force as it stands now", self._file)
            self._warn_of(policy)
            self._policy = policy
        self._seen = stamp

    def _tell(self, *, allowed: bool) -> None:
        """Keep in the audit what was taken or refused, by the digest of the file."""
        try:
            name = hashlib.sha256(self._file.read_bytes()).hexdigest()
        except OSError:
            name = "missing"
        self._audit.policy_changed(name, taken=allowed)


def _stamp(file: Path) -> Stamp | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _is_settled(stamp: Stamp) -> bool:
    """A time stamp of the future, as after a change of clocks, is no reason to wait for it."""
    return abs(time.time() - stamp[2] / 1e9) >= _SETTLED_S
