"""Numbers of buildings on the grid: one for each id, whatever else there is."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import CityTwinError
from citytwin.model import building_numbers as module
from citytwin.model.building_numbers import NO_BUILDING, building_numbers, rows_of_cells

IDS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), unique=True)


def column(ids: list[str]) -> pd.Series[str]:
    """Ids as tables hold them."""
    return pd.Series(pd.array(ids, dtype="string"))


@given(IDS, st.randoms())
def test_a_number_follows_from_the_id_alone(ids: list[str], dice: object) -> None:
    """Whatever stands beside it, in whatever order, in whatever type of column."""
    known = dict(zip(ids, building_numbers(column(ids)).tolist(), strict=True))
    assert all(0 <= number < 2**63 for number in known.values())
    assert len(set(known.values())) == len(ids)
    some = ids[::-2]
    assert building_numbers(column(some)).tolist() == [known[one] for one in some]
    assert building_numbers(pd.Series(some, dtype=object)).tolist() == [known[i] for i in some]


@given(IDS, st.integers(0, 2**32 - 1))
def test_rows_are_those_of_a_dictionary(ids: list[str], seed: int) -> None:
    """Of buildings that are not in the table there is no row."""
    dice = np.random.default_rng(seed)
    numbers = np.append(building_numbers(column(ids)), NO_BUILDING)
    cells = np.repeat(numbers[dice.integers(-1, len(ids), (4, 7))], dice.integers(1, 4), axis=1)
    kept = [one for one in ids if dice.random() < 0.7]
    row_of = dict(zip(building_numbers(column(kept)).tolist(), range(len(kept)), strict=True))
    expected = [[row_of.get(number, -1) for number in line] for line in cells.tolist()]
    found = rows_of_cells(cells, column(kept))
    assert found.dtype == np.int32
    assert found.tolist() == expected


def test_no_cells_and_no_buildings() -> None:
    """A tile in the countryside, and a window of no width."""
    assert rows_of_cells(np.full((2, 3), 5), column([])).tolist() == [[-1] * 3] * 2
    assert rows_of_cells(np.empty((0, 3), dtype=np.int64), column(["a"])).shape == (0, 3)


def test_two_buildings_of_one_number_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes to pass hardly ever, and never silently."""
    monkeypatch.setattr(module, "building_numbers", lambda ids: np.array([3, 9, 3]))
    with pytest.raises(CityTwinError, match="buildings 'a' and 'c' have the same number 3"):
        rows_of_cells(np.zeros((2, 2), dtype=np.int64), column(["a", "b", "c"]))
