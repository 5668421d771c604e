"""Attributes of many buildings at once, with the same meaning as those of a single one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.formats.city.recorded import recorded_height, recorded_storeys
from citytwin.formats.citygml.attributes import height_in_metres
from citytwin.formats.citygml.scanning import Shapes
from citytwin.formats.citygml.texts import contents, each, values
from citytwin.kernels import gml_names as names
from citytwin.kernels import gml_units as gu
from citytwin.kernels import xml_scan as xs


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
    elements, units = shapes.elements, shapes.units.astype(np.int64)
    height, usages, functions, storeys, *pieces = contents(
        elements, *(units[:, column] for column in _TEXT_COLUMNS)
    )
    ids, _ = values(elements, units[:, gu.ROW], names.ID)
    heights = _heights(height, values(elements, units[:, gu.HEIGHT_ROW], names.UOM)[0])
    usage, function = each(usages, str.strip), each(functions, str.strip)
    chosen = [
        row if text else (other if second else -1)
        for row, text, other, second in zip(
            units[:, gu.USAGE_ROW].tolist(), usage,
            units[:, gu.FUNCTION_ROW].tolist(), function,
            strict=True,
        )
    ]  # fmt: skip
    spaces, marks = values(elements, np.array(chosen, dtype=np.int64), names.CODE_SPACE)
    return Described(
        building_id=each(ids, str.strip),
        height_m=[height for height, _ in heights],
        defects=[defects for _, defects in heights],
        storeys=each(storeys, _storeys),
        usage_code=[a or b or None for a, b in zip(usage, function, strict=True)],
        code_space=[
            text if mark >= 0 else None
            for text, mark in zip(each(spaces, str), marks.tolist(), strict=True)
        ],
        stable_key=_stable_keys(*pieces),
    )


def _storeys(text: str) -> int | None:
    return recorded_storeys(text) if text.strip() else None


def _heights(
    numbers: pa.LargeStringArray, uoms: pa.LargeStringArray
) -> list[tuple[float | None, tuple[str, ...]]]:
    pairs = list(zip(each(numbers, str), each(uoms, str), strict=True))
    known = {
        (number, uom): recorded_height(height_in_metres(number, uom or None))
        for number, uom in set(pairs)
    }
    return [known[pair] for pair in pairs]


def _stable_keys(*pieces: pa.LargeStringArray) -> list[str | None]:
    return [
        "-".join(piece for piece in triple if piece) if triple[0] else None
        for triple in zip(*(each(piece, str.strip) for piece in pieces), strict=True)
    ]
