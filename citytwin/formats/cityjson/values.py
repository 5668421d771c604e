"""Attributes of city objects, whatever type JSON gives them."""

from __future__ import annotations

from citytwin.formats.cityjson.parsing import Json


def attributes_of(item: dict[str, Json]) -> dict[str, Json]:
    """Attributes of a city object; empty where it has none.

    Parameters
    ----------
    item
        The object.
    """
    attributes = item.get("attributes")
    return attributes if isinstance(attributes, dict) else {}


def number_of(value: Json) -> float | None:
    """Return a number, also one written as text; None for anything else.

    Parameters
    ----------
    value
        As in the file.
    """
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def text_of(value: Json) -> str | None:
    """Return a text that tables can store, also of a number; None for anything else.

    Parameters
    ----------
    value
        As in the file.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()[:1000].encode("utf-8", "replace").decode("utf-8")
    return text or None
