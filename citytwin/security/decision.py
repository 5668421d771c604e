"""The one decision that every door asks for: pure, default deny, the first deny wins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from citytwin.model.layer import Classification, is_within
from citytwin.security.policy import PUBLIC_ONLY, Action, Kind, Policy, Rule, matches


@dataclass(frozen=True)
class Subject:
    """Who asks."""

    id: str = ""
    """As the identity provider names it; empty for somebody who has not logged in."""
    roles: frozenset[str] = frozenset()
    expires: datetime | None = None
    """From this moment on the subject counts as nobody known (aware); None for nobody known."""


ANONYMOUS = Subject()


@dataclass(frozen=True)
class Resource:
    """What is asked for."""

    kind: Kind
    id: str
    classification: Classification = "secret"
    """What is not said to be open is closed."""


@dataclass(frozen=True)
class Decision:
    """Whether it may be done, and by which rule."""

    allowed: bool
    rule: str
    """Name of the rule; empty where none allows it."""


DENIED = Decision(allowed=False, rule="")


def decide(
    subject: Subject,
    action: Action,
    resource: Resource,
    now: datetime,
    policy: Policy = PUBLIC_ONLY,
) -> Decision:
    """Say whether somebody may do something.

    Nothing is allowed unless a rule allows it, and nothing that a rule denies, in whatever order
    they stand.

    Parameters
    ----------
    subject
        Who asks; one that has expired counts as anonymous.
    action, resource
        What shall be done, to what.
    now
        Aware.
    policy
        The rules.
    """
    if subject.id and (subject.expires is None or subject.expires <= now):
        subject = ANONYMOUS
    found = DENIED
    for rule in policy.rules:
        if action not in rule.actions or resource.kind not in rule.kinds:
            continue
        if not _names(rule, resource.id) or not rule.holds_at(now):
            continue
        if rule.effect == "deny":
            if _denies(rule, subject, resource):
                return Decision(allowed=False, rule=rule.name)
        elif not found.allowed and _allows(rule, subject, resource):
            found = Decision(allowed=True, rule=rule.name)
    return found


def _allows(rule: Rule, subject: Subject, resource: Resource) -> bool:
    known = bool(subject.id)
    meant = rule.anyone or (
        known and (subject.id in rule.subjects or not rule.roles.isdisjoint(subject.roles))
    )
    return meant and is_within(resource.classification, rule.up_to)


def _denies(rule: Rule, subject: Subject, resource: Resource) -> bool:
    meant = not rule.subjects or not subject.id or subject.id in rule.subjects
    spared = bool(subject.id) and not rule.unless_roles.isdisjoint(subject.roles)
    return meant and not spared and is_within(rule.at_least, resource.classification)


def _names(rule: Rule, name: str) -> bool:
    return any(matches(pattern, name) for pattern in rule.names)
