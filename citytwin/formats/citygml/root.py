"""The start tag of a city model: its prefixes, read from the first bytes of a document."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.gml.document import ROOTS, is_citygml_namespace, is_iur_namespace
from citytwin.formats.xml import local_name, read_skeleton
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.xml_names import MAX_PREFIX

PROLOG_BYTES = 1 << 16
"""The start tag of the root must end within so many bytes."""
TAIL_BYTES = 1 << 16
"""No more may stand behind the content of the root."""

_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_START_TAG = re.compile(rb"<(?![!?/])([^\s<>/\"']+)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>", re.DOTALL)
_VERSION = re.compile(rb"""<\?xml\s+version\s*=\s*["']1\.0["']""")
_ROOTS_KEPT = 64
"""Tiles of one data set begin with the same bytes, and end alike."""
_USUAL = b"CityModel"
_FREQUENT = ("gml", "bldg", "app", "uro")


@dataclass(frozen=True, eq=False)
class Root:
    """The root element of a document that is a city model."""

    text: int
    """Position in the document where its content begins."""
    tag: bytes
    """Its start tag."""
    name: bytes
    """Its name with its prefix."""
    prefixes: NDArray[np.int64]
    """Shape (n, 2): codes of the declared prefixes, flags of their namespaces."""

    @property
    def end_tag(self) -> bytes:
        """Its end tag."""
        return b"</" + self.name + b">"

    def ends_with(self, tail: bytes) -> bool:
        """Whether some bytes are its end tag, and nothing else but the end of a document.

        Parameters
        ----------
        tail
            UTF-8.
        """
        return len(tail) <= TAIL_BYTES and _is_sound(self.tag + tail)


def root_of(head: bytes) -> Root | None:
    """Read the root of a document; None where only a full parser may give a verdict.

    Parameters
    ----------
    head
        First bytes of the document, as UTF-8 without byte order mark.
    """
    head = head[:PROLOG_BYTES]
    # Mostly the first such sign behind the name is the end of the tag, and then it is soon known.
    end = head.find(b">", head.find(_USUAL))
    return _known_root(head[: end + 1]) or _root(head)


@lru_cache(maxsize=_ROOTS_KEPT)
def _known_root(head: bytes) -> Root | None:
    return _root(head)


def _root(head: bytes) -> Root | None:
    prolog = _PROLOG.match(head)
    tag = _START_TAG.match(head, prolog.end()) if prolog else None
    if tag is None or tag[0].endswith(b"/>"):
        return None
    if head.startswith(b"<?xml") and not _VERSION.match(head):
        return None
    prefixes = _prefixes_of(head[: tag.end()], tag[1])
    return None if prefixes is None else Root(tag.end(), tag[0], tag[1], prefixes)


@lru_cache(maxsize=_ROOTS_KEPT)
def _is_sound(content: bytes) -> bool:
    return read_skeleton(content) is not None


def _prefixes_of(start: bytes, name: bytes) -> NDArray[np.int64] | None:
    """Prefixes declared at a start tag and what is before it; None where it is no city model's."""
    element = read_skeleton(start + b"</" + name + b">")
    if element is None or local_name(element) not in ROOTS:
        return None
    if "srsName" in element.attrib or "srsDimension" in element.attrib:
        return None
    return _prefixes(dict(element.nsmap))


def _prefixes(declared: dict[str | None, str]) -> NDArray[np.int64]:
    rows: dict[int, int] = {}
    # The kernel looks from the front: the prefixes of nearly all elements come first.
    for prefix, uri in sorted(declared.items(), key=lambda item: item[0] not in _FREQUENT):
        letters = (prefix or "").encode()
        if len(letters) > MAX_PREFIX:
            continue
        citygml = xs.CITYGML if is_citygml_namespace(uri) else 0
        iur = xs.IUR if is_iur_namespace(uri) else 0
        rows[int.from_bytes(letters, "big")] = citygml | iur
    for always in (0, int.from_bytes(b"xml", "big")):
        rows.setdefault(always, 0)
    return np.array(list(rows.items()), dtype=np.int64)
