"""Text of XML documents as UTF-8: encodings, and a look at the prolog before a parser sees a byte.

A document type declaration, the door of entity bombs and external entities, is refused here. Text
that is not UTF-8 is decoded here, so that the parser and the look at the prolog always agree on
the encoding.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

from citytwin.errors import SourceError

_CHUNK_BYTES = 1 << 20
_PROLOG_BYTES = 1 << 20
_HEAD_BYTES = 1000
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
_OTHER_NAMES = {
    "windows-31j": "cp932",
    "cswindows31j": "cp932",
    "x-sjis": "cp932",
    "x-euc-jp": "euc_jp",
}
"""Names registered with IANA or written by Japanese tools that Python has no codec for."""
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_MISC = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)


class Utf8Stream:
    """A document read in order as UTF-8 without byte order mark; nothing else is looked at.

    Parameters
    ----------
    file
        The document; closed with the stream.
    name
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is empty, an archive, or in an encoding that is not known.
    """

    def __init__(self, file: io.BufferedReader, name: str) -> None:
        head = file.read(_HEAD_BYTES)
        mark_bytes, codec = encoding_of(head, name)
        self.skipped: int | None = mark_bytes if codec == "utf-8" else None
        """Bytes of the file before the document; None where it is in another encoding."""
        self._file = file
        plain = codec == "utf-8"
        self._decoder = None if plain else codecs.getincrementaldecoder(codec)("strict")
        head = head[mark_bytes:]
        self._waiting = head if self._decoder is None else self._decoder.decode(head).encode()

    def readinto(self, room: memoryview) -> int:
        """Fill some room; less than all of it only at the end of the document.

        Parameters
        ----------
        room
            Bytes to be written.

        Raises
        ------
        UnicodeDecodeError
            If a byte does not fit the encoding.
        """
        filled = 0
        while filled < len(room):
            if self._waiting:
                taken = self._waiting[: len(room) - filled]
                room[filled : filled + len(taken)] = taken
                self._waiting = self._waiting[len(taken) :]
                filled += len(taken)
            elif self._decoder is None:
                count = self._file.readinto(room[filled:])
                if not count:
                    break
                filled += count
            else:
                chunk = self._file.read(_CHUNK_BYTES)
                self._waiting = self._decoder.decode(chunk, final=not chunk).encode()
                if not chunk and not self._waiting:
                    break
        return filled

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def checked_chunks(file: BinaryIO, name: str) -> Iterator[bytes]:
    """Yield a document as UTF-8 without byte order mark, after its prolog was found harmless.

    Parameters
    ----------
    file
        The document.
    name
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is empty, an archive, in another encoding than it says, or declares a document type.
    """
    head = file.read(_PROLOG_BYTES)
    bom_bytes, codec = encoding_of(head, name)
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


def encoding_of(head: bytes, name: str) -> tuple[int, str]:
    """Return the length of the byte order mark and the codec of a document.

    Parameters
    ----------
    head
        Its first bytes.
    name
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is empty, an archive, or in an encoding that is not known.
    """
    if not head.strip():
        raise SourceError("is empty", source=name, hint="fetch the file again")
    if head.startswith(_ARCHIVES):
        raise SourceError(
            "is an archive, not XML",
            source=name,
            hint="unpack it; zip and .gz are read in place, if sound",
        )
    for mark, codec in _BOMS:
        if head.startswith(mark):
            return len(mark), codec
    for mark, codec in _UNMARKED_UTF16:
        if head.startswith(mark):
            return 0, codec
    match = _DECLARED.match(head[:_HEAD_BYTES])
    if match is None:
        return 0, "utf-8"
    declared = match[1].decode("ascii")
    try:
        known = _OTHER_NAMES.get(declared.lower(), declared)
        codec = _CODECS[codecs.lookup(known).name]
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
