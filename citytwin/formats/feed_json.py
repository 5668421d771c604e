"""The one hardened JSON reader of the feeds: every value knows its file and path.

Refused are NaN and Infinity, numbers too large for a measurement, a key given twice, nesting
beyond the interpreter's limit, and text that is not UTF-8.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn, TypeAlias

from citytwin.errors import SourceError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
LARGEST = 1e30
"""No measurement is larger; no change of unit makes an infinite number of a smaller one."""
_MAX_DIGITS = 18
_MAX_TEXT = 1000
_UNCLEAN = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _refuse_constant(name: str) -> NoReturn:
    msg = f"{name} is no JSON number"
    raise ValueError(msg)


def _whole(digits: str) -> int:
    if len(digits) > _MAX_DIGITS + 1:
        msg = f"number {digits[:24]}... has {len(digits)} digits"
        raise ValueError(msg)
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not abs(value) <= LARGEST:
        msg = f"number {digits[:40]} is too large"
        raise ValueError(msg)
    return value


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    members = dict(pairs)
    if len(members) != len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        msg = f"key {twice[:80]!r} is given twice"
        raise ValueError(msg)
    return members


def is_clean(text: str) -> bool:
    """Return whether a text can be stored and shown: no surrogates, no control characters.

    Parameters
    ----------
    text
        Any text of a feed.
    """
    return len(text) <= _MAX_TEXT and _UNCLEAN.search(text) is None


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON value with the place it came from."""

    value: Json
    source: str
    """Name of the file."""
    path: str
    """Such as ``hourly.time[3]``; empty for the whole document."""

    def error(self, message: str, *, hint: str = "") -> SourceError:
        """Return an error that names the file, the place and the value met."""
        shown = ascii(self.value) if not isinstance(self.value, dict | list) else "a structure"
        shown = shown if len(shown) <= 80 else shown[:77] + "..."
        return SourceError(
            f"{message}, got {shown}", source=self.source, record=self.path, hint=hint
        )

    def _child(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def find(self, key: str) -> Node | None:
        """Return a member of an object, or None where it is absent."""
        if not isinstance(self.value, dict):
            raise self.error("expected an object")
        if key not in self.value:
            return None
        return Node(self.value[key], self.source, self._child(key))

    def member(self, key: str) -> Node:
        """Return a member of an object that must be there."""
        found = self.find(key)
        if found is None:
            raise SourceError(f"{key!r} is missing", source=self.source, record=self.path)
        return found

    def members(self) -> Iterator[tuple[str, Node]]:
        """Iterate over the members of an object."""
        if not isinstance(self.value, dict):
            raise self.error("expected an object")
        for key, value in self.value.items():
            if not is_clean(key):
                raise self.error(f"key {ascii(key)[:80]} is no plain text")
            yield key, Node(value, self.source, self._child(key))

    def items(self) -> list[Node]:
        """Return the items of an array."""
        if not isinstance(self.value, list):
            raise self.error("expected an array")
        return [self.item(row) for row in range(len(self.value))]

    def item(self, row: int) -> Node:
        """Return an item of an array that is known to be there."""
        if not isinstance(self.value, list):
            raise self.error("expected an array")
        return Node(self.value[row], self.source, f"{self.path}[{row}]")

    def number(self) -> float:
        """Return a finite number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error("expected a number")
        return float(self.value)

    def number_or_none(self) -> float | None:
        """Return a finite number, or None for null."""
        return None if self.value is None else self.number()

    def whole(self) -> int:
        """Return a whole number; 900.0 counts, 900.5 does not."""
        value = self.number()
        if not value.is_integer():
            raise self.error("expected a whole number")
        return int(self.value) if isinstance(self.value, int) else int(value)

    def text(self) -> str:
        """Return a text without control characters."""
        if not isinstance(self.value, str) or not is_clean(self.value):
            raise self.error("expected a plain text")
        return self.value


def parse(raw: bytes, source: str) -> Node:
    """Read a JSON document.

    Parameters
    ----------
    raw
        Bytes in UTF-8, with or without byte order mark.
    source
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is not strict JSON; the message names the place where that shows.
    """
    if not raw.strip():
        raise SourceError("the file is empty", source=source, hint="fetch it again")
    try:
        value = json.loads(
            raw.decode("utf-8-sig"),
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_finite,
            object_pairs_hook=_once,
        )
    except UnicodeDecodeError as error:
        raise SourceError(f"not UTF-8 at byte {error.start}", source=source) from error
    except RecursionError as error:
        raise SourceError("nested too deeply for a feed", source=source) from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        hint = "the file may be cut short: fetch it again"
        raise SourceError(
            f"no JSON: {error.msg}", source=source, record=place, hint=hint
        ) from error
    except ValueError as error:
        raise SourceError(f"no JSON for a feed: {error}", source=source) from error
    return Node(value, source, "")
