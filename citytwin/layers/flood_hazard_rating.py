"""Map of the hazard rating for people on foot."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_HAZARD_RATING
from citytwin.model.layer import BUILDING, RasterView, Style, StyleItem, ValueRange
from citytwin.model.palettes import LAJOLLA, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import undrawn
from citytwin.model.text import Text, text

_CLASSES: tuple[tuple[float, float | None, Text], ...] = (
    (0.01, 0.75, text("0.75 未満：注意", "under 0.75: very low hazard, caution")),
    (0.75, 1.25, text("0.75 – 1.25：一部の人に危険", "0.75 – 1.25: danger for some")),
    (1.25, 2.0, text("1.25 – 2：多くの人に危険", "1.25 – 2: danger for most")),
    (2.0, None, text("2 以上：すべての人に危険", "2 or more: danger for all")),
)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the classes are a standard
    """Four classes of DEFRA; no flood is not drawn."""
    dry = undrawn(0.01, text("浸水なし", "no flood"))
    colours = spread(LAJOLLA[-2:1:-1], len(_CLASSES))
    return Style(
        kind="class",
        unit="1",
        title=text("歩行者への危険度（HR）", "Hazard rating for people (HR)"),
        items=(
            dry,
            *(
                StyleItem(min=low, max=high, rgb=rgb, label=label)
                for (low, high, label), rgb in zip(_CLASSES, colours, strict=True)
            ),
        ),
    )


LAYER = LayerRecipe(
    id="flood_hazard_rating",
    order=65,
    group="flood",
    title=text("歩行者への危険度（HR）", "Hazard rating for people (HR)"),
    summary=text(
        "水深 ×（流速＋0.5）＋漂流物係数の、計算期間中の最大値です（英国の基準 DEFRA FD2320）。"
        "「一部の人」は子ども・高齢者・体の弱い人、「多くの人」は一般の人を含みます。",
        "Largest depth x (speed + 0.5) + debris factor at one time during the event (DEFRA"
        " FD2320). "
        "“Some” are children, the elderly and the infirm; “most” includes the general public.",
    ),
    view=RasterView(FLOOD_HAZARD_RATING, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)
