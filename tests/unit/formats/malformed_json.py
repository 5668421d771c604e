"""Damage to the city in CityJSON, and the verdict that each must get."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import malformed_city as city
from malformed_faults import Verdict

Root = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One way of being wrong, as in `malformed_faults.Case`."""

    verdict: Verdict
    said: str
    make: Callable[[Root], Root | list | str | bytes | None]
    """Changes the document, or returns another."""


def written(case: Case) -> bytes:
    """The damaged document."""
    root = copy.deepcopy(city.cityjson())
    made = case.make(root)
    content = root if made is None else made
    if isinstance(content, bytes):
        return content
    return (content if isinstance(content, str) else json.dumps(content)).encode(
        "utf-8", "surrogatepass"
    )


def put(*path: Any, value: Any) -> Callable[[Root], None]:
    """Set what stands at a path."""

    def make(root: Root) -> None:
        place: Any = root
        for step in path[:-1]:
            place = place[step]
        place[path[-1]] = value

    return make


def drop(*path: Any) -> Callable[[Root], None]:
    """Remove what stands at a path."""

    def make(root: Root) -> None:
        place: Any = root
        for step in path[:-1]:
            place = place[step]
        del place[path[-1]]

    return make


def text(old: str, new: str) -> Callable[[Root], str]:
    """Replace in the written document what occurs first."""

    def make(root: Root) -> str:
        content = json.dumps(root)
        assert old in content
        return content.replace(old, new, 1)

    return make


def stray(vertex: list[Any]) -> Callable[[Root], None]:
    """A wall of the low block reaches a vertex of its own."""

    def make(root: Root) -> None:
        root["vertices"].append(vertex)
        root["CityObjects"]["low"]["geometry"][0]["boundaries"][0][2][0][1] = (
            len(root["vertices"]) - 1
        )

    return make


def child(**other: Any) -> Callable[[Root], None]:
    """The low block as a part of a building, which may be changed."""

    def make(root: Root) -> None:
        low = root["CityObjects"].pop("low")
        root["CityObjects"]["low"] = {**low, "type": "BuildingPart", "parents": ["whole"]}
        root["CityObjects"]["whole"] = {"type": "Building", "children": ["low"], "geometry": []}
        for name, value in other.items():
            root["CityObjects"][name] = {**root["CityObjects"].get(name, {}), **value}

    return make


SHELL = ("CityObjects", "low", "geometry", 0, "boundaries", 0)
WALL, ROOF = (*SHELL, 2, 0), (*SHELL, 1, 0)
LOW = ("CityObjects", "low", "geometry", 0)

INDICES: dict[str, Case] = {
    f"{place}, {name}": Case("repaired", "index|bad-index|101|boundary", put(*ring, 1, value=value))
    for place, ring in (("wall", WALL), ("roof", ROOF))
    for name, value in {
        "out of range": 10_000, "negative": -1, "far negative": -(10**6), "of 64 bits": 2**63, "of 400 digits": 10**400,
        "a fraction": 1.5, "a truth": True, "a text": "1", "nothing": None, "a list": [1], "an object": {"a": 1},
    }.items()
}  # fmt: skip

