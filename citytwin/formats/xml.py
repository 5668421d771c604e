"""The one hardened XML reader: streams, refuses every DTD, opens nothing but the file itself.

The prolog is looked at before libxml2 sees a byte: a document type declaration, the door of
entity bombs and external entities, is refused there. Text that is not UTF-8 is decoded here, so
that the parser and the look at the prolog always agree on the encoding.
"""

from __future__ import annotations

import codecs
import mmap
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal, cast

from lxml import etree
from lxml.etree import _Element as Element

from citytwin.errors import SourceError

_CHUNK_BYTES = 1 << 20
_PROLOG_BYTES = 1 << 20
__all__ = [
    "Element",
    "attribute",
    "local_name",
    "namespace",
    "read_skeleton",
    "read_small",
    "root_name",
    "stream",
    "utf8_content",
]

_MEMBERS = ("cityObjectMember", "featureMember", "featureMembers", "appearanceMember", "member")
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf", b"\x28\xb5\x2f\xfd")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UNMARKED_UTF16 = ((b"<\x00?\x00", "utf-16-le"), (b"\x00<\x00?", "utf-16-be"))
# Windows tools write cp932 and call it Shift_JIS; it differs from it only by more characters.
_CODECS = {
    "utf-8": "utf-8",
    "ascii": "utf-8",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "euc_jp": "euc_jp",
    "iso8859-1": "iso8859-1",
    "iso8859-15": "iso8859-15",
    "cp1252": "cp1252",
}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MISC = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


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
    for _ in _fed(parser, path, content):
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
    for _ in _fed(parser, path):
        for _, started in parser.read_events():
            return local_name(cast("Element", started))
    raise SourceError("has no root element", source=path.name)


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


def _fed(parser: etree.XMLPullParser, path: Path, content: bytes | None = None) -> Iterator[None]:
    """Feed a file to a parser piece by piece.

    A pull parser may go on silently after an error, so its log is looked at after every piece.
    """
    try:
        for chunk in _utf8_chunks(path) if content is None else [content]:
            parser.feed(chunk)
            _check_log(parser, path)
            yield
        parser.close()
    except etree.XMLSyntaxError as error:
        _check_log(parser, path)
        raise _not_well_formed(error.msg or "broken off", error.lineno or 0, path) from error
    yield


def _check_log(parser: etree.XMLPullParser, path: Path) -> None:
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


def utf8_content(path: Path, limit_bytes: int) -> tuple[bytes | mmap.mmap, int, int | None] | None:
    """Content of a file as UTF-8, not yet looked at; None where it takes a reader's verdict.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        Size above which the file is mapped instead of read, and no other encoding is brought into
        this one.

    Returns
    -------
    tuple
        The bytes; the length of the byte order mark before the document; the position of the first
        byte in the file, None where it is in another encoding.
    """
    try:
        with path.open("rb") as file:
            head = file.read(1000)
            if not head.strip() or head.startswith(_ARCHIVES):
                return None
            mark_bytes, codec = _encoding(head, path.name)
            small = path.stat().st_size <= limit_bytes
            if codec == "utf-8" and not small:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), mark_bytes, 0
            if not small:
                return None
            file.seek(mark_bytes)
            content = file.read()
            if codec == "utf-8":
                return content, 0, mark_bytes
            return content.decode(codec).encode("utf-8"), 0, None
    except (OSError, ValueError, SourceError):
        return None


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
    try:
        size = path.stat().st_size
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", source=str(path)) from error
    if size > limit_bytes:
        raise SourceError(f"has {size} bytes, more than {limit_bytes}", source=str(path))
    parser = _parser(("start",), ["{*}*"])
    root: Element | None = None
    for _ in _fed(parser, path):
        for _, started in parser.read_events():
            root = cast("Element", started) if root is None else root
    if root is None:
        raise SourceError("has no root element", source=path.name)
    return root


def _not_well_formed(message: str, line: int, path: Path) -> SourceError:
    return SourceError(
        f"not well-formed XML: {message}",
        source=path.name,
        record=f"line {line}",
        hint="the file is damaged or cut off; fetch it again",
    )


def _utf8_chunks(path: Path) -> Iterator[bytes]:
    """Content of the file as UTF-8 without BOM, after the prolog was found harmless."""
    try:
        with path.open("rb") as file:
            yield from _checked_chunks(file, path.name)
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise SourceError(msg, source=str(path)) from error


def _checked_chunks(file: BinaryIO, name: str) -> Iterator[bytes]:
    head = file.read(_PROLOG_BYTES)
    if not head.strip():
        raise SourceError("is empty", source=name, hint="fetch the file again")
    if head.startswith(_ARCHIVES):
        raise SourceError("is an archive, not XML", source=name, hint="unpack it first")
    bom_bytes, codec = _encoding(head, name)
    decoder = codecs.getincrementaldecoder(codec)("strict")
    chunk, offset = head[bom_bytes:], bom_bytes
    first = True
    while True:
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            raise SourceError(
                f"is declared as {codec} but byte {error.object[error.start]:#04x} does not fit",
                source=name,
                record=f"near byte {offset + error.start}",
                hint="correct the encoding in the XML declaration",
            ) from error
        if not chunk:
            return
        if first:
            _refuse_dtd(text, name, len(head) < _PROLOG_BYTES)
            first = False
        yield chunk if codec == "utf-8" else text.encode("utf-8")
        offset += len(chunk)
        chunk = file.read(_CHUNK_BYTES)


def _encoding(head: bytes, name: str) -> tuple[int, str]:
    """Length of the byte order mark and the codec."""
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return len(mark), codec
    for mark, codec in _UNMARKED_UTF16:
        if head.startswith(mark):
            return 0, codec
    match = _DECLARED.match(head[:1000])
    if match is None:
        return 0, "utf-8"
    declared = match[1].decode("ascii")
    try:
        codec = _CODECS[codecs.lookup(declared).name]
    except (LookupError, KeyError) as error:
        raise SourceError(
            f"is declared in the encoding {declared!r}, which is not supported",
            source=name,
            hint="save the file as UTF-8",
        ) from error
    return 0, codec


def _refuse_dtd(text: str, name: str, complete: bool) -> None:
    """Walk over comments and instructions up to the root element; refuse anything else."""
    position = 0
    while match := _MISC.match(text, position):
        position = match.end()
    rest = text[position : position + 9]
    if rest.startswith("<!") and not rest.startswith("<!--"):
        raise SourceError(
            "declares a document type (DTD), which could expand without bound or open other files",
            source=name,
            record=f"line {text.count(chr(10), 0, position) + 1}",
            hint="remove the <!DOCTYPE ...> declaration",
        )
    if not rest.startswith("<") or rest.startswith(("<!--", "<?")):
        if complete and rest and not rest.startswith("<"):
            raise SourceError(f"is not XML: begins with {rest!r}", source=name)
        msg = "has no root element" if complete else "has a prolog of more than 1 MiB"
        raise SourceError(msg, source=name, hint="the file is damaged or no city model")
