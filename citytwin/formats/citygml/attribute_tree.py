"""Attributes of one building element that have no column of their own, as JSON.

Generic attributes of CityGML 1 to 3, attributes of i-UR of any version, and plain children such as
the year of construction. An object of i-UR stands under the name of its type; the properties that
lead to it are left out, so that ``BuildingDetailAttribute.buildingRoofEdgeArea`` is a path. The
names are those of :mod:`citytwin.kernels.attribute_words`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from citytwin.formats.city.ledger import Ledger
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import is_citygml, is_iur
from citytwin.formats.xml import Element, local_name
from citytwin.kernels import attribute_nodes as an
from citytwin.kernels import attribute_words as words
from citytwin.kernels.attribute_json import LONGEST_NUMBER

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_GENERIC = frozenset({*words.GENERIC_TEXTS, *words.GENERIC_VALUES, *words.GENERIC_SETS})
_SPACE = " \t\r\n"


class _Member(NamedTuple):
    name: str
    value: str
    """As JSON."""
    is_repeatable: bool = False


@dataclass(eq=False)
class AttributeTree:
    """Reads the attributes of one building or part."""

    file: Path
    lists: CodeLists
    ledger: Ledger
    _met: set[str] = field(default_factory=set)

    def text(self, unit: Element) -> str | None:
        """JSON object of the attributes; None where there are none.

        Parameters
        ----------
        unit
            Building or BuildingPart.
        """
        return _object(self._of_unit(unit, 0))

    def _of_unit(self, unit: Element, depth: int) -> Iterator[_Member]:
        for child in unit if depth < words.DEEPEST else ():
            name = local_name(child)
            if name in words.IN_COLUMNS and name not in self._met:
                self._met.add(name)
            elif is_citygml(child) and (name in _GENERIC or name == words.GENERIC_PROPERTY):
                yield from self._generic(child, name, depth)
            elif name.startswith(words.HOOK):
                yield from self._of_hook(child, depth + 1)
            elif not len(child):
                yield from self._leaf(child, name)
            elif is_iur(child):
                yield from self._of_property(child, depth + 1)

    def _of_hook(self, hook: Element, depth: int) -> Iterator[_Member]:
        for child in hook if depth < words.DEEPEST else ():
            if is_iur(child):
                yield from self._of_unit(child, depth + 1)

    def _of_property(self, element: Element, depth: int) -> Iterator[_Member]:
        """Types of i-UR in a property."""
        for child in element if depth < words.DEEPEST else ():
            if is_iur(child) and (value := _object(self._of_type(child, depth + 1))):
                name = local_name(child)
                repeatable = name.endswith(words.REPEATABLE_END)
                repeatable |= name.startswith(words.REPEATABLE_BEGIN)
                yield _Member(name, value, repeatable)

    def _of_type(self, element: Element, depth: int) -> Iterator[_Member]:
        for child in element if depth < words.DEEPEST else ():
            if not is_iur(child):
                continue
            if len(child):
                yield from self._of_property(child, depth + 1)
            else:
                yield from self._leaf(child, local_name(child))

    def _generic(self, element: Element, name: str, depth: int) -> Iterator[_Member]:
        if name == words.GENERIC_PROPERTY:
            for child in element if depth + 1 < words.DEEPEST else ():
                if is_citygml(child) and local_name(child) in _GENERIC:
                    yield from self._generic(child, local_name(child), depth + 1)
            return
        title = (element.get("name") or "").strip(_SPACE)
        if depth + 1 < words.DEEPEST:
            title = title or _text_of(_first(element, "name"))
        if name in words.GENERIC_SETS:
            value = _object(self._of_set(element, depth + 1))
        else:
            value = self._generic_value(element, name, depth + 1) if title else None
        if title and value:
            yield _Member(title, value)

    def _of_set(self, element: Element, depth: int) -> Iterator[_Member]:
        for child in element if depth < words.DEEPEST else ():
            name = local_name(child)
            if is_citygml(child) and (name in _GENERIC or name == words.GENERIC_PROPERTY):
                yield from self._generic(child, name, depth)

    def _generic_value(self, element: Element, name: str, depth: int) -> str | None:
        value = _first(element, "value") if depth < words.DEEPEST else None
        if value is None:
            return None
        kind = an.TEXT if name in words.GENERIC_TEXTS else _kind(value, "value")
        return self._value(value, kind)

    def _leaf(self, element: Element, name: str) -> Iterator[_Member]:
        if _text_of(element):
            yield _Member(name, self._value(element, _kind(element, name)))

    def _value(self, element: Element, kind: int) -> str:
        text = _text_of(element)
        if kind == an.CODE:
            space = element.get("codeSpace")
            meaning = meaning_of(text, self.lists.text(text, space, self.file, self.ledger))
            return f'{{"code":{_quoted(text)}{meaning}}}'
        value = _quoted(text) if kind == an.TEXT or not _is_number(text) else text
        if kind == an.MEASURE:
            return f'{{"value":{value},"uom":{_quoted(element.get("uom") or "")}}}'
        return value


def meaning_of(code: str, text: str) -> str:
    """What stands behind a code in its JSON object.

    Parameters
    ----------
    code
        As written.
    text
        Of the code list; the code itself where no list has it.
    """
    return f',"text":{_quoted(text)}' if text != code else ""


def _object(members: Iterator[_Member]) -> str | None:
    """JSON object of members; those of one name as a list where the first one was."""
    values: dict[str, list[str]] = {}
    repeatable: set[str] = set()
    for member in members:
        if member.name not in values and member.is_repeatable:
            repeatable.add(member.name)
        values.setdefault(member.name, []).append(member.value)
    if not values:
        return None
    written = (
        f"{_quoted(name)}:[{','.join(items)}]"
        if len(items) > 1 or name in repeatable
        else f"{_quoted(name)}:{items[0]}"
        for name, items in values.items()
    )
    return f"{{{','.join(written)}}}"


def _first(element: Element, name: str) -> Element | None:
    """First child of a name that holds a text and nothing else."""
    for child in element:
        if local_name(child) == name and not len(child) and _text_of(child):
            return child
    return None


def _text_of(element: Element | None) -> str:
    return "" if element is None else (element.text or "").strip(_SPACE)


def _kind(element: Element, name: str) -> int:
    if element.get("codeSpace"):
        return an.CODE
    if element.get("uom"):
        return an.MEASURE
    is_text = name in words.ALWAYS_TEXT or name.endswith("ID")
    return an.TEXT if is_text else an.GUESSED


def _is_number(text: str) -> bool:
    return len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) is not None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
