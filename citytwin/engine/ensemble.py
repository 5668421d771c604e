"""Many cases of one simulation on bare rasters, side by side, of which the worst counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from distributed import Client, Future
from numpy.typing import NDArray

from citytwin.engine.bare import bound_params, named, simulate
from citytwin.errors import CityTwinError, ConfigError, StepError
from citytwin.model.fields import Field
from citytwin.model.steps import Params

WORST_CASE = "worst_case"
"""Variable that says which case is the worst in a cell, by its number from 0; -1 where none has a
value."""


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
        the first output; and the figures of each case, in their order.

    Raises
    ------
    ConfigError
        If the simulation knows no cases, or the parameters hold none.
    StepError
        If a case fails; with its name.
    """
    step = named(name)
    if step.ensemble is None:
        msg = f"simulation {name} knows no cases"
        raise ConfigError(msg, hint="run it with `citytwin simulate`")
    cases = step.ensemble.cases(bound_params(step, params))
    if not cases:
        msg = f"the parameters of {name} hold no cases"
        raise ConfigError(msg, hint=step.ensemble.hint)
    rule = _Rule(step.made(cases[0].params), frozenset(field.name for field in step.ensemble.least))
    shared = client.scatter(dict(inputs), broadcast=True)
    runs = [
        client.submit(_one, name, shared, case.params, number, rule, time_zone, pure=False)
        for number, case in enumerate(cases)
    ]
    heads = [client.submit(_head, run, pure=False) for run in runs]
    worst = _meet(client, runs, rule)
    del runs  # so that a result is dropped as soon as it has met another
    reports = tuple(_report(case.name, head, name) for case, head in zip(cases, heads, strict=True))
    found: xr.Dataset = worst.result()
    names = "; ".join(f"{number}: {case.name}" for number, case in enumerate(cases))
    comment = f"Worst of {len(cases)} cases, each computed alone ({names})."
    return found.assign_attrs(cases=float(len(cases)), comment=comment), reports


def _report(case: str, head: Future, step: str) -> CaseFigures:
    try:
        figures, comment = head.result()
    except CityTwinError as error:
        raise StepError(f"case {case!r}: {error}", step=step) from error
    return CaseFigures(case, figures, comment)


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


def _head(data: xr.Dataset) -> tuple[dict[str, float], str]:
    """Figures of a case and what was said of it."""
    figures = {key: value for key, value in data.attrs.items() if isinstance(value, float)}
    return figures, str(data.attrs.get("comment", ""))


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
