"""Names of sources and feeds, as whoever is told that may not know all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from citytwin.model.layer import Classification, is_within


def told_names(classes: Mapping[str, Classification]) -> dict[str, str]:
    """Return the word that is said for each name: itself, and a number for one that is restricted.

    Names are chosen by people and may tell what a thing is. Monitoring, web hooks and programs are
    told which one is late or fails without it, as ``restricted_1``: the first of that class in the
    configuration.

    Parameters
    ----------
    classes
        How protected each is, in the order of the configuration.
    """
    counted: Counter[Classification] = Counter()
    told = {}
    for name, classification in classes.items():
        counted[classification] += 1
        is_open = is_within(classification, "internal")
        told[name] = name if is_open else f"{classification}_{counted[classification]}"
    return told
