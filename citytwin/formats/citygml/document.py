"""A CityGML file as bytes: its root element, the prefixes declared there, its members in pieces."""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.gml.document import ROOTS, is_citygml_namespace, is_iur_namespace
from citytwin.formats.xml import local_name, read_skeleton, utf8_content
from citytwin.kernels import xml_scan as xs

RANGE_BYTES = 64_000_000
"""Files are read in ranges of whole members of about this size, so that memory stays bounded."""

_PROLOG_BYTES = 1 << 16
_PROLOG = re.compile(rb"(?:\s+|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
_START_TAG = re.compile(rb"<(?![!?/])([^\s<>/\"']+)(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>", re.DOTALL)
_VERSION = re.compile(rb"""<\?xml\s+version\s*=\s*["']1\.0["']""")
_TAIL_BYTES = 1 << 16
_FREQUENT = ("gml", "bldg", "app", "uro")


@dataclass(frozen=True, eq=False)
class GmlBytes:
    """Bytes of a document whose root element is a city model."""

    content: bytes | mmap.mmap
    data: NDArray[np.uint8]
    """The same, shape (n,)."""
    start: int
    """Where the document begins."""
    origin: int | None
    """Position of the first byte in the file; None where the file is in another encoding."""
    root_open: int
    root_text: int
    """Where the start tag of the root begins, and where its content does."""
    root_name: bytes
    """Name of the root element with its prefix."""
    prefixes: NDArray[np.int64]
    """Shape (n, 2): codes of the declared prefixes, flags of their namespaces."""

    def wrapped(self, pieces: Iterator[tuple[int, int]]) -> bytes:
        """Document of some pieces of this one inside its root element.

        Parameters
        ----------
        pieces
            Positions where each begins and ends.
        """
        root = self.content[self.root_open : self.root_text]
        return b"".join(
            [root, *(self.content[a:b] for a, b in pieces), b"</", self.root_name, b">"]
        )

    def ends_well(self, position: int) -> bool:
        """Whether nothing but the end of the document stands behind its content.

        Parameters
        ----------
        position
            Where the end tag of the root begins.
        """
        tail = self.content[position : position + _TAIL_BYTES]
        if position + len(tail) < len(self.data):
            return False
        return read_skeleton(self.content[self.start : self.root_text] + tail) is not None


def open_document(path: Path) -> GmlBytes | None:
    """Open a file for scanning; None where only a full parser may give a verdict.

    Parameters
    ----------
    path
        The file.
    """
    found = utf8_content(path, RANGE_BYTES)
    if found is None:
        return None
    content, start, origin = found
    head = content[start : start + _PROLOG_BYTES]
    prolog = _PROLOG.match(head)
    tag = _START_TAG.match(head, prolog.end()) if prolog else None
    if tag is None or tag[0].endswith(b"/>"):
        return None
    if head.startswith(b"<?xml") and not _VERSION.match(head):
        return None
    root = read_skeleton(head[: tag.end()] + b"</" + tag[1] + b">")
    if root is None or local_name(root) not in ROOTS:
        return None
    if "srsName" in root.attrib or "srsDimension" in root.attrib:
        return None
    return GmlBytes(
        content=content,
        data=np.frombuffer(content, dtype=np.uint8),
        start=start,
        origin=origin,
        root_open=start + tag.start(),
        root_text=start + tag.end(),
        root_name=tag[1],
        prefixes=_prefixes(dict(root.nsmap)),
    )


def _prefixes(declared: dict[str | None, str]) -> NDArray[np.int64]:
    rows: dict[int, int] = {}
    # The kernel looks from the front: the prefixes of nearly all elements come first.
    for prefix, uri in sorted(declared.items(), key=lambda item: item[0] not in _FREQUENT):
        letters = (prefix or "").encode()
        if len(letters) > xs.MAX_PREFIX:
            continue
        citygml = xs.CITYGML if is_citygml_namespace(uri) else 0
        iur = xs.IUR if is_iur_namespace(uri) else 0
        rows[int.from_bytes(letters, "big")] = citygml | iur
    for always in (0, int.from_bytes(b"xml", "big")):
        rows.setdefault(always, 0)
    return np.array(list(rows.items()), dtype=np.int64)
