"""Files that must be refused whole, and names gone wrong: code lists elsewhere, ids twice."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import gml_documents as gml
import malformed_city as city
from malformed_faults import Case, Change, first

WELL = "well-formed|breaks off|no root"


def cut(share: float, text: str) -> bytes:
    """The first part of the file."""
    return text.encode()[: int(len(text) * share)]


def cut_behind(mark: str, text: str) -> str:
    """The file up to some text and with it."""
    head, found, _ = text.partition(mark)
    assert found
    return head + found


def entities(levels: int, times: int) -> str:
    """A declaration of entities that grow by a factor with each level."""
    rows = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * times}">' for n in range(levels))
    return f'<!DOCTYPE x [<!ENTITY e0 "0123456789">{rows}]>'


def with_dtd(declaration: str, use: str = "") -> Change:
    """The city with a document type declaration, and one coordinate that uses it."""

    def change(text: str) -> str:
        text = text.replace("?>\n", f"?>\n{declaration}\n", 1)
        return text.replace(" 105.000000", f" {use}", 1) if use else text

    return change


DTD = "DTD"
REFUSED: dict[str, Case] = {
    **{f"cut off after {share:.0%}": Case("refused", WELL, partial(cut, share)) for share in (0.02, 0.2, 0.5, 0.8, 0.97, 0.999)},
    "cut in a tag": Case("refused", WELL, partial(cut_behind, "<gml:posLi")),
    "cut in an attribute": Case("refused", WELL, partial(cut_behind, 'gml:id="lo')),
    "cut in a comment": Case("refused", WELL, lambda t: t.replace("<core:cityObjectMember>", "<!-- <core:cityObjectMember>", 1)),
    "cut in a cdata section": Case("refused", WELL, lambda t: t.replace("<gml:posList>", "<gml:posList><![CDATA[", 1)),
    "cut in a character": Case("refused", f"{WELL}|does not fit", lambda t: cut_behind('gml:id="low', t).encode() + b"\xe8\xa1"),
    "cut in a utf-16 character": Case("refused", f"{WELL}|does not fit", lambda t: t.replace('"UTF-8"', '"UTF-16"').encode("utf-16")[:-1]),
    "tag never closed": Case("refused", WELL, first("</bldg:Building>", "")),
    "tag closed by another": Case("refused", WELL, first("</bldg:Building>", "</bldg:BuildingPart>")),
    "tags crossed": Case("refused", WELL, first("</gml:Solid></bldg:lod1Solid>", "</bldg:lod1Solid></gml:Solid>")),
    "two roots": Case("refused", WELL, lambda t: t + t.partition("\n")[2]),
    "text behind the root": Case("refused", WELL, lambda t: t + "x"),
    "text before the root": Case("refused", f"{WELL}|not XML", lambda t: "x" + t),
    "attribute twice": Case("refused", WELL, first('gml:id="low"', 'gml:id="low" gml:id="low"')),
    "attribute without quotes": Case("refused", WELL, first('gml:id="low"', "gml:id=low")),
    "attribute without value": Case("refused", WELL, first('gml:id="low"', "gml:id")),
    "bare ampersand": Case("refused", WELL, first('gml:id="low">', 'gml:id="low"><gml:name>A & B</gml:name>')),
    "bare less-than": Case("refused", WELL, first('gml:id="low">', 'gml:id="low"><gml:name>a < b</gml:name>')),
    "end of cdata in text": Case("refused", WELL, first('gml:id="low">', 'gml:id="low"><gml:name>]]></gml:name>')),
    "two hyphens in a comment": Case("refused", WELL, first('gml:id="low">', 'gml:id="low"><!-- a -- b -->')),
    "prefix never declared": Case("refused", f"{WELL}|namespace", first('gml:id="low">', 'gml:id="low"><zzz:a/>')),
    "entity never declared": Case("refused", WELL, first(" 105.000000", " &nbsp;")),
    "reference to no character": Case("refused", WELL, first(" 105.000000", " &#0;")),
    "reference beyond unicode": Case("refused", WELL, first(" 105.000000", " &#x110000;")),
    "null byte": Case("refused", WELL, first("gml:Polygon", "gml:Poly\0gon")),
    "control character": Case("refused", WELL, first(" 105.000000", " 105\x01.0")),
    "not a character": Case("refused", WELL, first('gml:id="low">', 'gml:id="low"><gml:name>\ufffe</gml:name>')),
    "shift_jis called utf-8": Case("refused", f"{WELL}|does not fit|ncod", lambda t: first('"low">', '"low"><gml:name>表参道</gml:name>')(t).encode("cp932")),
    "utf-8 called shift_jis": Case("refused", f"{WELL}|does not fit", lambda t: first('"low">', '"low"><gml:name>あ</gml:name>')(t).replace('"UTF-8"', '"Shift_JIS"').encode()),
    "utf-8 called utf-16": Case("refused", f"{WELL}|does not fit|ncod", lambda t: t.replace('"UTF-8"', '"UTF-16"')),
    "utf-7": Case("refused", "encoding", lambda t: t.replace('"UTF-8"', '"UTF-7"')),
    "ebcdic": Case("refused", f"{WELL}|not XML|encoding", lambda t: t.encode("cp500")),
    "encoding of no name": Case("refused", "encoding", lambda t: t.replace('"UTF-8"', '"x-klingon"')),
    "empty": Case("refused", "empty", lambda t: b""),
    "mark alone": Case("refused", f"empty|{WELL}", lambda t: b"\xef\xbb\xbf"),
    "blank": Case("refused", "empty", lambda t: " \r\n\t "),
    "zeros": Case("refused", f"empty|not XML|{WELL}", lambda t: bytes(5000)),
    "a table": Case("refused", "not XML", lambda t: "id,height\n1,2\n"),
    "json": Case("refused", "not XML", lambda t: '{"type": "CityJSON"}'),
    "a picture": Case("refused", "not XML|does not fit", lambda t: b"\x89PNG\r\n\x1a\n" + bytes(200)),
    "a page": Case("refused", DTD, lambda t: "<!DOCTYPE html><html><body>404</body></html>"),
    "an error of a server": Case("refused", "not CityGML", lambda t: "<ows:ExceptionReport xmlns:ows='http://www.opengis.net/ows'/>"),
    "a track": Case("refused", "not CityGML", lambda t: "<gpx><wpt/></gpx>"),
    "pointer of git": Case("refused", "not XML", lambda t: "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n"),
    "billion laughs": Case("refused", DTD, with_dtd(entities(30, 10), "&e30;")),
    "quadratic blow-up": Case("refused", DTD, with_dtd(f'<!DOCTYPE x [<!ENTITY e "{"1" * 100_000}">]>', "&e;" * 1000)),
    "entities not used": Case("refused", DTD, with_dtd(entities(2, 2))),
    "recursive entity": Case("refused", DTD, with_dtd('<!DOCTYPE x [<!ENTITY e "&e;">]>', "&e;")),
    "external entity": Case("refused", DTD, with_dtd('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', "&e;")),
    "external entity of the net": Case("refused", DTD, with_dtd('<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:9/x">]>', "&e;")),
    "external subset": Case("refused", DTD, with_dtd('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">')),
    "public subset": Case("refused", DTD, with_dtd('<!DOCTYPE x PUBLIC "-//X//Y" "x.dtd">')),
    "parameter entities": Case("refused", DTD, with_dtd('<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>')),
    "defaults of attributes": Case("refused", DTD, with_dtd('<!DOCTYPE x [<!ATTLIST gml:posList srsDimension CDATA "2">]>')),
    "bomb in utf-16": Case("refused", DTD, lambda t: with_dtd(entities(30, 10), "&e30;")(t.replace('"UTF-8"', '"UTF-16"')).encode("utf-16")),
    "bomb in shift_jis": Case("refused", DTD, lambda t: with_dtd(entities(30, 10), "&e30;")(t.replace('"UTF-8"', '"Shift_JIS"')).encode("cp932")),
    "bomb behind a comment": Case("refused", DTD, with_dtd(f"<!--{'x' * 600_000}-->{entities(30, 10)}", "&e30;")),
    "bomb behind instructions": Case("refused", DTD, with_dtd("<?x y?>" * 1000 + entities(30, 10), "&e30;")),
    "endless prolog": Case("refused", "prolog", lambda t: t.replace("?>\n", f"?>\n<!--{'x' * 3_000_000}-->", 1)),
    "a hundred thousand levels": Case("refused", WELL, first('"low">', '"low">' + "<gml:a>" * 100_000 + "</gml:a>" * 100_000)),
    "a hundred thousand open tags": Case("refused", WELL, first('"low">', '"low">' + "<gml:a>" * 100_000)),
}  # fmt: skip


USAGE = '<bldg:usage codeSpace="{}">401</bldg:usage>'
LISTS: dict[str, Case] = {
    name: Case("repaired" if code else "ok", code, first('gml:id="low">', 'gml:id="low">' + USAGE.format(path)))
    for name, (path, code) in {
        "climbing out": ("../../../../../../../../etc/passwd", "code-list-outside"),
        "back slashes": ("..\\..\\..\\..\\..\\..\\etc\\passwd", "code-list-outside"),
        "absolute": ("/etc/passwd", "code-list-outside"),
        "share": ("//host/share/x.xml", "code-list-outside"),
        "link out of the data set": ("../../codelists/link.xml", "code-list-outside"),
        "no list": ("../../codelists/text.xml", "code-list-unreadable"),
        "a bomb": ("../../codelists/bomb.xml", "code-list-unreadable"),
        "file": ("file:///etc/passwd", ""),
        "http": ("http://127.0.0.1:9/x.xml", ""),
        "ftp": ("ftp://127.0.0.1:9/x.xml", ""),
        "percent coded": ("%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd", ""),
        "missing": ("../../codelists/none.xml", ""),
        "a folder": ("../../codelists", ""),
        "empty": ("", ""),
        "a long name": ("x" * 100_000, ""),
    }.items()
}  # fmt: skip
"""The raw code is kept, whatever it is said to be explained by."""

LOW = gml.building(
    f"<bldg:lod1Solid>{gml.solid(*(gml.polygon(r[0]) for _, r in city.low()))}</bldg:lod1Solid>",
    "low",
)


def again(change: Callable[[str], str] = str) -> Change:
    """The low block a second time."""
    member = f"<core:cityObjectMember>{LOW}</core:cityObjectMember>"

    def changed(text: str) -> str:
        assert member in text
        return text.replace(member, member + change(member))

    return changed


NAMES: dict[str, Case] = {
    "the same building twice": Case("repaired", "duplicate", again()),
    "the same building three times": Case("repaired", "duplicate", again(lambda m: m + m)),
    "the same building under another id": Case("ok", "", again(lambda m: m.replace('"low"', '"low2"'))),
    "another building of one id": Case("repaired", "duplicate-id", again(lambda m: m.replace("105.000000", "104.000000"))),
    "no id": Case("ok", "", first(' gml:id="low"', "")),
    "no id in any": Case("ok", "", lambda t: re.sub(r' gml:id="(low|court|outline)"', "", t)),
    "an empty id": Case("ok", "", first('gml:id="low"', 'gml:id=""')),
    "a long id": Case("ok", "", first('gml:id="low"', f'gml:id="{"x" * 2_000_000}"')),
    "an id of blanks and quotes": Case("ok", "", first('gml:id="low"', 'gml:id=" &quot;../../x&#10; "')),
    "an id of another case": Case("ok", "", first('gml:id="court"', 'gml:id="LOW"')),
    "a polygon called as the building": Case("ok", "", first('gml:id="low"><bldg:lod1Solid><gml:Solid>', 'gml:id="low"><bldg:lod1Solid><gml:Solid gml:id="low">')),
    "a building in a building": Case("ok", "", first('gml:id="low">', 'gml:id="low"><bldg:interiorRoom><bldg:Room gml:id="r"/></bldg:interiorRoom>')),
}  # fmt: skip