RINGS: dict[str, Case] = {
    "wall, empty": Case("repaired", "101", put(*WALL, value=[])),
    "wall, two": Case("repaired", "101", put(*WALL, value=[0, 1])),
    "wall, no rings": Case("repaired", "101", put(*WALL[:-1], value=[])),
    "wall, a number": Case("repaired", "101|boundary|index", put(*WALL[:-1], value=7)),
    "wall, nothing": Case("repaired", "101|boundary|index", put(*WALL[:-1], value=None)),
    "wall, too deep": Case("repaired", "101|boundary|index", put(*WALL, value=[[[0, 1, 2]]])),
    "wall, a vertex twice": Case("repaired", "102", lambda r: put(*WALL, 1, value=r["CityObjects"]["low"]["geometry"][0]["boundaries"][0][2][0][0])(r)),
    "wall, at the origin of the transform": Case("ok", "", stray([42100 + 3000, 100, 103000])),
    "wall, 100 km up": Case("repaired", "spike", stray([42100, 100, 99_999_000])),
    "wall, 3 000 km off": Case("repaired", "spike", stray([3 * 10**9, 100, 103000])),
    "wall, huge": Case("repaired", "spike|nan", stray([1e300, 100, 103000])),
    "wall, infinite": Case("repaired", "spike|nan", stray([float("inf"), 100, 103000])),
    "wall, no number": Case("repaired", "spike|nan", stray([float("nan"), 100, 103000])),
    "semantics too few": Case("ok", "", put(*LOW, "semantics", "values", value=[[0]])),
    "semantics out of range": Case("ok", "", put(*LOW, "semantics", "values", value=[[9, -1, 2**70, 2, 2, 2]])),
    "semantics no list": Case("ok", "", put(*LOW, "semantics", value="roof")),
    "semantics of nothing": Case("ok", "", put(*LOW, "semantics", value=None)),
    "no level": Case("ok", "", drop(*LOW, "lod")),
    "level a number": Case("ok", "", put(*LOW, "lod", value=1)),
    "level a word": Case("ok", "", put(*LOW, "lod", value="high")),
    "level of 2 MB": Case("ok", "", put(*LOW, "lod", value="1" * 2_000_000)),
    "attributes a list": Case("ok", "", put("CityObjects", "low", "attributes", value=[1, 2])),
    "a text of 2 MB": Case("ok", "", put("CityObjects", "low", "attributes", value={"note": "x" * 2_000_000})),
    "a name of 2 MB": Case("ok", "", lambda r: r["CityObjects"].update({"x" * 2_000_000: r["CityObjects"].pop("low")})),
    "half a surrogate pair in a name": Case("ok", "", lambda r: json.dumps(r).replace('"low"', '"low\\ud800"')),
    "attribute of 400 digits": Case("ok", "", put("CityObjects", "low", "attributes", value={"measuredHeight": 10**400, "storeysAboveGround": 10**400})),
    "attribute not finite": Case("ok", "", put("CityObjects", "low", "attributes", value={"measuredHeight": float("nan")})),
    "unknown member": Case("ok", "", put("CityObjects", "low", "+x", value={"a": [1]})),
    "unknown object": Case("ok", "", put("CityObjects", "q", value={"type": "+Quay", "geometry": []})),
    "object of no type": Case("ok", "", put("CityObjects", "q", value={"geometry": []})),
    "object a list": Case("ok", "", put("CityObjects", "q", value=[1])),
    "object nothing": Case("ok", "", put("CityObjects", "q", value=None)),
    "second geometry of no type": Case("ok", "", lambda r: r["CityObjects"]["low"]["geometry"].append({"lod": "1", "boundaries": [[1]]})),
    "second geometry nothing": Case("ok", "", lambda r: r["CityObjects"]["low"]["geometry"].append(None)),
    "vertices not used": Case("ok", "", lambda r: r["vertices"].extend([[10**9, 10**9, 10**9]] * 3)),
    "an appearance that is none": Case("ok", "", put("appearance", value="x")),
    "an extension of the net": Case("ok", "", put("extensions", value={"X": {"url": "http://127.0.0.1:9/x.json", "version": "1.0"}})),
    "the same key twice": Case("ok", "", text('"version": "2.0"', '"version": "2.0", "version": "2.0"')),
}  # fmt: skip

PARENTS: dict[str, Case] = {
    "a part": Case("ok", "", child()),
    "parent missing": Case("repaired", "no-geometry", child(low={"parents": ["nobody"]})),
    "parent of itself": Case("repaired", "no-geometry", child(low={"parents": ["low"], "children": ["low"]})),
    "a circle of two": Case("ok", "", child(whole={"parents": ["low"]}, low={"children": ["whole"]})),
    "a circle of three": Case("repaired", "no-geometry", child(whole={"parents": ["x"]}, x={"type": "BuildingPart", "parents": ["low"], "geometry": []})),
    "parents no list": Case("repaired", "no-geometry", child(low={"parents": "whole"})),
    "parents numbers": Case("repaired", "no-geometry", child(low={"parents": [1, None]})),
    "children missing": Case("ok", "", child(whole={"children": ["nobody", "low"]})),
    "children no list": Case("ok", "", child(whole={"children": 7})),
}  # fmt: skip

INSTANCE = {"type": "GeometryInstance", "lod": "1", "template": 0, "boundaries": [0], "transformationMatrix": [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]}  # fmt: skip


def tree(instance: dict[str, Any], templates: Any = None) -> Callable[[Root], None]:
    """One more building that is an instance of a template."""

    def make(root: Root) -> None:
        if templates is not None:
            root["geometry-templates"] = templates
        root["CityObjects"]["pillar"] = {"type": "Building", "geometry": [{**INSTANCE, **instance}]}

    return make


