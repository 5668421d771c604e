"""Values of columns, which any program may have written."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd


def is_null(value: Any) -> bool:
    """Whether a value says nothing.

    Parameters
    ----------
    value
        As read.
    """
    return value is None or bool(pd.api.types.is_scalar(value) and pd.isna(value)) or value == ""


def text_of(value: Any) -> str | None:
    """Value as a text that every table can store; None when it says nothing.

    Parameters
    ----------
    value
        As read.
    """
    if is_null(value):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)[:1000].encode("utf-8", "replace").decode("utf-8").strip() or None


def number_of(value: Any) -> float | None:
    """Value as a finite number; None when it is none.

    Parameters
    ----------
    value
        As read.
    """
    if is_null(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
