"""Map of what is wrong with the city model and what was done about it."""

from __future__ import annotations

from citytwin.model.defect_codes import KINDS
from citytwin.model.layer import Attribute, Style, StyleItem, ValueRange, VectorView
from citytwin.model.palettes import HEAVY, SLOW
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import MODEL_DEFECTS
from citytwin.model.text import Text, text

_ACTIONS: tuple[tuple[str, Text], ...] = (
    ("kept", text("そのまま使用", "Kept as it is")),
    ("repaired", text("修正", "Repaired")),
    ("dropped", text("除外", "Dropped")),
    ("rebuilt", text("直方体に置換", "Replaced by a block")),
    ("other level used", text("別のLODを使用", "Other level of detail used")),
    ("renamed", text("改名", "Renamed")),
    ("clipped", text("切り取り", "Clipped")),
    ("estimated", text("推定", "Estimated")),
)


_SEVERITIES = (("1", text("警告", "Warning")), ("2", text("エラー", "Error")))


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Warnings in amber, errors in red."""
    return Style(
        kind="class",
        unit="",
        title=text("不備の程度", "Severity"),
        items=(
            StyleItem(min=1, max=2, rgb=SLOW, label=_SEVERITIES[0][1]),
            StyleItem(min=2, max=None, rgb=HEAVY, label=_SEVERITIES[1][1]),
        ),
    )


LAYER = LayerRecipe(
    id="model_defects",
    order=76,
    group="buildings",
    title=text("3D都市モデルの不備", "Defects of the city model"),
    summary=text(
        "3D都市モデルを読み込んだときに見つかった不備と、その扱いです。番号は val3dity の"
        "エラーコード、規則は PLATEAU の品質要求です。立体どうしの貫入などは検査していません。",
        "What was found wrong with the city model while it was read, and what was done about it. "
        "Numbers are error codes of val3dity, rules are quality requirements of PLATEAU. "
        "Solids that cross themselves are not looked for.",
    ),
    view=VectorView(
        table=MODEL_DEFECTS,
        id_column="defect_id",
        style_column="severity",
        attributes=(
            Attribute("severity", text("程度", "Severity"), precision=1, values=_SEVERITIES),
            Attribute(
                "code",
                text("不備", "Defect"),
                values=tuple(
                    (code, text(f"{code} {kind.meaning.ja}", f"{code} {kind.meaning.en}"))
                    for code, kind in KINDS.items()
                ),
            ),
            Attribute("message", text("内容", "Message")),
            Attribute("action", text("扱い", "What was done"), values=_ACTIONS),
            Attribute("rule", text("PLATEAU の品質要求", "Rule of PLATEAU")),
            Attribute("count", text("該当する面・記録の数", "Surfaces or records"), precision=1),
            Attribute("feature_id", text("地物 ID", "Feature")),
            Attribute("surface_id", text("面 ID", "Surface")),
            Attribute("source", text("ファイル", "File")),
        ),
    ),
    style=style,
    simulation=False,
)
