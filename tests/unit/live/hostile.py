"""What a hostile or broken sender does to a payload, whatever its format."""

from __future__ import annotations

import gzip
import io
import zipfile

from tests.unit.live.good_payloads import Good

_ENTITIES = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
_LAUGHS = (
    b"<!DOCTYPE a ["
    + b'<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (k, b"&l%d;" % (k - 1) * 10) for k in range(1, 10))
    + b"]>"
)


def archive(content: bytes) -> bytes:
    """A zip archive with one file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("../../escaped.json", content)
    return buffer.getvalue()


_BOMBS = {
    "a bomb in gzip": gzip.compress(bytes(20_000_000)),
    "a bomb in zip": archive(bytes(20_000_000)),
}


def refused(good: Good) -> dict[str, bytes]:
    """Payloads of which nothing may be believed, by what is wrong with them."""
    raw = good.content
    found = {
        "empty": b"",
        "blank": b" \r\n\t ",
        "zeros": bytes(4096),
        "noise": bytes(range(256)) * 16,
        "another kind of file": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
        "a page of a gateway": b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        **_BOMBS,
        "the payload in gzip, unasked for": gzip.compress(raw),
    }
    if good.syntax == "json":
        found |= {
            "cut": raw[: len(raw) // 2],
            "in UTF-16": raw.decode().encode("utf-16"),
            "bytes that are no UTF-8": raw[:-2] + b"\xff\xfe" + raw[-2:],
            "NaN": _first_number(raw, b"NaN"),
            "Infinity": _first_number(raw, b"-Infinity"),
            "a number beyond all": _first_number(raw, b"1e999"),
            "a number of ten thousand digits": _first_number(raw, b"9" * 10_000),
            "a key twice": raw.replace(b"{", b'{"twice": 1, "twice": 2, ', 1),
            "deep arrays": b"[" * 200_000 + b"]" * 200_000,
            "deep objects": b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
            "two documents": raw + raw,
        }
    if good.syntax == "xml":
        head, mark, rest = raw.partition(b"?>") if b"?>" in raw[:100] else (b"", b"", raw)
        found |= {
            "cut": raw[: len(raw) // 2],
            "an external entity": head + mark + _ENTITIES + rest,
            "a billion laughs": head + mark + _LAUGHS + rest,
            "deep elements": b"<a>" * 200_000,
            "a million attributes": b"<a "
            + b" ".join(b'a%d="1"' % k for k in range(100_000))
            + b"/>",
            "an encoding that lies": raw.replace(b"UTF-8", b"UTF-16", 1)
            if b"UTF-8" in raw
            else b'<?xml version="1.0" encoding="UTF-16"?>' + raw,
            "a byte that is no text": raw.replace(b"</", b"\x00</", 1),
        }
    if good.syntax == "binary":
        found["cut"] = raw[: len(raw) // 3]
        found["a text in its place"] = b'{"rain": 4.5}'
    return found


def _first_number(raw: bytes, new: bytes) -> bytes:
    """Another number in the place of the first one behind a colon."""
    for at in range(len(raw)):
        if raw[at : at + 2] == b": " and raw[at + 2 : at + 3].isdigit():
            end = at + 2
            while raw[end : end + 1] in b"0123456789.-" and end < len(raw):
                end += 1
            return raw[: at + 2] + new + raw[end:]
    for at in range(len(raw)):
        if raw[at : at + 1] == b"[" and raw[at + 1 : at + 2].isdigit():
            end = at + 1
            while raw[end : end + 1] in b"0123456789.-" and end < len(raw):
                end += 1
            return raw[: at + 1] + new + raw[end:]
    return raw[:1] + b'"x": ' * (raw[:1] == b"{") + new + b", " + raw[1:]
