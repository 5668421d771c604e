"""Heights as people write them: ``12``, ``12.5 m``, ``12,5``, ``40 ft``, ``12'6"``."""

from __future__ import annotations

import math
import re
from typing import Any, Literal

from citytwin.formats.vector.values import is_null, text_of

Unit = Literal["m", "ft", "us_ft"]
METRES: dict[Unit, float] = {"m": 1.0, "ft": 0.3048, "us_ft": 1200.0 / 3937.0}

_NUMBER = r"[+-]?\d{1,12}(?:[.,]\d{1,12})?"
_METRES = re.compile(rf"({_NUMBER})\s*(m|metres?|meters?)?", re.IGNORECASE)
_FEET = re.compile(rf"({_NUMBER})\s*(?:ft|feet|foot|')(?:\s*(\d{{1,2}}(?:\.\d+)?)\s*(?:\"|in))?")


class UnreadableLengthError(ValueError):
    """A text that is no length."""


def metres_of(value: Any, unit: Unit) -> float | None:
    """Length in metres; None when the value says nothing.

    Parameters
    ----------
    value
        As read. A text may carry a unit of its own, which counts.
    unit
        Unit of bare numbers.

    Raises
    ------
    UnreadableLengthError
        If it is a text that is no length.
    """
    if is_null(value):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = float(value) * METRES[unit] if abs(value) < 1e12 else math.inf
        return number if math.isfinite(number) else None
    text = text_of(value) or ""
    if match := _METRES.fullmatch(text):
        number = float(match[1].replace(",", "."))
        return number if match[2] else number * METRES[unit]
    if match := _FEET.fullmatch(text.lower()):
        feet = float(match[1].replace(",", ".")) + float(match[2] or 0.0) / 12.0
        return feet * METRES["ft"]
    raise UnreadableLengthError(text[:60])
