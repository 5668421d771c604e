"""The five warning levels of Japan, and what they are in the words of CAP.

Cabinet Office, *Guidelines on evacuation information* (避難情報に関するガイドライン), 2021: level 3,
the elderly evacuate; level 4, everybody does, and before it ends; level 5, a disaster has begun or
is about to: what is left is the safest place near by. Only municipalities and the Meteorological
Agency issue a level; what a twin finds is *equivalent to* one (相当), and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from citytwin.model.text import Text, text


class WarningLevel(IntEnum):
    """Warning level (警戒レベル)."""

    EARLY_NOTICE = 1
    ADVISORY = 2
    ELDERLY_EVACUATE = 3
    EVACUATE = 4
    SECURE_SAFETY = 5


@dataclass(frozen=True)
class Meaning:
    """A level in words, and in the code lists of CAP 1.2 (OASIS, 2010, section 3.2.2)."""

    name: Text
    severity: str
    urgency: str
    response: str


MEANINGS = {
    WarningLevel.EARLY_NOTICE: Meaning(
        text("警戒レベル1相当（早期注意）", "equivalent to warning level 1 (early notice)"),
        "Minor",
        "Future",
        "Monitor",
    ),
    WarningLevel.ADVISORY: Meaning(
        text("警戒レベル2相当（注意報）", "equivalent to warning level 2 (advisory)"),
        "Moderate",
        "Future",
        "Monitor",
    ),
    WarningLevel.ELDERLY_EVACUATE: Meaning(
        text("警戒レベル3相当（高齢者等避難）", "equivalent to warning level 3 (elderly evacuate)"),
        "Severe",
        "Expected",
        "Prepare",
    ),
    WarningLevel.EVACUATE: Meaning(
        text("警戒レベル4相当（避難指示）", "equivalent to warning level 4 (evacuate)"),
        "Severe",
        "Immediate",
        "Evacuate",
    ),
    WarningLevel.SECURE_SAFETY: Meaning(
        text("警戒レベル5相当（緊急安全確保）", "equivalent to warning level 5 (secure safety)"),
        "Extreme",
        "Immediate",
        "Shelter",
    ),
}
"""What each level says, and what CAP calls it."""
