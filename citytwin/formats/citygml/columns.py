"""Attributes of many buildings at once, with the same meaning as those of a single one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.recorded import recorded_height, recorded_storeys
from citytwin.formats.citygml.attributes import height_in_metres
from citytwin.formats.citygml.scanning import Shapes
from citytwin.formats.citygml.texts import Column, columns
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs
from citytwin.kernels.gml_texts import CONTENT


@dataclass(eq=False)
class Described:
    """What a file says about its buildings besides their shapes, one entry per unit."""

    building_id: list[str]
    """Empty where a unit has none."""
    height_m: list[float | None]
    defects: list[tuple[str, ...]]
    storeys: list[int | None]
    usage_code: list[str | None]
    code_space: list[str | None]
    stable_key: list[str | None]


def odd_texts(shapes: Shapes) -> NDArray[np.bool_]:
    """Units whose attributes are written so that only a parser can read them.

    Parameters
    ----------
    shapes
        Buildings of a window.
    """
    flags = shapes.elements.table[:, xs.FLAGS]
    odd = (flags[shapes.units[:, gu.ROW]] & xs.COMPLEX) != 0
    for column in _TEXT_COLUMNS:
        rows = shapes.units[:, column]
        found = np.where(rows >= 0, flags[rows], 0)
        odd |= (found & (xs.COMPLEX | xs.MIXED | xs.HAS_CHILD)) != 0
    return np.asarray(odd)


_TEXT_COLUMNS = (
    gu.HEIGHT_ROW, gu.USAGE_ROW, gu.FUNCTION_ROW, gu.STOREYS_ROW,
    gu.PIECE_ROW, gu.PIECE_ROW + 1, gu.PIECE_ROW + 2,
)  # fmt: skip


def describe(shapes: Shapes) -> Described:
    """Read the attributes of all units; those of odd ones may be wrong.

    Parameters
    ----------
    shapes
        Buildings of a window.
    """
    units = shapes.units.astype(np.int64).T
    height, usage, function = units[gu.HEIGHT_ROW], units[gu.USAGE_ROW], units[gu.FUNCTION_ROW]
    texts = columns(
        shapes.elements,
        (units[gu.ROW], names.ID),
        (height, CONTENT), (height, names.UOM),
        (usage, CONTENT), (usage, names.CODE_SPACE),
        (function, CONTENT), (function, names.CODE_SPACE),
        (units[gu.STOREYS_ROW], CONTENT),
        *((units[gu.PIECE_ROW + k], CONTENT) for k in range(3)),
    )  # fmt: skip
    heights = _heights(texts[1], texts[2])
    usages = _coded(*texts[3:7])
    return Described(
        building_id=texts[0].each(str.strip, ""),
        height_m=[height for height, _ in heights],
        defects=[defects for _, defects in heights],
        storeys=texts[7].each(_storeys, None),
        usage_code=[code for code, _ in usages],
        code_space=[space for _, space in usages],
        stable_key=_stable_keys(texts[8:]),
    )


def _coded(
    usage: Column, usage_space: Column, function: Column, function_space: Column
) -> list[tuple[str | None, str | None]]:
    """Code and code list of each unit: of its usage, or of its function where that is empty."""
    codes = usage.each(str.strip, "")
    spaces = usage_space.each(str, None)
    if all(codes) or not function.words:
        return [(code or None, space) for code, space in zip(codes, spaces, strict=True)]
    others = function.each(str.strip, "")
    other_spaces = function_space.each(str, None)
    return [
        (code or None, space) if code or not other else (other, other_space)
        for code, space, other, other_space in zip(codes, spaces, others, other_spaces, strict=True)
    ]


def _storeys(text: str) -> int | None:
    return recorded_storeys(text) if text.strip() else None


def _heights(numbers: Column, uoms: Column) -> list[tuple[float | None, tuple[str, ...]]]:
    pairs = list(zip(numbers.numbers, uoms.numbers, strict=True))
    texts, units = [*numbers.words, ""], [*uoms.words, ""]
    known = {
        (number, uom): recorded_height(height_in_metres(texts[number], units[uom] or None))
        for number, uom in set(pairs)
    }
    return [known[pair] for pair in pairs]


def _stable_keys(pieces: list[Column]) -> list[str | None]:
    whole, *others = pieces
    if not any(other.words for other in others):
        return whole.each(lambda text: text.strip() or None, None)
    return [
        "-".join(piece for piece in triple if piece) if triple[0] else None
        for triple in zip(*(piece.each(str.strip, "") for piece in pieces), strict=True)
    ]
