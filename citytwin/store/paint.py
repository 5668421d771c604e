"""Which item of a style holds a value, and its colour."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.kernels.value_steps import number_classes
from citytwin.model.layer import Rgb, Style, StyleItem
from citytwin.model.text import Text, text
from citytwin.store.precision import flat_floats, inverse_of

NO_DATA_RGB: Rgb = (139, 148, 158)
"""Neutral grey of features whose value is missing; the map page has the same."""
NO_DATA_LABEL = text("データなし", "No data")
NO_DATA = -1
"""Item number of values that are missing or that no item holds."""


def check_style(style: Style, layer: str) -> None:
    """Check that the items follow each other without gap or overlap.

    Parameters
    ----------
    style
        What a recipe made.
    layer
        Name for the message.

    Raises
    ------
    StoreError
        If a value could fall into two items, or between two.
    """
    if not style.items:
        msg = f"style of layer {layer} has no items"
        raise StoreError(msg, hint="give it at least one class")
    for item in style.items:
        if item.min is not None and item.max is not None and not item.min < item.max:
            msg = f"style of layer {layer}: [{item.min}, {item.max}) is empty"
            raise StoreError(msg, hint="let each item end above its beginning")
    for one, two in itertools.pairwise(style.items):
        if one.max is None or one.max != two.min:
            msg = f"style of layer {layer}: an item ends at {one.max}, the next begins at {two.min}"
            raise StoreError(msg, hint="let each item begin where the one before ends")


def both(label: Text) -> str:
    """Return a phrase for files that know one language only: Japanese, then English.

    Parameters
    ----------
    label
        The phrase.
    """
    return label.ja if label.ja == label.en else f"{label.ja} / {label.en}"


def item_numbers(style: Style, values: NDArray[Any], precision: float) -> NDArray[np.int16]:
    """Return the number of the item [min, max) that holds each value.

    Parameters
    ----------
    style
        Checked style.
    values
        Any shape; NaN where there is no data.
    precision
        Step of the values. They are compared as rounded to it in float64, so that a depth stored
        as float32(0.01) counts as 0.01 and not as a little less.

    Returns
    -------
    array
        Same shape; -1 where no item holds the value.
    """
    begins = [-np.inf if item.min is None else item.min for item in style.items]
    if (end := style.items[-1].max) is not None:
        begins.append(end)
    given = flat_floats(values)
    numbers = np.empty(given.shape, dtype=np.int16)
    number_classes(given, precision, inverse_of(precision), np.array(begins, np.float64), numbers)
    numbers[numbers == len(style.items)] = NO_DATA
    return numbers.reshape(np.shape(values))


def stop_of(item: StyleItem) -> float:
    """Return the value at which a ramp has the colour of an item: the middle, or the closed end.

    Parameters
    ----------
    item
        Item of a ramp.
    """
    if item.min is not None and item.max is not None:
        return (item.min + item.max) / 2
    end = item.max if item.min is None else item.min
    return 0.0 if end is None else end


def painted(style: Style, values: NDArray[Any], precision: float) -> NDArray[np.uint8]:
    """Return the colour of every value.

    Parameters
    ----------
    style
        Checked style.
    values
        Any shape; NaN where there is no data.
    precision
        Step of the values.

    Returns
    -------
    array
        Shape of `values` + (4,): red, green, blue, alpha; alpha 0 for no data and for items
        that are not drawn.
    """
    numbers = item_numbers(style, values, precision)
    table = np.array(
        [(*item.rgb, 0 if item.transparent else 255) for item in style.items] + [(0, 0, 0, 0)],
        dtype=np.uint8,
    )
    colours = table[numbers]
    if style.kind == "ramp" and len(style.items) > 1:
        stops = [stop_of(item) for item in style.items]
        drawn = colours[..., 3] > 0
        for band in range(3):
            levels = [item.rgb[band] for item in style.items]
            blended = np.interp(np.asarray(values, dtype=np.float64)[drawn], stops, levels)
            colours[..., band][drawn] = np.rint(blended).astype(np.uint8)
    return colours
