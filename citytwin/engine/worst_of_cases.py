"""The worst of many cases in each cell, whichever of them came to a result."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from citytwin.engine.bare import NOTES, WARNINGS
from citytwin.model.fields import Field
from citytwin.model.steps import Case, Simulation

WORST_CASE = "worst_case"
"""Variable that says which case is the worst in a cell, by its number from 0; -1 where none has a
value above 0, such as water."""
CASE = "case"
"""Dimension of series at gauges: the number of the case."""


@dataclass(frozen=True)
class CaseFigures:
    """What is known of one case."""

    name: str
    figures: Mapping[str, float]
    """Figures of its result, such as the account of its water."""
    comment: str
    """What was said of it."""
    failure: str = ""
    """Why it has no result; empty where it has one."""


@dataclass(frozen=True, eq=False)
class _Head:
    """What is known of a case beside its rasters."""

    figures: Mapping[str, float]
    comment: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    gauges: xr.Dataset
    """Series at gauges; without variables where there are none."""


@dataclass(frozen=True)
class _Rule:
    """Which value of a field is the worse one."""

    outputs: tuple[Field, ...]
    least: frozenset[str]

    def is_known(self, field: Field, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Cells with a value."""
        unknown: NDArray[np.bool_] = (
            np.isnan(values) if field.dtype == "float32" else values == field.nodata
        )
        return ~unknown

    def is_worse(self, field: Field, one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
        """Cells in which `other` is worse than `one`; any value is worse than none."""
        known, other_known = self.is_known(field, one), self.is_known(field, other)
        beyond = other < one if field.name in self.least else other > one
        worse: NDArray[np.bool_] = other_known & (~known | beyond)
        return worse


def worst_of(
    step: Simulation[Any],
    cases: Sequence[Case[Any]],
    read: Callable[[int], xr.Dataset],
    failed: Mapping[int, str],
) -> tuple[xr.Dataset, tuple[CaseFigures, ...]]:
    """Take the worst of the cases that came to a result, in the order of their numbers.

    Parameters
    ----------
    step
        The simulation.
    cases
        All of them.
    read
        Gives the result of a case by its number.
    failed
        Why some came to nothing, by their numbers; not all.

    Returns
    -------
    tuple
        As `ensemble` returns it.
    """
    found = [number for number in range(len(cases)) if number not in failed]
    kind = step.ensemble
    least = frozenset[str]() if kind is None else frozenset(one.name for one in kind.least)
    rule = _Rule(step.made(cases[0].params), least)
    first = read(found[0])
    heads, worst = {found[0]: _head(first)}, _numbered(first, found[0], rule)
    for number in found[1:]:  # one after the other: all of them are never in memory
        data = read(number)
        heads[number] = _head(data)
        worst = _worse(worst, _numbered(data, number, rule), rule)
    told = list(heads.values())
    alike = [note for note in told[0].notes if all(note in one.notes for one in told)]
    lacking = _lacking(cases, failed)
    warnings = (*lacking, *_warnings(cases, heads))
    names = "; ".join(f"{number}: {cases[number].name}" for number in found)
    of_all = f" of {len(cases)}" if failed else ""
    comment = f"Worst of {len(found)}{of_all} cases, each computed alone ({names})."
    said = {
        "cases": float(len(found)),
        "cases_missing": float(len(failed)),
        "comment": " ".join([comment, *(f"{note}." for note in (*lacking, *alike))]),
        WARNINGS: "\n".join(warnings),
    }
    reports = tuple(
        CaseFigures(case.name, {}, "", failed[number])
        if number in failed
        else CaseFigures(case.name, heads[number].figures, heads[number].comment)
        for number, case in enumerate(cases)
    )
    gauges = xr.concat([one.gauges for one in told], CASE, coords="minimal", compat="override")
    by_case = gauges.assign_coords({CASE: np.array(found)})
    return worst.assign(by_case.data_vars).assign_attrs(said), reports


def _warnings(cases: Sequence[Case[Any]], heads: Mapping[int, _Head]) -> tuple[str, ...]:
    """Warnings of the cases, each once; with the cases where it is not that of all."""
    by_text: dict[str, list[int]] = {}
    for number, head in heads.items():
        for text in dict.fromkeys(head.warnings):
            by_text.setdefault(text, []).append(number)
    return tuple(
        text if len(mine) == len(heads) else f"{_named(cases, mine)}: {text}"
        for text, mine in by_text.items()
    )


def _named(cases: Sequence[Case[Any]], numbers: Sequence[int]) -> str:
    word = "case" if len(numbers) == 1 else "cases"
    return f"{word} " + ", ".join(f"{number} ({cases[number].name})" for number in numbers)


def _lacking(cases: Sequence[Case[Any]], failed: Mapping[int, str]) -> tuple[str, ...]:
    """What must be said where some cases came to nothing."""
    if not failed:
        return ()
    names = "; ".join(f"{number}: {cases[number].name}" for number in failed)
    return (
        f"{len(failed)} of {len(cases)} cases came to no result ({names}): the worst of the others "
        "is a lower bound, of times an upper one",
    )


def _numbered(data: xr.Dataset, number: int, rule: _Rule) -> xr.Dataset:
    """A case is the worst so far wherever it has a value above 0: where no water comes none is."""
    first = data[rule.outputs[0].name]
    comes = rule.is_known(rule.outputs[0], first.values) & (first.values > 0)
    case = np.where(comes, np.int32(number), np.int32(-1))
    maps = data.drop_vars(_at_gauges(data))
    return maps.assign({WORST_CASE: first.copy(data=case).assign_attrs(units="1")})


def _head(data: xr.Dataset) -> _Head:
    """Figures of a case, what was said of it, and its series."""
    attrs = data.attrs
    figures = {key: value for key, value in attrs.items() if isinstance(value, float)}
    notes, warnings = (tuple(str(attrs[key]).splitlines()) for key in (NOTES, WARNINGS))
    gauges = data[_at_gauges(data)].drop_vars("spatial_ref", errors="ignore").drop_attrs(deep=False)
    return _Head(figures, str(attrs["comment"]), notes, warnings, gauges)


def _at_gauges(data: xr.Dataset) -> list[Hashable]:
    return [name for name, values in data.data_vars.items() if "gauge" in values.dims]


def _worse(one: xr.Dataset, other: xr.Dataset, rule: _Rule) -> xr.Dataset:
    """Take the worse of two in each cell; of equal ones the first."""
    taken = {}
    for field in rule.outputs:
        a, b = one[field.name], other[field.name]
        worse = rule.is_worse(field, a.values, b.values)
        taken[field.name] = a.copy(data=np.where(worse, b.values, a.values))
        if field is rule.outputs[0]:
            a, b = one[WORST_CASE], other[WORST_CASE]
            taken[WORST_CASE] = a.copy(data=np.where(worse, b.values, a.values))
    return one.assign(taken)
