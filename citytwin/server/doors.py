"""Who stands before a route, and the one decision that every route asks for."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from citytwin.security.audit import AuditChain
from citytwin.security.decision import ANONYMOUS, DENIED, Resource, Subject, decide
from citytwin.security.policy import Action, Policy
from citytwin.serve_config import IdentityConfig
from citytwin.server.keys import ProviderKeys
from citytwin.server.origin import origin_of
from citytwin.server.policy_file import PolicyFile
from citytwin.server.refusals import TooManyRequestsError, UnknownReaderError
from citytwin.server.signing import Signer
from citytwin.server.tokens import TokenRefusedError, subject_of

SESSION = "subject"
"""Key of the session under which a login is kept."""
SIGNED = "citytwin.signed"
"""Key of the ASGI scope under which the signed part of an address stands."""


@dataclass(frozen=True)
class Guard:
    """All that decides: identities, policy, limits, and the chain that it is written to."""

    policy: PolicyFile
    identity: IdentityConfig
    keys: ProviderKeys
    signer: Signer
    audit: AuditChain
    per_minute: int
    limiter: MovingWindowRateLimiter
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


def limiter() -> MovingWindowRateLimiter:
    """Return a counter of requests, in the memory of this process."""
    return MovingWindowRateLimiter(MemoryStorage())


@dataclass(frozen=True)
class Visitor:
    """Who asks, for the time of one request."""

    guard: Guard
    subject: Subject
    policy: Policy
    """The rules in force when the request came: all of its answer follows the same."""
    request: str
    only_layer: str | None = None
    """The one layer that a signed address opens; None for all."""
    by_session: bool = False
    """Whether a cookie says who it is, which other sites can make a browser send."""
    origin: str = ""
    """Where the request comes from."""

    def may(self, action: Action, resource: Resource) -> bool:
        """Decide, and write the decision to the audit.

        Parameters
        ----------
        action, resource
            What shall be done, to what.

        Raises
        ------
        StoreError
            If the audit cannot be written: then nothing is done.
        """
        guard = self.guard
        confined = self.only_layer is not None and (
            action != "read" or resource.kind != "layer" or resource.id != self.only_layer
        )
        decision = DENIED
        if not confined:
            decision = decide(self.subject, action, resource, guard.clock(), self.policy)
        guard.audit.record(self.subject, action, resource, decision, self.request)
        return decision.allowed

    def count(self, decisions: int) -> None:
        """Let a list count as many requests as it takes decisions: each is written to the audit.

        Parameters
        ----------
        decisions
            That are about to be made.

        Raises
        ------
        TooManyRequestsError
            If that is more than the reader may ask for.
        """
        _count(self.guard, f"address {self.origin}", decisions)
        if self.subject.id:
            _count(self.guard, f"subject {self.subject.id}", decisions)


def visitor_of(request: Request) -> Visitor:
    """Find out who asks; every route depends on it.

    Parameters
    ----------
    request
        With a token in its header, a signed address, the cookie of a session, or nothing.

    Raises
    ------
    UnknownReaderError
        If what it brings does not hold: nobody falls back to being anonymous.
    TooManyRequestsError
        If the reader asks too often.
    UnreachableError
        If the identity provider has not said its keys yet.
    StoreError
        If the rules have changed and the audit cannot be written.
    """
    guard: Guard = request.app.state.guard
    origin = origin_of(request.client.host) if request.client else ""
    _count(guard, f"address {origin}")
    policy, name = guard.policy.current(), uuid.uuid4().hex
    signed = request.scope.get(SIGNED)
    headers = request.headers.getlist("Authorization")
    header = headers[0] if headers else None
    if len(headers) > 1:  # whoever stands between might have looked at another one
        raise UnknownReaderError
    if signed is not None:
        found = guard.signer.read(signed, guard.clock())
        if found is None or header is not None:
            raise UnknownReaderError
        visitor = Visitor(guard, found.subject, policy, name, only_layer=found.layer, origin=origin)
    elif header is not None:
        visitor = Visitor(guard, _by_token(header, guard), policy, name, origin=origin)
    else:
        subject = _by_session(request, guard.clock())
        visitor = Visitor(guard, subject, policy, name, by_session=bool(subject.id), origin=origin)
    if visitor.subject.id:
        _count(guard, f"subject {visitor.subject.id}")
    return visitor


def _by_token(header: str, guard: Guard) -> Subject:
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnknownReaderError
    try:
        return subject_of(token.strip(), guard.keys, guard.identity, guard.clock())
    except TokenRefusedError as error:
        raise UnknownReaderError from error


def _by_session(request: Request, now: datetime) -> Subject:
    """Return who has logged in; a session that is over is none, so that one can log in again."""
    kept = request.session.get(SESSION)
    if not isinstance(kept, dict):
        return ANONYMOUS
    expires = datetime.fromtimestamp(float(kept["expires"]), UTC)
    if expires <= now:
        return ANONYMOUS
    return Subject(str(kept["id"]), frozenset(map(str, kept["roles"])), expires)


def _count(guard: Guard, who: str, cost: int = 1) -> None:
    item = RateLimitItemPerMinute(guard.per_minute)
    # a list that is longer than the limit is given to whoever asks for nothing else
    if not guard.limiter.hit(item, who, cost=max(1, min(cost, guard.per_minute - 1))):
        reset_s = guard.limiter.get_window_stats(item, who).reset_time - time.time()
        raise TooManyRequestsError(max(1, math.ceil(reset_s)))
