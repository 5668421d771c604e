"""Damaged documents for the scanner of CityGML, made from samples."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from pathlib import Path

FIRST_WHOLE = 9
"""The first documents are not damaged, so that every kernel is compiled before time is taken."""
_MEMBER = re.compile(rb"<[a-z]*:?cityObjectMember[ >]")
TOKENS = (
    b"<", b">", b"/>", b"</", b"&", b"&#x41;", b"&lt;", b"]]>", b"<!--", b"-->", b"<![CDATA[", b'"', b"'",
    b"\x00", b"\xff", b"\xe3\x81\x82", b"<?x ?>", b" srsName='EPSG:6697'", b" xmlns:gml='u'",
    b" xlink:href='#a'", b" gml:id='a'", b"NaN", b"1e999", b"-", b".", b"12345678901234567890", b" ",
    b"<gml:pos>1 2 3</gml:pos>", b"<bldg:BuildingPart>", b"</bldg:BuildingPart>", b"\r\n", b"e", b"#",
    b" orientation='-'", b"<gml:interior>", b"</gml:interior>", b"<bldg:lod2Solid>", b"0 0 0 ",
)  # fmt: skip


def files_of(samples: list[Path]) -> list[Path]:
    """Files of CityGML among paths, and in those that are folders."""
    return [f for p in samples for f in (sorted(p.rglob("*.gml")) if p.is_dir() else [p])]


def mutated(source: bytes, chance: random.Random) -> bytes:
    """A sample with some damage."""
    data = bytearray(source)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        other = min(len(data), at + chance.choice((1, 2, 5, 30, 400)))
        kind = chance.randrange(6)
        if kind == 0:
            data[at:at] = chance.choice(TOKENS)
        elif kind == 1:
            del data[at:other]
        elif kind == 2:
            data[at:at] = data[at:other]
        elif kind == 3 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 4:
            data[at:other] = chance.choice(TOKENS)
        elif chance.random() < 0.2:
            del data[at:]
        else:
            tags = [k for k in range(at, min(len(data), at + 2000)) if data[k] == ord("<")]
            if len(tags) > 2:
                a, b = sorted(chance.sample(tags, 2))
                data[a:b] = b""
    return bytes(data)


def shortened(source: bytes, largest: int) -> list[bytes]:
    """Documents of about a size with some members of a sample each."""
    if len(source) <= largest:
        return [source]
    first = _MEMBER.search(source)
    if first is None:
        return []
    head, end = source[: first.start()], source.rindex(b"</")
    head = re.sub(rb"<app:appearanceMember>.*</app:appearanceMember>", b"", head, flags=re.DOTALL)
    starts = [found.start() for found in _MEMBER.finditer(source)]
    pieces = []
    for number in range(0, len(starts), max(1, len(starts) // 8)):
        body = b""
        for a, b in zip(starts[number:], [*starts[number + 1 :], end], strict=True):
            if len(head) + len(body) + b - a > largest:
                break
            body += source[a:b]
        if body:
            pieces.append(head + body + source[end:])
    return pieces


def documents(samples: list[Path], corpus: list[Path], largest: int, seed: int) -> Iterator[bytes]:
    """Damaged samples without end; the same ones in every process of a seed.

    What stands in the corpus, damaged already, comes first as it is, and counts as a sample then.
    """
    sources = [piece for path in samples for piece in shortened(path.read_bytes(), largest)]
    yield from sources[: FIRST_WHOLE + 1]
    known = [path.read_bytes() for path in corpus]
    yield from known
    sources += [content for content in known if content]
    number = seed
    while True:
        chance = random.Random(number)
        yield mutated(chance.choice(sources), chance)
        number += 1
