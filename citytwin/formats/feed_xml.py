"""The XML of feeds: a whole document in memory, in which every element knows its file and line.

Names are local names: producers disagree about prefixes, and versions about namespaces.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePath

from citytwin.errors import SourceError
from citytwin.formats.feed_json import LARGEST, is_clean
from citytwin.formats.xml import Element, attribute, document, local_name
from citytwin.formats.xml_text import checked_chunks

_MAX_PROSE = 20_000
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Branch:
    """An element with the file it came from."""

    element: Element
    source: str

    @property
    def name(self) -> str:
        """Local name."""
        return local_name(self.element)

    @property
    def kind(self) -> str:
        """Local name of its ``xsi:type``; empty where it has none."""
        return (attribute(self.element, "type") or "").rpartition(":")[2]

    def error(self, message: str, *, hint: str = "") -> SourceError:
        """Return an error that names the file, the line and the element."""
        record = f"line {self.element.sourceline}, {self.name}"
        return SourceError(message, source=self.source, record=record, hint=hint)

    def children(self, name: str = "") -> Iterator[Branch]:
        """Iterate over the children of a name; over all of them without one."""
        for child in self.element:
            if not name or local_name(child) == name:
                yield Branch(child, self.source)

    def all(self, path: str) -> list[Branch]:
        """Return all elements at the end of a path of names, such as ``area/geocode``."""
        found = [self]
        for name in path.split("/"):
            found = [child for branch in found for child in branch.children(name)]
        return found

    def find(self, path: str) -> Branch | None:
        """Return the first element at the end of a path; None where there is none."""
        here: Branch | None = self
        for name in path.split("/"):
            here = next(here.children(name), None) if here is not None else None
        return here

    def member(self, path: str) -> Branch:
        """Return the first element at the end of a path, which must be there."""
        found = self.find(path)
        if found is None:
            raise self.error(f"{path!r} is missing")
        return found

    def anywhere(self, name: str) -> Iterator[Branch]:
        """Iterate over the descendants of a name, in the order of the document."""
        for element in self.element.iter(f"{{*}}{name}"):
            if element is not self.element:
                yield Branch(element, self.source)

    def attribute(self, name: str) -> str | None:
        """Return an attribute by its local name, a clean text, or None."""
        value = attribute(self.element, name)
        if value is not None and not is_clean(value):
            raise self.error(f"attribute {name!r} is no plain text")
        return value

    def text(self) -> str:
        """Return its own text without surrounding space: short and clean, else an error."""
        value = (self.element.text or "").strip(_SPACE)
        if not is_clean(value):
            raise self.error(f"expected a plain text, got {ascii(value)[:80]}")
        return value

    def prose(self) -> str:
        """Return its own text with all white space as single blanks."""
        value = " ".join((self.element.text or "").split())
        if len(value) > _MAX_PROSE:
            raise self.error(f"text of {len(value)} characters, more than {_MAX_PROSE}")
        return "".join(character for character in value if is_clean(character))

    def said(self, path: str) -> str | None:
        """Return the text at the end of a path; None where it is absent or empty."""
        found = self.find(path)
        return (found.text() or None) if found is not None else None

    def told(self, path: str) -> str | None:
        """Return the prose at the end of a path; None where it is absent or empty."""
        found = self.find(path)
        return (found.prose() or None) if found is not None else None

    def number(self) -> float:
        """Return a finite number in plain decimal notation."""
        value = self.text()
        try:
            number = float(value) if value.isascii() and "_" not in value else math.nan
        except ValueError:
            number = math.nan
        if not abs(number) <= LARGEST:
            raise self.error(f"expected a number, got {ascii(value)[:80]}")
        return number


def parse_xml(raw: bytes, source: str) -> Branch:
    """Read an XML document of a feed.

    Parameters
    ----------
    raw
        Bytes in an encoding that the document names.
    source
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is empty, not well-formed, or declares a document type.
    """
    if not raw.strip():
        raise SourceError("the file is empty", source=source, hint="fetch it again")
    chunks = checked_chunks(io.BytesIO(raw), source)
    return Branch(document(chunks, PurePath(source)), source)
