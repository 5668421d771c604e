"""Shelving an alarm for a while (ANSI/ISA-18.2-2016, section 11): it goes on, but nobody is called.

A silence names its rule, its end, who asked for it and why. It holds up to the level that was known then: a
higher one is said all the same, and so is a cancellation of what was said before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from citytwin.model.warning_levels import WarningLevel

LONGEST = timedelta(hours=24)
"""After which somebody has to decide again."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Up to which level a rule says nothing, and until when."""

    rule: str
    up_to: WarningLevel
    until: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Somebody has seen an alert; it goes on all the same."""

    alert: str
    at: datetime
    by: str
    note: str


def standing_silence(silences: Iterable[Silence], rule: str, at: datetime) -> Silence | None:
    """Return the silence that a rule is under; None where it is under none.

    Parameters
    ----------
    silences
        Of all rules, one for a rule at most.
    rule
        Id of the rule.
    at
        Now, aware.
    """
    return next((s for s in silences if s.rule == rule and at < s.until), None)
