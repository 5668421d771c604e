"""Damage to one building of the city in CityGML, and the verdict that it must get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import gml_documents as gml
import malformed_city as city

Change = Callable[[str], str | bytes]
Verdict = Literal["ok", "repaired", "partly", "refused"]


@dataclass(frozen=True)
class Case:
    """One way of being wrong.

    ``ok`` and ``repaired`` must give the grids of the sound city; ``repaired`` and ``partly`` must
    be told; ``partly`` may change cells of the damaged building alone; ``refused`` gives nothing.
    """

    verdict: Verdict
    said: str
    """Pattern of a code (of the table of defects) or, of what is refused, of the message."""
    change: Change


LOW = city.low()
GROUND, ROOF, WALL = (gml.posted([*LOW[n][1][0], LOW[n][1][0][0]]) for n in (0, 1, 2))
POLYGON = "<gml:Polygon><gml:exterior><gml:LinearRing><gml:posList>{}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
Z = 105.0
A, B, C, D = LOW[1][1][0]
"""Corners of the roof, from the south-west anticlockwise."""


def of(text: str, make: Callable[[str], str], document: str) -> str:
    """Write a list of coordinates of the low block in another way."""
    assert text in document
    return document.replace(f">{text}<", f">{make(text)}<", 1)


def wall(change: Callable[[str], str]) -> Change:
    """Damage to a wall."""
    return partial(of, WALL, change)


def roof(change: Callable[[str], str]) -> Change:
    """Damage to the roof."""
    return partial(of, ROOF, change)


def roof_ring(*points: tuple[float, float, float]) -> Change:
    """Another ring for the roof."""
    return partial(of, ROOF, lambda _: gml.posted([*points, points[0]]))


def roof_holes(*holes: list[tuple[float, float]]) -> Change:
    """Holes in the roof."""
    rings = "".join(gml.ring([(x, y, Z) for x, y in hole], "interior") for hole in holes)

    def change(document: str) -> str:
        plain = POLYGON.format(ROOF)
        assert plain in document
        return document.replace(plain, plain.replace("</gml:Polygon>", rings + "</gml:Polygon>"), 1)

    return change


def faces(change: Callable[[str, str, str], tuple[str, str, str]]) -> Change:
    """Another ground, roof and wall; an empty text leaves the face out."""

    def replaced(document: str) -> str:
        old = [
            f"<gml:surfaceMember>{POLYGON.format(t)}</gml:surfaceMember>"
            for t in (GROUND, ROOF, WALL)
        ]
        for before, after in zip(old, change(*old), strict=True):
            assert before in document
            document = document.replace(before, after, 1)
        return document

    return replaced


def first(old: str, new: str) -> Callable[[str], str]:
    """Replace what occurs first."""

    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


def vertex(new: str) -> Callable[[str], str]:
    """Replace the second vertex of a list."""
    return lambda text: " ".join([*text.split()[:3], new, *text.split()[6:]])


def height(new: str) -> Callable[[str], str]:
    """Replace the height of the second vertex."""
    return lambda text: " ".join([*text.split()[:5], new, *text.split()[6:]])


def square(x0: float, y0: float, x1: float, y1: float) -> list[tuple[float, float]]:
    """Ring from the south-west corner of the roof."""
    return gml.rectangle(A[0] + x0, A[1] + y0, A[0] + x1, A[1] + y1)


NUMBERS = {
    "NaN": ("nan", "NaN"), "nan": ("nan", "nan"), "INF": ("nan", "INF"), "-INF": ("nan", "-INF"),
    "beyond a double": ("nan", "1e999"), "a word": ("text", "hoch"), "decimal comma": ("text", "105,0"),
    "hexadecimal": ("text", "0x69"), "underscore": ("text", "1_05"), "two points": ("text", "105.0.0"),
    "full width": ("text", "１０５"), "arabic digits": ("text", "١٠٥"), "lone sign": ("text", "-"), "lone exponent": ("text", "e5"),
    "no number": ("odd-count", ""), "one too many": ("odd-count", "105 7"),
    "99 999 m": ("spike", "99999"), "-9999": ("spike", "-9999"), "1e300": ("spike", "1e300"), "-1e18": ("spike", "-1e18"),
}  # fmt: skip

COORDINATES: dict[str, Case] = {
    **{f"wall, {name}": Case("repaired", code, wall(height(new))) for name, (code, new) in NUMBERS.items()},
    **{f"roof, {name}": Case("repaired", code, roof(height(new))) for name, (code, new) in NUMBERS.items()},
    "wall, vertex at the origin": Case("repaired", "null-vertex|spike", wall(vertex("0 0 0"))),
    "roof, vertex at the origin": Case("repaired", "null-vertex|spike", roof(vertex("0 0 0"))),
    "wall, vertex 90 km off": Case("repaired", "spike", wall(vertex(f"{city.X0 + 9e4} {city.Y0} 101"))),
    "roof, vertex 3 km off": Case("repaired", "spike", roof(vertex(f"{city.X0} {city.Y0 + 3e3} 105"))),
    "wall, no list": Case("repaired", "101", wall(lambda _: "")),
    "wall, blank list": Case("repaired", "101", wall(lambda _: " \n ")),
    "wall, one vertex": Case("repaired", "101", wall(lambda t: " ".join(t.split()[:3]))),
    "wall, two vertices": Case("repaired", "101", wall(lambda t: " ".join(t.split()[:6]))),
    "wall, one number": Case("repaired", "101|odd-count", wall(lambda _: "1")),
    "wall, all one vertex": Case("repaired", "101", wall(lambda t: " ".join(t.split()[:3] * 5))),
    "roof, no list": Case("repaired", "101", roof(lambda _: "")),
    "wall, no ring": Case("repaired", "101", first(POLYGON.format(WALL), "<gml:Polygon/>")),
    "wall, empty exterior": Case("repaired", "101", first(POLYGON.format(WALL), "<gml:Polygon><gml:exterior/></gml:Polygon>")),
    "wall, nil": Case("repaired", "101", first(f"<gml:posList>{WALL}</gml:posList>", "<gml:posList xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:nil='true'/>")),
    "a hole with a NaN": Case("repaired", "nan", lambda t: roof_holes(square(2, 2, 4, 3))(t).replace("105.000000</gml:posList></gml:LinearRing></gml:interior>", "NaN</gml:posList></gml:LinearRing></gml:interior>", 1)),
}  # fmt: skip

RINGS: dict[str, Case] = {
    "not closed": Case("repaired", "103", roof(lambda t: " ".join(t.split()[:-3]))),
    "clockwise": Case("ok", "307", roof_ring(A, D, C, B)),
    "begun elsewhere": Case("ok", "", roof_ring(C, D, A, B)),
    "a vertex twice": Case("repaired", "102", roof_ring(A, B, B, C, D)),
    "every vertex thrice": Case("repaired", "102", roof_ring(A, A, A, B, B, B, C, C, C, D, D, D)),
    "vertices along an edge": Case("ok", "302", roof_ring(A, (A[0] + 2, A[1], Z), (A[0] + 3, A[1], Z), B, C, D)),
    "a spike outwards": Case("ok", "104", roof_ring(A, B, (B[0] + 3, B[1] - 2, Z), B, C, D)),
    "a spike inwards": Case("ok", "104", roof_ring(A, B, (B[0] - 3, B[1] + 2, Z), B, C, D)),
    "walked twice": Case("partly", "104", roof_ring(A, B, C, D, A, B, C, D)),
    "a bow tie": Case("partly", "104", roof_ring(A, B, D, C)),
    "a loop at a corner": Case("partly", "104", roof_ring(A, B, (C[0] - 2, C[1], Z), (C[0], C[1] - 2, Z), C, D)),
    "touching itself": Case("ok", "104", roof_ring(A, (A[0] + 3, A[1], Z), (A[0] + 3, A[1] + 2, Z), (A[0] + 3, A[1], Z), B, C, D)),
    "a hole outside": Case("repaired", "206", roof_holes(square(12, 1, 14, 3))),
    "a hole over the edge": Case("partly", "201", roof_holes(square(5, 1, 8, 3))),
    "a hole equal to the face": Case("repaired", "202", roof_holes(square(0, 0, 6, 5))),
    "a hole around the face": Case("repaired", "20[16]", roof_holes(square(-3, -3, 9, 8))),
    "two equal holes": Case("partly", "20[127]", roof_holes(square(2, 1, 4, 3), square(2, 1, 4, 3))),
    "a hole in a hole": Case("partly", "207", roof_holes(square(1, 1, 5, 4), square(2, 2, 3, 3))),
    "a hole of no area": Case("repaired", "101|20.|104", roof_holes([square(1, 1, 2, 2)[0], square(1, 1, 2, 2)[2], square(1, 1, 4, 4)[2]])),
    "a hole of one vertex": Case("repaired", "101", roof_holes(square(1, 1, 2, 2)[:1])),
    "a hole of two vertices": Case("repaired", "101", roof_holes(square(1, 1, 2, 2)[:2])),
    "an empty hole": Case("repaired", "101", first(ROOF + "</gml:posList></gml:LinearRing></gml:exterior>", ROOF + "</gml:posList></gml:LinearRing></gml:exterior><gml:interior/>")),
    "a bow tie and a hole": Case("partly", "104", lambda t: roof_ring(A, B, D, C)(roof_holes(square(1, 1, 2, 2))(t))),
    "a hole that touches a corner": Case("partly", "208", roof_holes([square(0, 0, 2, 2)[0], *square(1, 1, 2, 2)[1:3]])),
    "a hole with a spike": Case("partly", "104", roof_holes([*square(1, 1, 3, 3)[:2], (A[0] + 5, A[1] + 4), *square(1, 1, 3, 3)[1:]])),
    "holes that overlap": Case("partly", "201", roof_holes(square(1, 1, 3, 3), square(2, 2, 4, 4))),
    "a thousand holes over the edge": Case("repaired", "201", roof_holes(*[square(5, 0.004 * n, 8, 0.004 * n + 0.5) for n in range(1000)])),
    "a thousand holes in rows": Case("partly", "202", roof_holes(*[square(0.1 * (n % 50) + 0.3, 0.2 * (n // 50) + 0.3, 0.1 * (n % 50) + 0.35, 0.2 * (n // 50) + 0.35) for n in range(1000)], square(0.3, 0.3, 0.35, 0.35))),
    "ten thousand equal holes": Case("repaired", "201", roof_holes(*[square(1, 1, 3, 3)] * 10_000)),
    "bent by a centimetre": Case("partly", "302", roof(height("105.01"))),
    "bent by a metre": Case("partly", "203", roof(height("106.0"))),
    "without a wall": Case("ok", "302", faces(lambda g, r, w: (g, r, ""))),
    "without ground": Case("ok", "302", faces(lambda g, r, w: ("", r, w))),
    "without ground and wall": Case("ok", "302", faces(lambda g, r, w: ("", r, ""))),
    "the roof twice": Case("ok", "303", faces(lambda g, r, w: (g, r + r, w))),
    "everything twice": Case("ok", "303", faces(lambda g, r, w: (g + g, r + r, w + w))),
    "a face of no area": Case("repaired", "101|104", faces(lambda g, r, w: (g, r + f"<gml:surfaceMember>{POLYGON.format(gml.posted([A, B, A]))}</gml:surfaceMember>", w))),
    "a line as a face": Case("ok", "104", faces(lambda g, r, w: (g, r + f"<gml:surfaceMember>{POLYGON.format(gml.posted([A, (A[0] + 1, A[1], Z), B, A]))}</gml:surfaceMember>", w))),
    "inside out": Case("ok", "307", faces(lambda g, r, w: (g, r.replace("<gml:Polygon>", "<gml:OrientableSurface orientation='-'><gml:baseSurface><gml:Polygon>").replace("</gml:Polygon>", "</gml:Polygon></gml:baseSurface></gml:OrientableSurface>"), w))),
}  # fmt: skip


def link(target: str) -> Change:
    """The third surface of the gable linked to by another name."""
    return first('xlink:href="#s4"', f'xlink:href="{target}"')


CIRCLE = "".join(
    f'<gml:surfaceMember><gml:CompositeSurface gml:id="c{a}"><gml:surfaceMember xlink:href="#c{b}"/>'
    "</gml:CompositeSurface></gml:surfaceMember>"
    for a, b in ((1, 2), (2, 3), (3, 1), (4, 4))
)
LINKS: dict[str, Case] = {
    "dangling": Case("repaired", "xlink-dangling", link("#nowhere")),
    "empty fragment": Case("repaired", "xlink", link("#")),
    "empty": Case("repaired", "xlink", link("")),
    "http": Case("repaired", "xlink-remote", link("http://127.0.0.1:9/x.gml#s4")),
    "https": Case("repaired", "xlink-remote", link("https://example.org/x.gml#s4")),
    "ftp": Case("repaired", "xlink-remote", link("ftp://example.org/x.gml#s4")),
    "file": Case("repaired", "xlink-remote", link("file:///etc/passwd#s4")),
    "share": Case("repaired", "xlink-remote", link("\\\\host\\share\\x.gml#s4")),
    "another file": Case("repaired", "xlink-remote", link("other_bldg_25832.gml#s4")),
    "climbing": Case("repaired", "xlink-remote", link("../../../../etc/passwd#s4")),
    "data": Case("repaired", "xlink-remote", link("data:text/xml,x")),
    "xpointer": Case("repaired", "xlink-dangling", link("#xpointer(id('s4'))")),
    "a circle": Case("repaired", "xlink-cyclic", first("<gml:CompositeSurface>", "<gml:CompositeSurface>" + CIRCLE)),
    "a building": Case("repaired", "xlink", first("<gml:CompositeSurface>", '<gml:CompositeSurface><gml:surfaceMember xlink:href="#court"/>')),
    "ten thousand": Case("repaired", "xlink-dangling", first("<gml:CompositeSurface>", "<gml:CompositeSurface>" + '<gml:surfaceMember xlink:href="#x"/>' * 10_000)),
}  # fmt: skip