NONE: dict[str, Any] = {"templates": [], "vertices-templates": []}
SELF: dict[str, Any] = {"templates": [INSTANCE], "vertices-templates": []}
TEMPLATES: dict[str, Case] = {
    "no templates": Case("repaired", "template|no-geometry", tree({})),
    "template out of range": Case("repaired", "template|no-geometry", tree({"template": 3}, NONE)),
    "template negative": Case("repaired", "template|no-geometry", tree({"template": -1}, NONE)),
    "template a text": Case("repaired", "template|no-geometry", tree({"template": "0"}, NONE)),
    "template of itself": Case("repaired", "template|no-geometry", tree({}, SELF)),
    "templates no object": Case("repaired", "template|no-geometry", tree({}, [1])),
    "anchor out of range": Case("repaired", "template|no-geometry", tree({"boundaries": [10**9]}, NONE)),
    "matrix too short": Case("repaired", "template|no-geometry", tree({"transformationMatrix": [1]}, NONE)),
    "matrix of words": Case("repaired", "template|no-geometry", tree({"transformationMatrix": ["a"] * 16}, NONE)),
}  # fmt: skip

REFUSED: dict[str, Case] = {
    **{f"cut off after {share:.0%}": Case("refused", "JSON", lambda r, s=share: json.dumps(r)[: int(len(json.dumps(r)) * s)]) for share in (0.01, 0.3, 0.7, 0.999)},
    "empty": Case("refused", "JSON", lambda r: ""),
    "blank": Case("refused", "JSON", lambda r: " \n "),
    "zeros": Case("refused", "JSON", lambda r: bytes(1000)),
    "xml": Case("refused", "JSON", lambda r: city.citygml()),
    "a list": Case("refused", "expected an object", lambda r: [1, 2]),
    "a number": Case("refused", "expected an object", lambda r: "7"),
    "no number": Case("refused", "expected an object", lambda r: "NaN"),
    "features of another kind": Case("refused", "FeatureCollection", put("type", value="FeatureCollection")),
    "no type": Case("refused", "not CityJSON", drop("type")),
    "a comma too many": Case("refused", "JSON", text('"version": "2.0"', '"version": "2.0",')),
    "apostrophes": Case("refused", "JSON", lambda r: json.dumps(r).replace('"', "'")),
    "comments": Case("refused", "JSON", lambda r: "/* x */" + json.dumps(r)),
    "two documents": Case("refused", "JSON", lambda r: json.dumps(r) * 2),
    "utf-16": Case("refused", "UTF-8", lambda r: json.dumps(r).encode("utf-16")),
    "latin-1": Case("refused", "UTF-8", lambda r: json.dumps({**r, "x": "ä"}, ensure_ascii=False).encode("latin-1")),
    "shift_jis": Case("refused", "UTF-8", lambda r: json.dumps({**r, "x": "表参道"}, ensure_ascii=False).encode("cp932")),
    "two hundred thousand levels": Case("refused", "JSON", lambda r: "[" * 200_000),
    "a hundred thousand levels inside": Case("refused", "JSON", text('"version": "2.0"', '"version": "2.0", "x": ' + "[" * 100_000 + "]" * 100_000)),
    "a number of a million digits": Case("refused", "JSON", text('"version": "2.0"', '"version": "2.0", "x": ' + "9" * 1_000_000)),
    "version of the future": Case("refused", "9.0", put("version", value="9.0")),
    "version 2.00001e1": Case("refused", "CityJSON", put("version", value=20.0001)),
    "no version": Case("refused", "CityJSON", drop("version")),
    "no transform": Case("refused", "transform", drop("transform")),
    "transform a list": Case("refused", "transform", put("transform", value=[1])),
    "scale of two": Case("refused", "scale", put("transform", "scale", value=[1, 1])),
    "scale of words": Case("refused", "scale", put("transform", "scale", value=["1", "1", "1"])),
    "scale of 400 digits": Case("refused", "scale", put("transform", "scale", value=[10**400, 1, 1])),
    "scale negative": Case("refused", "scale", put("transform", "scale", value=[-0.001, 0.001, 0.001])),
    "scale no number": Case("refused", "scale", put("transform", "scale", value=[float("nan"), 1, 1])),
    "scale of nothing": Case("refused", "scale", put("transform", "scale", value=[0, 0, 0])),
    "translate infinite": Case("refused", "translate", put("transform", "translate", value=[float("inf"), 0, 0])),
    "translate missing": Case("refused", "translate", drop("transform", "translate")),
    "no objects": Case("refused", "CityObjects", drop("CityObjects")),
    "objects a list": Case("refused", "CityObjects", put("CityObjects", value=[1])),
    "vertices no list": Case("refused", "vertices", put("vertices", value="x")),
    "vertices in the plane": Case("refused", "vertices", put("vertices", value=[[1, 2], [3, 4], [5, 6]])),
    "vertices ragged": Case("refused", r"vertices\[1\]", put("vertices", 1, value=[1, 2])),
    "vertex a word": Case("refused", r"vertices\[1\]", put("vertices", 1, value=[1, 2, "x"])),
    "vertex a number as a text": Case("refused", r"vertices\[1\]", put("vertices", 1, value=[1, 2, "3"])),
    "vertex of 400 digits": Case("refused", r"vertices\[1\]", put("vertices", 1, value=[10**400, 2, 3])),
    "vertex nothing": Case("refused", r"vertices\[1\]", put("vertices", 1, value=None)),
    "no crs": Case("refused", "coordinate reference system", drop("metadata")),
    "crs unknown": Case("refused", "999999", put("metadata", "referenceSystem", value="https://www.opengis.net/def/crs/EPSG/0/999999")),
    "crs a file": Case("refused", "reference system", put("metadata", "referenceSystem", value="file:///etc/passwd")),
    "crs of another place": Case("refused", "outside", put("metadata", "referenceSystem", value="EPSG:6677")),
    "metres under degrees": Case("refused", "4258", put("metadata", "referenceSystem", value="EPSG:4258")),
}  # fmt: skip


