"""Spellings of one city in CityGML that mean the same, and files that are no CityGML at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

NAME = "<gml:name>表参道ヒルズ</gml:name>"
POS_LIST = re.compile(r"<gml:posList>(.*?)</gml:posList>")
Change = Callable[[str], str | bytes]


def with_name(text: str) -> str:
    """Japanese text and nothing else beyond ASCII."""
    return text.replace('gml:id="court">', f'gml:id="court">{NAME}')


def recoded(codec: str, declared: str, text: str) -> bytes:
    """The city in another encoding."""
    return with_name(text).replace('"UTF-8"', f'"{declared}"').encode(codec)


def each_vertex(form: str, text: str) -> str:
    """One element per vertex."""

    def replace(found: re.Match[str]) -> str:
        v = found[1].split()
        return "".join(form.format(*v[i : i + 3]) for i in range(0, len(v), 3))

    return POS_LIST.sub(replace, text)


def coordinates(decimal: str, comma: str, space: str, text: str) -> str:
    """The gml:coordinates of GML 2."""

    def replace(found: re.Match[str]) -> str:
        v = [value.replace(".", decimal) for value in found[1].split()]
        rows = space.join(comma.join(v[i : i + 3]) for i in range(0, len(v), 3))
        return f'<gml:coordinates decimal="{decimal}" cs="{comma}" ts="{space}">{rows}</gml:coordinates>'

    return POS_LIST.sub(replace, text)


def in_pos_list(change: Callable[[str], str], text: str) -> str:
    """Every list of coordinates written in another way."""
    return POS_LIST.sub(lambda m: f"<gml:posList>{change(m[1])}</gml:posList>", text)


def swap(*pairs: str) -> Change:
    """Replacements, one after the other: old, new, old, new."""

    def change(text: str) -> str:
        for old, new in zip(pairs[::2], pairs[1::2], strict=True):
            assert old in text, old
            text = text.replace(old, new)
        return text

    return change


def wrapped(before: str, after: str) -> Change:
    """Surfaces inside something else that says the same."""
    return lambda text: re.sub(
        r"(<gml:CompositeSurface>.*?</gml:CompositeSurface>)", rf"{before}\1{after}", text
    )


def as_patches(text: str) -> str:
    """Polygons of the blocks as patches of a surface."""
    return re.sub(
        r"<gml:Polygon>(.*?)</gml:Polygon>",
        r"<gml:Surface><gml:patches><gml:PolygonPatch>\1</gml:PolygonPatch></gml:patches></gml:Surface>",
        text,
    )


def one_members(text: str) -> str:
    """Surfaces of each block in one surfaceMembers."""
    head, mark, tail = text.partition('gml:id="court"')
    tail = tail.replace("</gml:surfaceMember><gml:surfaceMember>", "")
    return head + mark + tail.replace("gml:surfaceMember>", "gml:surfaceMembers>")


def gml2_rings(text: str) -> str:
    """Rings of GML 2: outerBoundaryIs and innerBoundaryIs."""
    for new, old in (("outer", "exterior"), ("inner", "interior")):
        text = re.sub(rf"<gml:{old}>(<gml:LinearRing>.*?</gml:LinearRing>)</gml:{old}>",
                      rf"<gml:{new}BoundaryIs>\1</gml:{new}BoundaryIs>", text)  # fmt: skip
    return text


def namespace_below(text: str) -> str:
    """Namespaces declared at every member instead of at the root."""
    declared = re.findall(r' xmlns:(?:bldg|gml|xlink|con)="[^"]*"', text)
    head, mark, tail = text.partition("<core:cityObjectMember>")
    here = "".join(declared)
    for one in declared:
        head = head.replace(one, "", 1)
    head = head.replace("<gml:boundedBy>", f"<gml:boundedBy{here}>")
    return head + (mark + tail).replace("<core:cityObjectMember>", f"<core:cityObjectMember{here}>")


SAME: dict[str, Change] = {
    "utf-8 with mark": lambda t: b"\xef\xbb\xbf" + t.encode(),
    "utf-16": partial(recoded, "utf-16", "UTF-16"),
    "utf-16 big end, no mark": partial(recoded, "utf-16-be", "UTF-16"),
    "utf-16 little end, no mark": partial(recoded, "utf-16-le", "UTF-16LE"),
    "utf-32": partial(recoded, "utf-32", "UTF-32"),
    "shift_jis": partial(recoded, "shift_jis", "Shift_JIS"),
    "windows-31j": partial(recoded, "cp932", "Windows-31J"),
    "shift_jis that is windows-31j": lambda t: recoded("cp932", "Shift_JIS", t.replace('gml:id="low"', 'gml:id="low①"')),
    "euc-jp": partial(recoded, "euc_jp", "EUC-JP"),
    "latin-1": lambda t: t.replace('"UTF-8"', '"ISO-8859-1"').encode("latin-1"),
    "us-ascii with references": lambda t: with_name(t).replace('"UTF-8"', '"US-ASCII"').encode("ascii", "xmlcharrefreplace"),
    "x-sjis": partial(recoded, "cp932", "x-sjis"),
    "no declaration": lambda t: t.partition("\n")[2],
    "declaration in apostrophes": lambda t: t.replace('version="1.0" encoding="UTF-8"', "version='1.0' encoding='utf-8' standalone='yes'"),
    "declared in small letters": lambda t: t.replace('"UTF-8"', '"utf-8"'),
    "one line": lambda t: t.replace("\n", " "),
    "carriage returns": lambda t: t.replace("><", ">\r\n\t<"),
    "old macintosh": lambda t: t.replace("><", ">\r<"),
    "spaces in tags": lambda t: re.sub(r"(<[^!?][^>]*[^/?>])>", "\\1 \n >", t),
    "apostrophes": lambda t: re.sub(r'="([^"]*)"', r"='\1'", t),
    "comments between": lambda t: t.replace("<gml:Polygon", "<!-- <gml:Polygon> & ]]> --><gml:Polygon"),
    "comment before the root": lambda t: t.replace("?>\n", "?>\n<!-- made by hand -->\n"),
    "comment behind the root": lambda t: t + "\n<!-- end -->\n",
    "comments in coordinates": lambda t: in_pos_list(lambda v: v.replace(" ", " <!-- 1 2 3 -->", 2), t),
    "comment inside a number": lambda t: in_pos_list(lambda v: v.replace(".", "<!-- x -->.", 1), t),
    "instructions": lambda t: t.replace("<gml:Polygon", "<?x y?><gml:Polygon").replace(" 101.", " <?z?>101."),
    "cdata": lambda t: in_pos_list(lambda v: f"<![CDATA[{v}]]>", t),
    "half cdata": lambda t: in_pos_list(lambda v: f"<![CDATA[{v[:20]}]]>{v[20:]}", t),
    "decimal references": lambda t: in_pos_list(lambda v: v.replace("1", "&#49;"), t),
    "hexadecimal references": lambda t: in_pos_list(lambda v: v.replace("3", "&#x33;").replace(" ", "&#x20;"), t),
    "entities in texts": lambda t: t.replace('gml:id="low">', 'gml:id="low"><gml:name>&lt;&amp;&gt;&quot;&apos;</gml:name>'),
    "other prefixes": lambda t: re.sub(r"\b(bldg|gml|core|con|xlink)(?=:)", r"x\1", t).replace("xmlns:bldg", "xmlns:xbldg").replace("xmlns:gml", "xmlns:xgml").replace("xmlns:core", "xmlns:xcore").replace("xmlns:con", "xmlns:xcon").replace("xmlns:xlink", "xmlns:xxlink"),
    "japanese prefix": lambda t: t.replace("gml:", "測:").replace("xmlns:gml", "xmlns:測"),
    "core is the default": lambda t: t.replace("core:", "").replace("xmlns:core", "xmlns"),
    "gml is the default": lambda t: re.sub(r"(</?)gml:", r"\1", t).replace("<core:CityModel", '<core:CityModel xmlns="' + re.search(r'xmlns:gml="([^"]*)"', t)[1] + '"'),
    "namespaces at the members": namespace_below,
    "schema locations": lambda t: t.replace("<core:CityModel", '<core:CityModel xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://x http://x/y.xsd"'),
    "elements of a stranger": lambda t: t.replace('gml:id="low">', 'gml:id="low"><q:a xmlns:q="urn:q"><q:Building><q:lod1Solid>1 2 3</q:lod1Solid></q:Building></q:a>'),
    "attributes of a stranger": lambda t: t.replace("<gml:Polygon", '<gml:Polygon xmlns:q="urn:q" q:srsDimension="7" note="&lt;x&gt;"'),
    "feature members": swap("core:cityObjectMember", "gml:featureMember"),
    "one member holds all": lambda t: t.replace("</core:cityObjectMember><core:cityObjectMember>", "").replace("core:cityObjectMember", "gml:featureMembers"),
    "gml:pos": partial(each_vertex, "<gml:pos>{} {} {}</gml:pos>"),
    "gml:pos with a dimension": partial(each_vertex, '<gml:pos srsDimension="3">{} {} {}</gml:pos>'),
    "gml:coordinates": partial(coordinates, ".", ",", " "),
    "gml:coordinates, decimal commas": partial(coordinates, ",", ";", " "),
    "gml:coordinates, bars": partial(coordinates, ".", ":", "|"),
    "dimension of the list": lambda t: t.replace("<gml:posList>", '<gml:posList srsDimension="3">'),
    "count of the list": lambda t: t.replace("<gml:posList>", '<gml:posList count="5">'),
    "spread over lines": lambda t: in_pos_list(lambda v: "\n\t  " + v.replace(" ", "\r\n\t") + "  \n", t),
    "exponents": lambda t: in_pos_list(lambda v: v.replace("101.000000", "1.01e2").replace("112.000000", "1120E-1"), t),
    "plus signs and zeros": lambda t: in_pos_list(lambda v: re.sub(r"\b(\d+\.\d+)", r"+00\g<1>000", v), t),
    "no digits behind the point": lambda t: in_pos_list(lambda v: v.replace("101.000000", "101.").replace("112.000000", "112"), t),
    "forty digits": lambda t: in_pos_list(lambda v: re.sub(r"(\.\d+)", r"\g<1>" + "0" * 40, v), t),
    "patches": as_patches,
    "composite in composite": wrapped("<gml:CompositeSurface><gml:surfaceMember>", "</gml:surfaceMember></gml:CompositeSurface>"),
    "turned": wrapped('<gml:OrientableSurface orientation="-"><gml:baseSurface>', "</gml:baseSurface></gml:OrientableSurface>"),
    "surface members": one_members,
    "rings of gml 2": gml2_rings,
    "shells of gml 3.2": wrapped("<gml:Shell><gml:surfaceMember>", "</gml:surfaceMember></gml:Shell>"),
    "solid in a composite": lambda t: re.sub(r"(<gml:Solid>.*?</gml:Solid>)", r"<gml:CompositeSolid><gml:solidMember>\1</gml:solidMember></gml:CompositeSolid>", t),
    "solid in a multi solid": lambda t: re.sub(r"(<gml:Solid>.*?</gml:Solid>)", r"<gml:MultiSolid><gml:solidMember>\1</gml:solidMember></gml:MultiSolid>", t),
    "long text": lambda t: t.replace('gml:id="low">', f'gml:id="low"><gml:description>{"長い " * 350_000}</gml:description>'),
    "long attribute": lambda t: t.replace("<gml:Polygon>", f'<gml:Polygon note="{"x" * 2_000_000}">', 1),
    "five thousand attributes": lambda t: t.replace("<gml:Polygon>", "<gml:Polygon " + " ".join(f'a{n}="1"' for n in range(5000)) + ">", 1),
    "thousands of spaces": lambda t: in_pos_list(lambda v: v.replace(" ", " " * 3000, 1), t),
    "fifteen hundred levels": lambda t: t.replace('gml:id="low">', 'gml:id="low">' + "<gml:metaDataProperty>" * 1500 + "</gml:metaDataProperty>" * 1500),
}  # fmt: skip
"""Changes after which not one bit of the grids may differ."""
