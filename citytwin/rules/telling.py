"""What maps say about the rule that they were made with."""

from __future__ import annotations

from citytwin.model.notes import Note
from citytwin.model.sun_rule import SunRule


def source_note(rule: SunRule) -> Note:
    """Name the source of a rule, and what was not checked against it.

    Parameters
    ----------
    rule
        The rule.
    """
    if not rule.unverified:
        return Note(severity="info", ja=f"規則の出典：{rule.source}", en=f"Rule from {rule.source}")
    ja = "；".join(part.ja for part in rule.unverified)
    en = "; ".join(part.en for part in rule.unverified)
    return Note(
        severity="info",
        ja=f"規則の出典：{rule.source}。未確認・簡略化：{ja}",
        en=f"Rule from {rule.source}. Not verified or simplified: {en}",
    )
