"""Map of where the ground level comes from."""

from __future__ import annotations

from citytwin.model.fields import TERRAIN_SOURCE
from citytwin.model.layer import RasterView, Style, ValueRange
from citytwin.model.palettes import BAMAKO, spread
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import classes
from citytwin.model.tables import TerrainSource
from citytwin.model.text import Text, text

_LABELS: dict[TerrainSource, Text] = {
    TerrainSource.MEASURED: text("測定値", "Measured"),
    TerrainSource.FILLED: text("周囲から補間", "Filled from its surroundings"),
    TerrainSource.FROM_BUILDINGS: text(
        "建物の地盤高から推定（概略値）", "Estimated from the feet of buildings"
    ),
    TerrainSource.BURNED: text(
        "暗渠・アンダーパス・壁を反映", "Culvert, underpass or wall burned in"
    ),
}


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """One class per source, light where the ground is least certain."""
    colours = spread(BAMAKO, len(_LABELS))
    return Style(
        kind="class",
        unit="1",
        title=text("地盤高の出所", "Source of the ground level"),
        items=classes(tuple(_LABELS.values()), colours),
    )


LAYER = LayerRecipe(
    id="terrain_source",
    order=12,
    group="base",
    title=text("地盤高の出所", "Source of the ground level"),
    summary=text(
        "地盤高が測定値か、周囲からの補間か、建物の地盤高からの推定かを示します。"
        "推定した所では、浸水の結果も概略です。",
        "Whether the ground level was measured, filled from its surroundings or estimated from the"
        " feet of buildings. "
        "Where it is estimated, the flood is approximate as well.",
    ),
    view=RasterView(TERRAIN_SOURCE),
    style=style,
    simulation=False,
)
