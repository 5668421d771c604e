"""A first look at networks of sewers: what they hold, and that no city model is made of them."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import SourceError
from citytwin.formats import swmm_network
from citytwin.recognition.look import Look, reason

SUFFIX = ".inp"


def look_at_sewers(path: Path) -> Look:
    """Look at an input file of SWMM.

    Parameters
    ----------
    path
        The file.
    """
    try:
        held = swmm_network.contents(path)
    except SourceError as error:
        return Look(fault=reason(error))
    name = swmm_network.FORMAT.name
    fault = f"is no part of a city model: a configuration reads it as {name} ({held})"
    return Look(fault=fault, stray=True)
