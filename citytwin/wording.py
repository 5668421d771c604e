"""Words for users: findings of pydantic in a configuration, near names, the first of many."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

_WORDING = {
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "float_parsing": "must be a number without a unit",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a text",
    "string_pattern_mismatch": "must look like {pattern}",
    "string_too_short": "needs at least {min_length} characters",
    "string_too_long": "has more than {max_length} characters",
    "literal_error": "must be {expected}",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys",
    "model_type": "must be a mapping of keys",
    "model_attributes_type": "must be a mapping of keys",
    "too_short": "needs at least {min_length} entries",
    "too_long": "has more than {max_length} entries",
    "date_type": "must be a date such as 2026-03-31",
    "date_parsing": "must be a date such as 2026-03-31",
    "date_from_datetime_parsing": "must be a date such as 2026-03-31",
    "date_from_datetime_inexact": "must be a day without a time",
    "datetime_type": "must be a time such as 2026-06-30T19:00:00+09:00",
    "datetime_parsing": "must be a time such as 2026-06-30T19:00:00+09:00",
    "datetime_from_date_parsing": "must be a time such as 2026-06-30T19:00:00+09:00",
    "timezone_aware": "needs its offset from UTC, as in 2026-06-30T19:00:00+09:00",
}
"""Wording by pydantic's type of error."""


class UnshownValueError(ValueError):
    """Refuses a value that may hold a secret."""


def explain(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """Turn pydantic's findings into lines with the path of the key and the nearest valid name.

    Parameters
    ----------
    error
        What pydantic found.
    model
        Model that was to be filled.
    prefix
        Path of the section that was checked, such as ``simulations[0].params``.
    """
    lines = []
    for finding in _that_count(error.errors()):
        path = _path(prefix, finding["loc"])
        if finding["type"] == "extra_forbidden":
            key = str(finding["loc"][-1])
            near = nearest(key, _keys_at(model, finding["loc"]))
            lines.append(f"{path}: unknown key{near}")
        elif finding["type"] == "missing":
            lines.append(f"{path}: missing")
        elif isinstance(finding.get("ctx", {}).get("error"), UnshownValueError):
            lines.append(f"{path}: {_worded(finding)}")
        else:
            lines.append(f"{path}: {_worded(finding)}, got {_short(finding['input'])}")
    return "; ".join(lines)


def _that_count(findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Leave out that a list is too short where entries of it are wrong: pydantic counts good ones only."""
    places = [finding["loc"] for finding in findings]

    def follows(finding: Mapping[str, Any]) -> bool:
        loc = finding["loc"]
        inside = any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)
        return finding["type"] == "too_short" and inside

    return [finding for finding in findings if not follows(finding)]


def nearest(word: str, known: Sequence[str]) -> str:
    """Return ``, did you mean 'x'?`` for the known name most like `word`.

    Parameters
    ----------
    word
        What was written.
    known
        Valid names.
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f", did you mean {close[0]!r}?"
    return f", known are {', '.join(sorted(known))}" if known else ""


def first_of(names: Sequence[str], most: int = 3) -> str:
    """Name the first of some things, with dots where there are more.

    Parameters
    ----------
    names
        All of them.
    most
        How many are named.
    """
    return ", ".join(names[:most]) + (" ..." if len(names) > most else "")


def _worded(finding: Mapping[str, Any]) -> str:
    wording = _WORDING.get(finding["type"])
    if wording is not None:
        context = finding.get("ctx", {})
        return wording.format_map({key: _plain(value) for key, value in context.items()})
    message = str(finding["msg"]).removeprefix("Value error, ")
    return message.replace("Input should be", "must be").replace("Input should", "must")


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _path(prefix: str, loc: tuple[int | str, ...]) -> str:
    path = prefix
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path or "(top)"


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    here: Any = model
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        annotation = here.model_fields[part].annotation if part in here.model_fields else None
        here = _inner_model(annotation)
        if here is None:
            return []
    return list(here.model_fields)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner_model(argument)) is not None:
            return found
    return None


def _short(value: object) -> str:
    # Bounded: nested aliases of YAML make values whose full text has no end.
    shown = reprlib.repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
