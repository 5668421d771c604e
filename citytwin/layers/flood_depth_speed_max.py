"""Map of the largest product of depth and speed."""

from __future__ import annotations

from citytwin.model.fields import FLOOD_DEPTH_SPEED_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange
from citytwin.model.palettes import DEVON
from citytwin.model.steps import LayerRecipe
from citytwin.model.style_bins import bins, undrawn
from citytwin.model.text import text

_STILL_M2_S = 0.05
_EDGES = (_STILL_M2_S, 0.3, 0.6, 1.0, 2.0, 4.0)


def style(values: ValueRange) -> Style:  # noqa: ARG001 - the same classes for every city
    """Six classes at the limits of the hazard classes; water that hardly moves is not drawn."""
    still = undrawn(_STILL_M2_S, text("ほとんど流れない", "hardly any flow"))
    return Style(
        kind="class",
        unit="m2/s",
        title=text("水深×流速の最大値", "Largest depth times speed"),
        items=(still, *bins(_EDGES, DEVON[2:], "m²/s")),
    )


LAYER = LayerRecipe(
    id="flood_depth_speed_max",
    order=63,
    group="flood",
    title=text("水深×流速の最大値", "Largest depth times speed"),
    summary=text(
        "同じ時刻の水深と流速の積の最大値で、人や車が流される力の目安です。"
        "最大水深と最大流速は同じ時刻とは限らないため、それらの積より小さくなります。",
        "Largest product of depth and speed at one time, a measure of the force that sweeps people"
        " and cars away. "
        "It is less than the product of the two maxima, which need not come at one time.",
    ),
    view=RasterView(FLOOD_DEPTH_SPEED_MAX, coarsening="max", blank=BUILDING),
    style=style,
    moment="begin",
)
