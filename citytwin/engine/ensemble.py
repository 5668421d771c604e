"""Many cases of one simulation on bare rasters, side by side, of which the worst counts."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from distributed import Client, Future
from numpy.typing import NDArray

from citytwin.engine.bare import NOTES, WARNINGS, bound_params, named, simulate
from citytwin.errors import CityTwinError, ConfigError, StepError
from citytwin.model.fields import Field
from citytwin.model.steps import Case, Ensemble, Params, Simulation

WORST_CASE = "worst_case"
"""Variable that says which case is the worst in a cell, by its number from 0; -1 where none has a
value."""


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


def ensemble(
    name: str,
    inputs: Mapping[str, xr.DataArray],
    params: Params | Mapping[str, Any],
    client: Client,
    *,
    time_zone: str = "UTC",
) -> tuple[xr.Dataset, tuple[CaseFigures, ...]]:
    """Compute every case of a simulation and keep the worst of each cell.

    The cases run as tasks of the client, and their results meet in pairs on its workers; each
    worker holds the inputs once. Maxima do not depend on an order, so the result has the same bits
    with any number of workers.

    Parameters
    ----------
    name
        Simulation that knows cases, such as ``flood``: each breach of its levees alone.
    inputs
        Rasters by field name, as for `simulate`.
    params
        Parameters that hold all cases.
    client
        Dask client.
    time_zone
        Zone in which a local date is meant.

    Returns
    -------
    tuple
        Worst values by field name and ``worst_case``, the number of the case that is the worst by
        the first output, with the warnings of all cases and what is said of each of them alike; series
        at gauges with a dimension ``case``; and the figures of each case, in their order.

    Raises
    ------
    ConfigError
        If the simulation knows no cases, or the parameters hold none.
    StepError
        If a case fails; with its name.
    """
    step, cases = named(name), cases_of(name, params)
    least = frozenset(field.name for field in _ensemble_of(step).least)
    rule = _Rule(step.made(cases[0].params), least)
    shared = client.scatter(dict(inputs), broadcast=True)
    runs = [
        client.submit(_one, name, shared, case.params, number, rule, time_zone, pure=False)
        for number, case in enumerate(cases)
    ]
    heads = [client.submit(_head, run, pure=False) for run in runs]
    worst = _meet(client, runs, rule)
    del runs  # so that a result is dropped as soon as it has met another
    told = [_told(case.name, head, name) for case, head in zip(cases, heads, strict=True)]
    found: xr.Dataset = worst.result()
    names = "; ".join(f"{number}: {case.name}" for number, case in enumerate(cases))
    comment = f"Worst of {len(cases)} cases, each computed alone ({names})."
    alike = [note for note in told[0].notes if all(note in one.notes for one in told)]
    warnings = dict.fromkeys(warning for one in told for warning in one.warnings)
    said = {
        "cases": float(len(cases)),
        "comment": " ".join([comment, *(f"{note}." for note in alike)]),
        WARNINGS: "\n".join(warnings),
    }
    reports = tuple(
        CaseFigures(case.name, one.figures, one.comment)
        for case, one in zip(cases, told, strict=True)
    )
    gauges = xr.concat([one.gauges for one in told], CASE, coords="minimal", compat="override")
    numbered = gauges.assign_coords({CASE: np.arange(len(told))})
    return found.assign(numbered.data_vars).assign_attrs(said), reports


def cases_of(name: str, params: Params | Mapping[str, Any]) -> Sequence[Case[Any]]:
    """List the cases of a simulation.

    Parameters
    ----------
    name
        Simulation.
    params
        Parameters that hold all cases.

    Returns
    -------
    sequence
        At least one.

    Raises
    ------
    ConfigError
        If the simulation knows no cases, or the parameters hold none.
    """
    step = named(name)
    kind = _ensemble_of(step)
    cases = kind.cases(bound_params(step, params))
    if not cases:
        msg = f"the parameters of {name} hold no cases"
        raise ConfigError(msg, hint=kind.hint)
    return cases


def _ensemble_of(step: Simulation[Any]) -> Ensemble[Any]:
    if step.ensemble is None:
        msg = f"simulation {step.name} knows no cases"
        raise ConfigError(msg, hint="run it with `citytwin simulate`")
    return step.ensemble


@dataclass(frozen=True, eq=False)
class _Head:
    """What is known of a case beside its rasters."""

    figures: Mapping[str, float]
    comment: str
    notes: tuple[str, ...]
    warnings: tuple[str, ...]
    gauges: xr.Dataset
    """Series at gauges; without variables where there are none."""


def _told(case: str, head: Future, step: str) -> _Head:
    try:
        told: _Head = head.result()
    except CityTwinError as error:
        raise StepError(f"case {case!r}: {error}", step=step) from error
    return told


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


def _one(
    name: str,
    inputs: Mapping[str, xr.DataArray],
    params: Params,
    number: int,
    rule: _Rule,
    time_zone: str,
) -> xr.Dataset:
    """Run one case; it is the worst so far wherever it has a value."""
    data = simulate(name, inputs, params, time_zone=time_zone)
    first = rule.outputs[0]
    known = rule.is_known(first, data[first.name].values)
    case = np.where(known, np.int32(number), np.int32(-1))
    return data.assign({WORST_CASE: data[first.name].copy(data=case).assign_attrs(units="1")})


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


def _meet(client: Client, runs: Sequence[Future], rule: _Rule) -> Future:
    """Let results meet in pairs, neighbours first, so that no worker ever holds them all."""
    level = list(runs)
    while len(level) > 1:
        pairs = [
            client.submit(_worse, one, other, rule, pure=False)
            for one, other in zip(level[::2], level[1::2], strict=False)
        ]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0]
