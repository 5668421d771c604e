"""What is asked beside a server, by an export or a notebook: decided, and written down."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from citytwin.errors import NotAllowedError
from citytwin.model.layer import Classification, is_within
from citytwin.security.audit import AuditChain
from citytwin.security.decision import DENIED, Resource, Subject, decide
from citytwin.security.policy import Action, Policy

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Inquiry:
    """Who asks, by which rules, and where the answers are written."""

    subject: Subject
    policy: Policy
    chain: AuditChain | None = None
    """None: decisions are lines of the log, which do not say who asked."""
    up_to: Classification = "secret"
    """The most protected classification that is given, whatever the rules say."""
    request: str = field(default_factory=lambda: uuid.uuid4().hex)
    """The same for all decisions of this inquiry."""

    def may(self, action: Action, resource: Resource) -> bool:
        """Decide, and write the decision down before it counts.

        Parameters
        ----------
        action, resource
            What shall be done, to what.

        Raises
        ------
        StoreError
            If the chain cannot be written: then nothing is done.
        """
        decision = DENIED
        if is_within(resource.classification, self.up_to):
            decision = decide(self.subject, action, resource, datetime.now(UTC), self.policy)
        if self.chain is not None:
            self.chain.record(self.subject, action, resource, decision, self.request)
        else:
            answer = f"allowed by rule {decision.rule}" if decision.allowed else "denied"
            said = (action, resource.kind, resource.id, resource.classification, answer)
            _LOG.info("%s %s %s (%s): %s", *said)
        return decision.allowed

    def require(self, resource: Resource, said: str) -> None:
        """Decide whether something may be read, and write the decision down before it counts.

        Parameters
        ----------
        resource
            What is asked for.
        said
            What it is, for people.

        Raises
        ------
        NotAllowedError
            If no rule gives it; with a rule that would.
        StoreError
            If the chain cannot be written: then nothing is done.
        """
        if not self.may("read", resource):
            of, kind, name = resource.classification, resource.kind, resource.id
            msg = f"{said}: {kind} {name}, {of}, which no rule gives"
            rule = f"kinds: [{kind}], names: [{name}], up_to: {of}"
            hint = (
                f"a rule of the policy gives it, such as `{rule}`, to who has a role that it names"
            )
            raise NotAllowedError(msg, hint=hint)
