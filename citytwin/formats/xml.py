"""The one hardened XML reader: streams, refuses every DTD, opens nothing but the file itself.

The prolog is looked at before libxml2 sees a byte, see :mod:`citytwin.formats.xml_text`.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Literal, cast

from lxml import etree
from lxml.etree import _Element as Element

from citytwin.errors import NotWellFormedError, SourceError
from citytwin.formats.xml_text import checked_chunks
from citytwin.transports.files import open_binary, read_whole

__all__ = [
    "Element",
    "attribute",
    "beginning",
    "document",
    "local_name",
    "namespace",
    "read_skeleton",
    "read_small",
    "root_name",
    "stream",
]

_MEMBERS = ("cityObjectMember", "featureMember", "featureMembers", "appearanceMember", "member")


def local_name(element: Element) -> str:
    """Name of an element without its namespace.

    Parameters
    ----------
    element
        Any element.
    """
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """Namespace of an element; empty when it has none.

    Parameters
    ----------
    element
        Any element.
    """
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def attribute(element: Element, name: str) -> str | None:
    """Value of an attribute by its local name, such as ``id`` for ``gml:id``.

    Parameters
    ----------
    element
        Any element.
    name
        Local name.
    """
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def stream(path: Path, names: Sequence[str], content: bytes | None = None) -> Iterator[Element]:
    """Yield the elements of some local names as they end, and free what has been used.

    An element is emptied when the consumer asks for the next one, unless it lies inside another
    element of these names: that one still needs it.

    Parameters
    ----------
    path
        The file.
    names
        Local names wanted, whatever their namespace.
    content
        What to read instead of the file, as UTF-8.

    Raises
    ------
    SourceError
        If the file cannot be read, is not well-formed, or declares a document type; names the
        line.
    """
    wanted = frozenset(names)
    tags = [f"{{*}}{name}" for name in (*names, *(m for m in _MEMBERS if m not in wanted))]
    parser = _parser(("end",), tags)
    for _ in _fed(parser, path, _chunks(path) if content is None else [content]):
        yield from _ended(parser, wanted)


def root_name(path: Path) -> str:
    """Local name of the root element; reads no more of the file than it takes.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SourceError
        As :func:`stream`.
    """
    parser = _parser(("start",), ["{*}*"])
    for _ in _fed(parser, path, _chunks(path)):
        for _, started in parser.read_events():
            return local_name(cast("Element", started))
    raise SourceError("has no root element", source=path.name)


def beginning(path: Path, limit_bytes: int) -> Iterator[tuple[Literal["start", "end"], Element]]:
    """Yield the elements of the beginning of a file as they start and end.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        How much of it is looked at; its elements stay in memory.

    Raises
    ------
    SourceError
        As :func:`stream`, for what was looked at.
    """
    parser = _parser(("start", "end"), ["{*}*"])
    fed_bytes = 0

    def counted() -> Iterator[bytes]:
        nonlocal fed_bytes
        for chunk in _chunks(path):
            fed_bytes += len(chunk)
            yield chunk

    for _ in _fed(parser, path, counted()):
        for event, element in parser.read_events():
            yield cast("Literal['start', 'end']", event), cast("Element", element)
        if fed_bytes >= limit_bytes:
            return


def _parser(events: Sequence[Literal["start", "end"]], tags: Sequence[str]) -> etree.XMLPullParser:
    return etree.XMLPullParser(
        events=tuple(events),
        tag=list(tags),
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=True,
        remove_comments=True,
        remove_pis=True,
    )


def _fed(parser: etree.XMLPullParser, path: PurePath, chunks: Iterable[bytes]) -> Iterator[None]:
    """Feed a document to a parser piece by piece.

    A pull parser may go on silently after an error, so its log is looked at after every piece.
    """
    try:
        for chunk in chunks:
            parser.feed(chunk)
            _check_log(parser, path)
            yield
        parser.close()
    except etree.XMLSyntaxError as error:
        _check_log(parser, path)
        raise _not_well_formed(error.msg or "broken off", error.lineno or 0, path) from error
    yield


def _check_log(parser: etree.XMLPullParser, path: PurePath) -> None:
    for entry in parser.feed_error_log:
        if entry.level == etree.ErrorLevels.FATAL:
            raise _not_well_formed(entry.message, entry.line, path)


def _ended(parser: etree.XMLPullParser, wanted: frozenset[str]) -> Iterator[Element]:
    for _, ended in parser.read_events():
        element = cast("Element", ended)
        name = local_name(element)
        if name in wanted:
            yield element
        if not any(local_name(ancestor) in wanted for ancestor in element.iterancestors()):
            _release(element)


def _release(element: Element) -> None:
    """Empty an element and drop everything before it, up to the root."""
    element.clear()
    node: Element | None = element
    while node is not None:
        parent = node.getparent()
        while parent is not None and parent[0] is not node:
            del parent[0]
        node = parent


def read_skeleton(content: bytes) -> Element | None:
    """Read the root of a document whose content was cut out; None where it is not sound.

    Parameters
    ----------
    content
        UTF-8: what stands before the content, and what stands behind it.
    """
    parser = _parser(("start",), ["{*}*"])
    try:
        parser.feed(content)
        root = parser.close()
    except etree.XMLSyntaxError:
        return None
    return None if len(parser.feed_error_log) else root


def read_small(path: Path, limit_bytes: int) -> Element:
    """Read a whole small document, such as a code list.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        Size above which it is refused.

    Raises
    ------
    SourceError
        As :func:`stream`, or if it is too large.
    """
    content = read_whole(path, limit_bytes)
    return document(checked_chunks(io.BytesIO(content), path.name), path)


def document(chunks: Iterable[bytes], path: PurePath) -> Element:
    """Read a whole document that is in memory already.

    Parameters
    ----------
    chunks
        UTF-8, as :func:`citytwin.formats.xml_text.checked_chunks` gives it.
    path
        Its name, for messages.

    Raises
    ------
    SourceError
        As :func:`stream`.
    """
    parser = _parser(("start",), ["{*}*"])
    root: Element | None = None
    for _ in _fed(parser, path, chunks):
        for _, started in parser.read_events():
            root = cast("Element", started) if root is None else root
    if root is None:
        raise SourceError("has no root element", source=path.name)
    return root


def _not_well_formed(message: str, line: int, path: PurePath) -> NotWellFormedError:
    return NotWellFormedError(
        f"not well-formed XML: {message}",
        source=path.name,
        record=f"line {line}",
        hint="the file is damaged or cut off; fetch it again",
    )


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with open_binary(path) as file:
            yield from checked_chunks(file, path.name)
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise SourceError(msg, source=str(path)) from error
