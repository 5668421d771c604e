"""Classes of the speed of flood water, for the maps of its largest speed and of each moment."""

from __future__ import annotations

from citytwin.model.layer import Style
from citytwin.model.palettes import DEVON
from citytwin.model.style_bins import bins, undrawn
from citytwin.model.text import Text, text

_STILL_M_S = 0.05
_EDGES = (_STILL_M_S, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0)


def speed_classes(title: Text) -> Style:
    """Return seven classes; water that hardly moves is not drawn.

    Parameters
    ----------
    title
        Of the legend.

    Returns
    -------
    Style
        The same for every city.
    """
    still = undrawn(_STILL_M_S, text("流れなし", "No flow"))
    items = (still, *bins(_EDGES, DEVON[1:], "m/s"))
    return Style(kind="class", unit="m/s", title=title, items=items)
