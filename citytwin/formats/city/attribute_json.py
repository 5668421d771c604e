"""What the files say about a building and no column has, as one JSON object."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Collection, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

_DEEPEST = 32
"""Values nested deeper are left out."""


def attribute_json(values: Mapping[str, object], without: Collection[str | None]) -> str | None:
    """Write attributes as a JSON object, in the order of the file; None where there are none.

    Values keep their type; dates and times become texts (ISO 8601), bytes base64. What is null,
    NaN or infinite says nothing and is left out.

    Parameters
    ----------
    values
        Attributes by name.
    without
        Names of those that have a column of their own.
    """
    kept = {name: value for name, value in values.items() if name not in without}
    plain = _plain(kept, 0)
    if not plain:
        return None
    written = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # Halves of surrogate pairs could not be stored.
    return written.encode("utf-8", "replace").decode("utf-8")


def _plain(value: Any, depth: int) -> Any:
    """Value as JSON can have it; None for nothing."""
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    if depth == _DEEPEST:
        return None
    if isinstance(value, Mapping):
        items = ((str(name), _plain(item, depth + 1)) for name, item in value.items())
        return {name: item for name, item in items if item is not None} or None
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value] or None
    return str(value)


def merged(whole: str | None, own: str | None) -> str | None:
    """Attributes of a part: its own, and those of the building that it does not have.

    Parameters
    ----------
    whole, own
        JSON objects, None where there are no attributes.
    """
    if whole is None or own is None:
        return own if whole is None else whole
    both = {**json.loads(whole), **json.loads(own)}
    return json.dumps(both, ensure_ascii=False, separators=(",", ":"))
