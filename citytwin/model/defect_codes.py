"""What can be wrong with a city model: codes, how bad it is, what is done, which rule it breaks.

Three-digit codes are those of val3dity 2.6 with its definitions (Ledoux 2018, and its manual);
words are our own. Rules are the quality requirements of the Japanese standard product
specification for 3D city models (PLATEAU), given only where one of them says the same:

- C01 no gml:id twice; C-bldg-01 no uro:buildingID twice but with branch or part numbers;
- L01 well-formed XML; L04 codes as in their list;
- L-bldg-04 no majorUsage2 without majorUsage; L-bldg-05 no detailedUsage2 without detailedUsage,
  no detailedUsage3 without detailedUsage2; L07 no two vertices in a row nearer than the threshold;
- L09 rings closed and without crossing or touching themselves; L10 outer and inner rings turn
  opposite ways; L11 polygons of LOD1 flat; L12 those of LOD2 and LOD3 within 0.03 m of a plane;
- L13 inner rings inside the outer one, neither overlapping nor nested nor dividing the area;
- L14 solids closed, turned outwards, not crossing themselves; T03 links lead to what they should.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from citytwin.model.text import Text, text

DefectSeverity = Literal["error", "warning", "info"]
SEVERITIES: tuple[DefectSeverity, ...] = ("info", "warning", "error")
"""From harmless to bad: remarks, what a reader may miss, what is wrong or lost."""

Action = Literal[
    "kept", "repaired", "dropped", "rebuilt", "other level used", "renamed", "clipped", "estimated"
]
FLAT_WITHIN_M = 0.03
"""How far polygons of LOD2 and LOD3 may be off their plane by rule L12 [m]."""


@dataclass(frozen=True)
class DefectKind:
    """One kind of defect."""

    severity: DefectSeverity
    action: Action | None
    """What readers do about it; None where that differs from case to case. What only the checks of
    geometry find is kept as it is."""
    meaning: Text
    rule: str | None = None


def _kind(
    severity: DefectSeverity, action: Action | None, ja: str, en: str, rule: str | None = None
) -> DefectKind:
    return DefectKind(severity, action, text(ja, en), rule)


KINDS: dict[str, DefectKind] = {
    "101": _kind("error", "dropped", "頂点が3点未満の輪", "Ring with fewer than 3 points"),
    "102": _kind("warning", "repaired", "連続する同一頂点", "Points repeated in a row", "L07"),
    "103": _kind("warning", "repaired", "閉じていない輪", "Ring not closed", "L09"),
    "104": _kind("error", "dropped", "輪の自己交差", "Ring crosses or touches itself", "L09"),
    "201": _kind("error", "dropped", "輪どうしの交差", "Rings of a polygon intersect", "L13"),
    "202": _kind("error", "dropped", "輪の重複", "Ring of a polygon given twice", "L13"),
    "203": _kind("warning", "kept", "平面でない面", "Polygon not flat"),
    "204": _kind("warning", "dropped", "折れのある面", "Polygon with a fold"),
    "205": _kind("error", "kept", "面の内部が分断", "Inside of a polygon not connected", "L13"),
    "206": _kind(
        "error", "dropped", "外周の外にある内周", "Inner ring outside the outer one", "L13"
    ),
    "207": _kind("error", "dropped", "入れ子の内周", "Inner ring inside another one", "L13"),
    "208": _kind("warning", "kept", "外周と同じ向きの内周", "Rings turn the same way", "L10"),
    "301": _kind("error", "kept", "面が4枚未満の立体", "Solid of fewer than 4 polygons"),
    "302": _kind("error", "kept", "閉じていない立体", "Solid not closed", "L14"),
    "303": _kind("error", "kept", "多様体でない立体", "Solid not a manifold"),
    "305": _kind("error", "kept", "分離した立体", "Solid in several pieces"),
    "306": _kind("error", "kept", "立体の自己交差", "Solid crosses itself", "L14"),
    "307": _kind("warning", "kept", "内向きの面がある立体", "Solid with polygons facing in", "L14"),
    "405": _kind("warning", "kept", "裏返しの立体", "Solid turned inside out", "L14"),
    "601": _kind("error", "kept", "建物部分の重なり", "Parts of a building overlap"),
    "cavity": _kind(
        "info", "dropped", "立体の空洞（不使用）", "Cavity of a solid: left out, not checked"
    ),
    "unchecked": _kind("info", "kept", "複雑なため未検査", "Too winding to be checked"),
    "nan": _kind("error", "dropped", "数値でない座標", "Coordinate NaN or infinite"),
    "text": _kind("error", "dropped", "数値でない座標", "Coordinate that is no number"),
    "odd-count": _kind("error", "dropped", "座標の個数が不正", "Numbers that make no vertices"),
    "index": _kind("error", "dropped", "頂点番号が不正", "Vertex index out of range"),
    "null-vertex": _kind("error", "dropped", "原点の頂点", "Vertex at the origin"),
    "spike": _kind("error", "dropped", "遠く離れた頂点", "Vertex far off its feature"),
    "no-geometry": _kind("error", "dropped", "使える形状なし", "No usable geometry"),
    "range": _kind("error", "dropped", "座標系の範囲外", "Outside the area of the CRS"),
    "axes-swapped": _kind("warning", "repaired", "座標軸の順序が逆", "Axes in the wrong order"),
    "lod0-repaired": _kind(
        "warning", "repaired", "外形を修復", "Outline (LOD0) crosses itself or its holes"
    ),
    "lod0-invalid": _kind(
        "warning", "other level used", "外形が不正", "Outline (LOD0) without an area"
    ),
    "lod-fallback": _kind(
        "warning", "other level used", "詳細な形状が破損", "Better level of detail damaged"
    ),
    "rebuilt": _kind("error", "rebuilt", "形状が破損", "Geometry damaged: made a block"),
    "clipped": _kind("info", "clipped", "部分と重複する形状", "Geometry that its parts repeat"),
    "duplicate": _kind("warning", "dropped", "同じ建物の重複", "The same building again", "C01"),
    "duplicate-id": _kind(
        "error", "renamed", "別の建物と同じID", "Identifier of another building", "C01"
    ),
    "duplicate-key": _kind(
        "warning",
        "kept",
        "別の建物と同じ建物ID",
        "Building number of another building",
        "C-bldg-01",
    ),
    "major-usage-missing": _kind(
        "warning", "kept", "大分類のない用途", "Major usage 2 without a major usage", "L-bldg-04"
    ),
    "detailed-usage-missing": _kind(
        "warning", "kept", "上位のない詳細用途", "Detailed usage without the one above", "L-bldg-05"
    ),
    "height-differs": _kind(
        "warning", "kept", "形状と記録の高さの不一致", "Heights of shape and record differ"
    ),
    "measured-height-absurd": _kind(
        "warning", "dropped", "あり得ない高さの記録", "Recorded height impossible"
    ),
    "elevation-absurd": _kind(
        "warning", "dropped", "あり得ない標高の記録", "Recorded elevation impossible"
    ),
    "height-unreadable": _kind(
        "warning", "dropped", "読めない高さの記録", "Recorded height unreadable"
    ),
    "height-recorded": _kind(
        "info", "estimated", "立体なし（記録の高さ）", "No solid: block of its recorded height"
    ),
    "height-from-storeys": _kind(
        "info", "estimated", "立体なし（階数から）", "No solid: block from its storeys"
    ),
    "height-assumed": _kind(
        "info", "estimated", "高さ不明（周辺から）", "No height: that of its surroundings"
    ),
    "height-unknown": _kind(
        "warning", "kept", "高さ不明（平らな扱い）", "No height: taken as flat"
    ),
    "ground-unknown": _kind(
        "info", "estimated", "標高不明（地形に載せる）", "No elevation: set on the terrain"
    ),
    "underside-ignored": _kind(
        "info", "kept", "底の高さは不使用", "Height of its underside not used"
    ),
    "no-width": _kind("warning", "dropped", "幅のない道路", "Road without a width"),
    "xlink-dangling": _kind(
        "error", "dropped", "参照先のないリンク", "Link that leads nowhere", "T03"
    ),
    "xlink-cyclic": _kind("error", "dropped", "循環するリンク", "Link that leads back to itself"),
    "xlink-remote": _kind("warning", "dropped", "ファイル外へのリンク", "Link out of the file"),
    "template": _kind("warning", "dropped", "使えないひな形", "Template that cannot be used"),
    "code-list-outside": _kind(
        "warning", "kept", "データ外のコードリスト", "Code list outside the data set"
    ),
    "code-list-unreadable": _kind(
        "warning", "kept", "読めないコードリスト", "Code list unreadable"
    ),
    "code-unlisted": _kind(
        "warning", "kept", "コードリストにないコード", "Code that its list does not have", "L04"
    ),
    "no-height": _kind("error", "dropped", "高さのない水面", "Water surface without heights"),
    "archive-member": _kind(
        "warning", "dropped", "読めない書庫内ファイル", "File in an archive that cannot be used"
    ),
    "bad-line": _kind("error", "dropped", "読めない行", "Line that cannot be read"),
    "not-recognised": _kind(
        "error", "dropped", "形式を判別できないファイル", "File of no known format"
    ),
    "file-refused": _kind("error", "dropped", "読めないファイル", "File that cannot be used"),
}
"""By code."""

_OTHER = _kind("warning", None, "その他の不備", "Other defect")


def kind_of(code: str) -> DefectKind:
    """Return what is known of a code; something harmless for one that is not listed.

    Parameters
    ----------
    code
        As in the table of defects.
    """
    return KINDS.get(code, _OTHER)


def rule_of(code: str, lod: str, value: float) -> str | None:
    """Return the quality requirement of PLATEAU that a defect breaks, if one says the same.

    Parameters
    ----------
    code
        Code of the defect.
    lod
        Level of detail of the geometry; empty where it has none.
    value
        Value met, in the unit of the check; NaN where there is none.
    """
    if code != "203":
        return kind_of(code).rule
    if lod.startswith("1"):
        return "L11"
    return "L12" if lod[:1] in ("2", "3") and value > FLAT_WITHIN_M else None