# --- sequences ---------------------------------------------------------------------------------
def lines(change: Callable[[list[str]], list[str] | None]) -> Callable[[Root], str]:
    """The city as CityJSONSeq with other lines."""

    def make(root: Root) -> str:
        before = city.sequence(root)
        made = change(before)
        return "\n".join(before if made is None else made)

    return make


def after(number: int, *more: str) -> Callable[[Root], str]:
    """Further lines behind one."""
    return lines(lambda ls: [*ls[:number], *more, *ls[number:]])


SEQUENCES: dict[str, Case] = {
    "as it should be": Case("ok", "", lines(lambda ls: ls)),
    "a line feed at the end": Case("ok", "", lines(lambda ls: [*ls, ""])),
    "blank lines": Case("ok", "", after(2, "", "  ", "\t")),
    "carriage returns": Case("ok", "", lines(lambda ls: [line + "\r" for line in ls])),
    "byte order mark": Case("ok", "", lambda r: b"\xef\xbb\xbf" + "\n".join(city.sequence(r)).encode()),
    "spaces around": Case("ok", "", lines(lambda ls: [f"  {line}  " for line in ls])),
    "a line cut off": Case("repaired", "bad-line", after(2, '{"type": "CityJSONFea')),
    "a line of words": Case("repaired", "bad-line", after(2, "oops")),
    "a list": Case("repaired", "bad-line", after(2, "[1]")),
    "no number": Case("repaired", "bad-line", after(2, "NaN")),
    "a line of zeros": Case("repaired", "bad-line", after(2, "\0" * 100)),
    "a line too deep": Case("repaired", "bad-line", after(2, "[" * 200_000)),
    "two features in a line": Case("repaired", "bad-line", after(2, "{} {}")),
    "a feature without objects": Case("repaired", "bad-line", after(2, '{"type": "CityJSONFeature", "id": "x", "vertices": []}')),
    "a feature with bad vertices": Case("repaired", "bad-line", after(2, '{"type": "CityJSONFeature", "id": "x", "CityObjects": {}, "vertices": [[1]]}')),
    "the last line cut off": Case("repaired", "bad-line", lines(lambda ls: [*ls, ls[-1][:-40]])),
    "a feature twice": Case("repaired", "duplicate", lines(lambda ls: [*ls, ls[2]])),
    "a line of 2 MB": Case("ok", "", after(2, json.dumps({"type": "CityJSONFeature", "id": "x", "CityObjects": {}, "vertices": [], "y": "x" * 2_000_000}))),
    "header in the middle": Case("repaired", "bad-line|no-geometry|duplicate", lines(lambda ls: [*ls[:3], "{}", *ls[3:]])),
    "no header": Case("refused", "CityJSON", lines(lambda ls: ls[1:])),
    "header cut off": Case("refused", "JSON", lines(lambda ls: [ls[0][:-10], *ls[1:]])),
    "header behind": Case("refused", "CityJSON", lines(lambda ls: [*ls[1:], ls[0]])),
    "one line of all": Case("refused", "JSON", lambda r: "".join(city.sequence(r))),
}  # fmt: skip
