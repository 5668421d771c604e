"""Finds what the records of buildings say against themselves, as the checks of PLATEAU do.

Numbers of buildings that are given twice (C-bldg-01), and usages that lack the one above them
(L-bldg-04, L-bldg-05), by the standard product specification for 3D city models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.formats.city.keys import MADE

_USAGES = (
    ("majorUsage2", "majorUsage", "major-usage-missing"),
    ("detailedUsage2", "detailedUsage", "detailed-usage-missing"),
    ("detailedUsage3", "detailedUsage2", "detailed-usage-missing"),
)
_ANY_LOWER = tuple(f'Usage{n}":' for n in (2, 3))


def broken_records(buildings: pd.DataFrame) -> list[tuple[int, str]]:
    """List the buildings whose records break a rule, each with the code of the defect.

    Parameters
    ----------
    buildings
        The table.

    Returns
    -------
    list of tuple
        Row and code.
    """
    twice = [(int(row), "duplicate-key") for row in _repeated(buildings)]
    texts = buildings["attributes"].astype(object).tolist()
    gaps = [(row, code) for row, text in enumerate(texts) for code in _gaps(text)]
    return twice + gaps


def _repeated(buildings: pd.DataFrame) -> NDArray[np.intp]:
    """Rows whose recorded key is that of another row of their file."""
    keys = buildings["stable_key"].astype(object)
    recorded = keys.notna() & ~keys.astype(str).str.startswith(MADE)
    twice = buildings.duplicated(["source", "stable_key"], keep=False)
    return np.flatnonzero((recorded & twice).to_numpy(dtype=np.bool_))


def _gaps(text: object) -> list[str]:
    """Codes of usages in the attributes of a building that lack the one above, each once."""
    if not isinstance(text, str) or not any(mark in text for mark in _ANY_LOWER):
        return []
    found = [
        code
        for lower, upper, code in _USAGES
        if f'"{lower}":' in text
        and any(lower in record and upper not in record for record in _objects(json.loads(text)))
    ]
    return list(dict.fromkeys(found))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects in a JSON value."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            yield item
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
