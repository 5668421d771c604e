"""Zip archives for tests, written byte by byte where the library would not write them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib


def zipped(members, method=zipfile.ZIP_DEFLATED):
    """An archive of names (or ready-made infos) and contents."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def entry(raw_name, content, **fields):
    """One member with a name of any bytes; other fields as given, whether they are true or not."""
    packed = fields.pop("packed", None)
    method = fields.get("method", 0)
    if packed is None:
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = deflater.compress(content) + deflater.flush() if method == 8 else content
    return {
        "name": raw_name,
        "packed": packed,
        "flags": fields.get("flags", 0),
        "method": method,
        "crc": fields.get("crc", zlib.crc32(content)),
        "size": fields.get("size", len(content)),
        "extra": fields.get("extra", b""),
        "mode": fields.get("mode", 0),
        "offset": fields.get("offset"),
    }


def archive_of(*entries):
    """An archive by the book (APPNOTE 6.3.10), of entries as they are."""
    body, directory = b"", b""
    for e in entries:
        offset = len(body) if e["offset"] is None else e["offset"]
        common = struct.pack(
            "<HHHHHIIIHH", 20, e["flags"], e["method"], 0, 33, e["crc"], len(e["packed"]),
            e["size"], len(e["name"]), len(e["extra"]),
        )  # fmt: skip
        if e["offset"] is None:
            body += b"PK\x03\x04" + common + e["name"] + e["extra"] + e["packed"]
        directory += (
            b"PK\x01\x02" + struct.pack("<H", 3 << 8 | 20) + common
            + struct.pack("<HHHII", 0, 0, 0, e["mode"] << 16, offset) + e["name"] + e["extra"]
        )  # fmt: skip
    end = struct.pack("<HHHHIIH", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def unicode_path(raw_name, name):
    """The extra field of Info-ZIP with a name in UTF-8."""
    field = b"\x01" + struct.pack("<I", zlib.crc32(raw_name)) + name.encode("utf-8")
    return struct.pack("<HH", 0x7075, len(field)) + field
