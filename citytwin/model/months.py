"""Months of the year, as parameters name them."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator


def _each_once(months: tuple[int, ...]) -> tuple[int, ...]:
    if any(not 1 <= month <= 12 for month in months) or len(set(months)) != len(months):
        msg = f"months are {list(months)}: give numbers from 1 to 12, each once"
        raise ValueError(msg)
    return months


Months: TypeAlias = Annotated[tuple[int, ...], AfterValidator(_each_once)]
"""Numbers from 1 to 12, each at most once."""
