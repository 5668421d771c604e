"""Every layer: a style without gaps over all values, wording in both languages."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.layer import RasterView, Style, ValueRange, VectorView
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import Column
from tests.contracts.inputs import label, rows_of, steps_of

RASTERS = [step for step in steps_of(LayerRecipe) if isinstance(step.view, RasterView)]
VECTORS = [step for step in steps_of(LayerRecipe) if isinstance(step.view, VectorView)]
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")

RANGES = (
    (0.0, 0.0),
    (0.0, 1e-4),
    (0.2, 0.8),
    (-3.7, 3.2),
    (17.0, 17.0),
    (3.0, 3776.24),
    (-400.0, 8848.0),
    (0.0, 1e6),
)
"""Extremes that a field may have in some city: flat, tiny, below zero, mountains."""


def ranges_of(recipe: LayerRecipe) -> list[ValueRange]:
    """The ranges above, cut to what the field can be."""
    field = recipe.view.field
    cut = np.unique(np.clip(RANGES, field.valid_min, field.valid_max), axis=0)
    return [ValueRange(float(low), float(high)) for low, high in cut]


def check_bins(style: Style) -> None:
    """Bins rise, touch, and have names."""
    assert style.items
    for item, following in pairwise(style.items):
        assert item.max is not None
        assert item.max == following.min, (item, following)
    for item in style.items:
        if item.min is not None and item.max is not None:
            assert item.min < item.max, item
        assert item.label.ja.strip(), item
        assert item.label.en.strip(), item
        assert not JAPANESE.search(item.label.en), item
        assert all(0 <= part <= 255 for part in item.rgb), item
    labels = [item.label for item in style.items]
    assert len(set(labels)) == len(labels), "two bins of one name"
    assert JAPANESE.search(style.title.ja)
    assert style.title.en.strip()


def covers(style: Style, low: float, high: float) -> bool:
    """Whether every value from low to high falls into a bin [min, max)."""
    first, last = style.items[0].min, style.items[-1].max
    return (first is None or first <= low) and (last is None or high < last)


@pytest.mark.parametrize("recipe", RASTERS, ids=label)
def test_styles_of_fields_have_no_gap(recipe: LayerRecipe) -> None:
    """Whatever values a city has, each has a colour and a name, in the unit of the field."""
    assert recipe.view.field in f.ALL
    for values in ranges_of(recipe):
        style = recipe.style(values)
        check_bins(style)
        assert covers(style, values.low, values.high), (values, style.items)
        assert style.unit in (recipe.view.field.unit, ""), style.unit
        assert style.unit or recipe.view.field.unit == "1"


@pytest.mark.parametrize("recipe", VECTORS, ids=label)
def test_vector_layers_show_columns_that_exist(recipe: LayerRecipe) -> None:
    """Columns named are columns of the table, and rows made for the map fit their columns."""
    view = recipe.view
    assert view.table in t.ALL
    assert view.table.geometry != "none"
    names = {column.name for column in view.columns}
    shown = [attribute.column for attribute in view.attributes]
    assert {view.id_column, view.style_column, *shown} <= names
    assert len(set(shown)) == len(shown)
    if view.extrude is not None:
        assert {view.extrude.height, view.extrude.base or view.extrude.height} <= names
    before = rows_of(view.table).copy()
    shown_rows = _rows_shown(recipe)
    assert set(shown_rows.columns) == names
    assert shown_rows[view.id_column].is_unique
    pd.testing.assert_frame_equal(before, rows_of(view.table))
    for attribute in view.attributes:
        assert JAPANESE.search(attribute.label.ja)
        assert attribute.label.en.strip()


@pytest.mark.parametrize("recipe", VECTORS, ids=label)
def test_styles_of_tables_have_a_bin_for_every_row(recipe: LayerRecipe) -> None:
    """Each known value of the column that is coloured falls into a bin, in its unit."""
    view = recipe.view
    values = pd.to_numeric(_rows_shown(recipe)[view.style_column]).dropna()
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
    style = recipe.style(ValueRange(low, high))
    check_bins(style)
    assert covers(style, low, high)
    assert style.unit in (_column(recipe, view.style_column).unit, "")


@pytest.mark.parametrize("recipe", VECTORS, ids=label)
def test_coded_values_have_words(recipe: LayerRecipe) -> None:
    """A reader of the map never meets a bare code."""
    rows = _rows_shown(recipe)
    for attribute in recipe.view.attributes:
        if attribute.values:
            words = dict(attribute.values)
            assert len(words) == len(attribute.values)
            found = {str(value) for value in rows[attribute.column].dropna().unique()}
            assert found <= set(words), attribute.column
            assert all(said.ja.strip() and said.en.strip() for said in words.values())


@pytest.mark.parametrize("recipe", steps_of(LayerRecipe), ids=label)
def test_summaries_say_how_far_to_trust(recipe: LayerRecipe) -> None:
    """Two sentences or more, in both languages."""
    assert len(re.findall("。", recipe.summary.ja)) >= 2
    assert len(re.findall(r"[.](?=\s|$)", recipe.summary.en)) >= 2
    assert not JAPANESE.search(recipe.summary.en)


def _rows_shown(recipe: LayerRecipe) -> pd.DataFrame:
    view = recipe.view
    rows = rows_of(view.table)
    return rows if view.derived is None else view.derived.make(rows)


def _column(recipe: LayerRecipe, name: str) -> Column:
    return next(column for column in recipe.view.columns if column.name == name)
