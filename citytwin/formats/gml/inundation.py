"""Tells surfaces of expected inundation from real water: PLATEAU writes both as WaterBody."""

from __future__ import annotations

import re
from pathlib import Path

from citytwin.formats.gml.areas import child_text
from citytwin.formats.xml import Element, local_name

_FLOODED_LAND = "1140"
"""Class of PLATEAU's WaterBody_class for land that is flooded."""
_THEMES = {
    "fld": "river_flood",
    "ifld": "inland_flood",
    "htd": "high_tide",
    "tnm": "tsunami",
    "rfld": "reservoir_flood",
}
_RISK = re.compile(r"(River|Inland|HighTide|Tsunami|Reservoir)(Flooding)?RiskAttribute$")
_OF_RISK = {
    "River": "river_flood",
    "Inland": "inland_flood",
    "HighTide": "high_tide",
    "Tsunami": "tsunami",
    "Reservoir": "reservoir_flood",
}
# Waterbody_function of PLATEAU.
_OF_FUNCTION = {"1": "river_flood", "2": "tsunami", "3": "high_tide", "4": "inland_flood"}


def inundation_kind(feature: Element, path: Path) -> str | None:
    """Kind of inundation that a WaterBody stands for; None for real water.

    By its risk attribute, else by the theme in the name of the file or its folders, else by its
    class and function.

    Parameters
    ----------
    feature
        A WaterBody.
    path
        Its file.
    """
    for element in feature.iter("{*}*"):
        if match := _RISK.search(local_name(element)):
            return _OF_RISK[match[1]]
    theme = file_theme(path)
    if theme is not None:
        return theme
    if child_text(feature, "class")[0] == _FLOODED_LAND:
        return _OF_FUNCTION.get(child_text(feature, "function")[0] or "", "unknown")
    return None


def file_theme(path: Path) -> str | None:
    """Kind of inundation by the name of a file such as ``53392547_fld_6697_l1_op.gml``.

    Parameters
    ----------
    path
        The file; where its name says nothing, the nearest folder that is a theme counts.
    """
    for word in (*path.stem.lower().split("_")[1:], *(p.lower() for p in path.parts[-2::-1])):
        if word in _THEMES:
            return _THEMES[word]
    return None


def folders_below_theme(path: Path) -> tuple[str, ...]:
    """Folders between the theme's folder and the file, such as ``natl`` and a river.

    Parameters
    ----------
    path
        The file.
    """
    parts = path.parts[:-1]
    for row in range(len(parts) - 1, -1, -1):
        if parts[row].lower() in _THEMES:
            return parts[row + 1 :]
    return ()
