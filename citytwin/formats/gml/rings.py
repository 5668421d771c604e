"""Coordinates of rings: posList, pos, coordinates; in any of the three generations of GML."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.faces import RingFault
from citytwin.formats.xml import Element, attribute, local_name

FloatArray = NDArray[np.float64]

_POSITIONS = ("{*}posList", "{*}pos", "{*}coordinates")


def inherited(element: Element, name: str) -> str | None:
    """Value of an attribute on the element or the nearest ancestor that has it.

    Parameters
    ----------
    element
        Any element.
    name
        Attribute without namespace.
    """
    node: Element | None = element
    while node is not None:
        value = node.get(name)
        if value is not None:
            return value
        node = node.getparent()
    return None


def numbers(text: str) -> FloatArray:
    """Numbers separated by white space.

    Parameters
    ----------
    text
        Content of a posList.

    Raises
    ------
    ValueError
        If a token is no number.
    """
    if "_" in text or not text.isascii():
        # Python reads 1_05 and full-width digits as numbers, XML does not.
        raise ValueError(f"not a list of numbers: {text[:60]!r}")
    return np.array(text.split(), dtype=np.float64)


def read_ring(ring: Element, dimension: int | None) -> FloatArray | RingFault:
    """Read the vertices of a ring.

    Parameters
    ----------
    ring
        LinearRing, Ring, or the element around it.
    dimension
        Numbers per vertex that the file declares; None when it declares nothing.

    Returns
    -------
    array or RingFault
        Shape (n, 3) with NaN heights for plane rings, closing vertex included; or what is wrong.
    """
    found = list(_tokens(ring))
    if not found:
        return RingFault("101", "ring has no coordinates", fatal=True)
    parts: list[FloatArray] = []
    for element, text in found:
        try:
            values = numbers(text)
        except ValueError as error:
            message = f"ring has a coordinate that is no number: {str(error)[:120]}"
            return RingFault("text", message, fatal=True)
        if not np.isfinite(values).all():
            return RingFault("nan", "ring has a coordinate NaN or infinite", fatal=True)
        declared = inherited(element, "srsDimension")
        parts.append(_rows(values, _declared(declared) or dimension))
        if not len(parts[-1]) and len(values):
            message = f"ring has {len(values)} numbers, which make no whole vertices"
            return RingFault("odd-count", message, fatal=True)
    return np.concatenate(parts)


def _declared(text: str | None) -> int | None:
    return int(text) if text in ("2", "3") else None


def _rows(values: FloatArray, dimension: int | None) -> FloatArray:
    """Numbers as vertices; no rows where the count does not fit."""
    count = len(values)
    if dimension is None:
        plane_only = count % 3 != 0 and count % 2 == 0 and count >= 8
        closes = plane_only and bool((values[:2] == values[-2:]).all())
        dimension = 2 if closes or count == 2 else 3
    if count % dimension:
        return np.empty((0, 3))
    rows = values.reshape(-1, dimension)
    if dimension == 3:
        return rows
    return np.column_stack([rows, np.full(len(rows), np.nan)])


def _tokens(ring: Element) -> Iterator[tuple[Element, str]]:
    for element in ring.iter(*_POSITIONS):
        text = element.text or ""
        if local_name(element) == "coordinates":
            separator = element.get("cs", ",")
            point = element.get("decimal", ".")
            first = element.get("ts", " ")
            for spaced in text.replace(first, " ").split():
                yield element, spaced.replace(separator, " ").replace(point, ".")
        else:
            yield element, text


def href(element: Element) -> str | None:
    """Target of a link, if the element is one.

    Parameters
    ----------
    element
        Any element.
    """
    return attribute(element, "href") if element.attrib else None
