"""Attributes of a building element: height, storeys, usage, the id that outlives a release."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.recorded import recorded_height, recorded_storeys
from citytwin.formats.citygml.attribute_tree import AttributeTree
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import is_iur
from citytwin.formats.xml import Element, local_name

_METRES = {
    **dict.fromkeys(("ft", "[ft_i]", "foot", "feet"), 0.3048),
    **dict.fromkeys(("[ft_us]", "us_ft", "ft_us"), 1200.0 / 3937.0),
    "cm": 0.01, "mm": 0.001, "km": 1000.0,
}  # fmt: skip
_PART_HOLDERS = frozenset({"consistsOfBuildingPart", "buildingPart"})
_ID_PIECES = ("buildingID", "branchID", "partID")


@dataclass(frozen=True)
class Attributes:
    """What a file says about a building besides its shape."""

    height_m: float | None
    storeys: int | None
    usage: str | None
    usage_code: str | None
    stable_key: str | None
    others: str | None
    """JSON object of all that has no column of its own."""
    defects: tuple[str, ...]


def read_attributes(unit: Element, file: Path, lists: CodeLists, ledger: Ledger) -> Attributes:
    """Read the attributes of a building or part.

    Parameters
    ----------
    unit
        Building or BuildingPart.
    file
        The file, from which code lists are found.
    lists
        Code lists of the data set.
    ledger
        Receives code lists that cannot be used.
    """
    first: dict[str, Element] = {}
    for child in unit:
        first.setdefault(local_name(child), child)
    height, defects = recorded_height(_height(first))
    usage = _filled(first.get("usage"))
    if usage is None:
        usage = _filled(first.get("function"))
    code = (usage.text or "").strip() if usage is not None else None
    text = None
    if usage is not None and code is not None:
        text = lists.text(code, usage.get("codeSpace"), file, ledger)
    storeys = _filled(first.get("storeysAboveGround"))
    return Attributes(
        height_m=height,
        storeys=recorded_storeys(storeys.text if storeys is not None else None),
        usage=text,
        usage_code=code,
        stable_key=_stable_key(unit),
        others=AttributeTree(file, lists, ledger).text(unit),
        defects=defects,
    )


def _filled(element: Element | None) -> Element | None:
    return element if element is not None and (element.text or "").strip() else None


def _height(first: dict[str, Element]) -> float | None:
    """measuredHeight, or the first height of CityGML 3.0 [m]."""
    element = first.get("measuredHeight")
    if element is None and "height" in first:
        values = list(first["height"].iter("{*}value"))
        element = values[0] if values else None
    if element is None:
        return None
    return height_in_metres(element.text or "", element.get("uom"))


def height_in_metres(text: str, uom: str | None) -> float | None:
    """Recorded height as a number [m]; None where it is none.

    Parameters
    ----------
    text
        Content of the element.
    uom
        Unit of measure as written, None where it is not.
    """
    try:
        value = float(text)
    except ValueError:
        return None
    unit = (uom or "m").rsplit(":", 1)[-1].strip("#").lower()
    return value * _METRES.get(unit, 1.0) if math.isfinite(value) else None


def _stable_key(unit: Element) -> str | None:
    """uro:buildingID, with the branch and part numbers that make it unique."""
    pieces: dict[str, str] = {}
    for child in unit:
        if local_name(child) in _PART_HOLDERS:
            continue
        for piece in child.iter(*(f"{{*}}{name}" for name in _ID_PIECES)):
            if is_iur(piece):
                pieces.setdefault(local_name(piece), (piece.text or "").strip())
    if not pieces.get("buildingID"):
        return None
    return "-".join(pieces[name] for name in _ID_PIECES if pieces.get(name))
