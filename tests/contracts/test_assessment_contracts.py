"""Every assessment: its table fits the schema, inputs unchanged, whatever a city has."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.tables import Table
from citytwin.store.tables import conform, row_digests
from tests.contracts.inputs import choices_of, label, large_town, rows_of, with_params

CASES = [
    (step, params, choice)
    for step, params in with_params(Assessment)
    for choice in range(len(choices_of(step)))
]
IDS = ["-".join(map(label, case)) for case in CASES]


def state_of(given: tuple[Any, ...], *, rows: int | None = None) -> CityState:
    """The town with the inputs given; `rows` cuts every table."""
    town = large_town()
    return CityState(
        grid=town.grid,
        fields={r: town.fields[r] for r in given if r in town.fields},
        tables={r: rows_of(r).iloc[:rows].copy() for r in given if isinstance(r, Table)},
        time_zone=town.site.time_zone,
        directions={r: town.directions for r in given if r in town.fields and r.axis},
        records={r: town.records[r] for r in given if r in town.records},
    )


@cache
def first_run(case: int) -> Assessed:
    """What a case comes to, computed once for all tests of this file."""
    step, params, choice = CASES[case]
    return step.run(state_of(choices_of(step)[choice]), params)


@pytest.mark.parametrize("case", range(len(CASES)), ids=IDS)
def test_the_table_fits_its_schema(case: int) -> None:
    """Columns, types and CRS are as declared, ids are unique, numbers are never infinite."""
    step, assessed = CASES[case][0], first_run(case)
    frame = conform(step.output, assessed.frame, large_town().grid.crs)
    assert len(frame)
    for column in step.output.columns:
        if column.kind == "float64":
            assert not np.isinf(frame[column.name]).any(), column.name
    if step.output.geometry != "none":
        assert frame.geometry.is_valid.all()
        kinds = {kind.removeprefix("Multi").lower() for kind in frame.geometry.geom_type}
        assert step.output.geometry == "any" or kinds <= {step.output.geometry.replace("line",
                                                                                   "linestring")}  # fmt: skip
    assert all(np.isfinite(fact.value) for fact in assessed.facts)


@pytest.mark.parametrize("case", range(len(CASES)), ids=IDS)
def test_inputs_unchanged_and_the_same_again(case: int) -> None:
    """Tables stay as they were (fields are read-only), and a second run gives the same table."""
    step, params, choice = CASES[case]
    state = state_of(choices_of(step)[choice])
    made = (first_run(case).frame, step.run(state, params).frame)
    first, again = (row_digests(conform(step.output, rows, state.grid.crs)) for rows in made)
    assert first.tolist() == again.tolist()
    for table, frame in state.tables.items():
        pd.testing.assert_frame_equal(frame, rows_of(table))


@pytest.mark.parametrize(("step", "params", "choice"), CASES, ids=label)
def test_no_rows_in_no_rows_out(step: Assessment[Any], params: Params, choice: int) -> None:
    """A city whose tables are empty gets an empty table rather than an error."""
    state = state_of(choices_of(step)[choice], rows=0)
    if not state.tables:
        return
    index = {f: np.full_like(a, -1) for f, a in state.fields.items() if f.dtype == "int32"}
    bare = replace(state, fields={**state.fields, **index})
    frame = conform(step.output, step.run(bare, params).frame, state.grid.crs)
    assert len(frame) == 0
