"""Names of members of zip archives: their encoding, and which of them are no names of files."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zipfile
import zlib

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_DRIVE = re.compile(r"[A-Za-z]:")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 4096
_NO_CHARACTERS = frozenset("\x80\uf8f0\uf8f1\uf8f2\uf8f3")
"""What Python makes of bytes that code page 932 leaves free."""


def raw_name(info: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a name as they stand in the archive.

    Parameters
    ----------
    info
        The member, as the library lists it: every byte of a name without the flag for UTF-8 is a
        character of code page 437 there.
    """
    return info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8_FLAG else "cp437")


def name_of(info: zipfile.ZipInfo) -> str:
    """Return the name of a member.

    In UTF-8 where a flag says so; else as the extra field 0x7075 of Info-ZIP has it; else the
    bytes, if they are UTF-8; else as Japanese Windows writes it (code page 932); else code page
    437, the original one (APPNOTE 6.3.10, appendix D). Composed characters (NFC): macOS takes them
    apart.

    Parameters
    ----------
    info
        The member.
    """
    if info.orig_filename.isascii() and not info.extra:
        return info.orig_filename.replace("\\", "/")
    raw = raw_name(info)
    if info.flag_bits & _UTF8_FLAG:
        name = raw.decode("utf-8")
    else:
        name = _from_extra(info.extra, raw) or _guessed(raw)
    return unicodedata.normalize("NFC", name.replace("\\", "/"))


def _from_extra(extra: bytes, raw: bytes) -> str | None:
    """Name in the extra field for Unicode; it holds only for the name whose checksum it carries."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<HH", extra)
        field, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and len(field) > 5 and field[0] == 1:
            if struct.unpack_from("<I", field, 1)[0] != zlib.crc32(raw):
                return None
            try:
                return field[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _guessed(raw: bytes) -> str:
    for codec in ("utf-8", "cp932"):
        try:
            name = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        if not _NO_CHARACTERS.intersection(name):
            return name
    return raw.decode("cp437")


def fault_of(name: str, info: zipfile.ZipInfo) -> str | None:
    """Return why a member is no file or folder of an archive; None where it is one.

    Parameters
    ----------
    name
        From :func:`name_of`.
    info
        The member.
    """
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind == stat.S_IFLNK:
        return "is a symbolic link"
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is no file"
    if _CONTROL.search(name):
        return "has control characters in its name"
    if len(name) > _LONGEST:
        return f"has a name of {len(name)} characters"
    if name.startswith("/") or _DRIVE.match(name):
        return "has an absolute path"
    if ".." in name.split("/"):
        return "leads out of the archive"
    return None


def without_dots(name: str) -> str:
    """Return a name without empty parts, ``.`` and the slash at its end.

    Parameters
    ----------
    name
        Name without fault.
    """
    if "//" not in name and "./" not in name and not name.endswith(("/", ".")):
        return name
    return "/".join(part for part in name.split("/") if part not in ("", "."))
