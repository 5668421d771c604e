"""What a layer says of itself: everything that shows in its files counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from citytwin import registry
from citytwin.engine import whole
from citytwin.engine.whole import LayerTask, layer_fingerprint
from citytwin.model.layer import InputFile, SourceCredit
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import text
from citytwin.testing.small_town import small_town

GRID = small_town(20, 24).grid
RECIPE = next(r for r in registry.all_of(LayerRecipe) if r.id == "terrain")
TASK = LayerTask(
    layer_id="terrain",
    owner="",
    notes=(),
    facts=(),
    classification="public",
    valid_time=datetime(2026, 6, 1, tzinfo=UTC),
    licence="CC0",
    sources=(
        SourceCredit(title=text("雨", "Rain"), sha256="a" * 64, licence="CC0", synthetic=False),
    ),
    inputs=(),
    vertical_datum=text("T.P.", "T.P."),
    staging=Path("nowhere"),
)
SAID = layer_fingerprint(TASK, RECIPE, GRID, "content")


@pytest.mark.parametrize(
    "change",
    [
        {"vertical_datum": text("NAP", "NAP")},
        {"valid_time": datetime(2026, 6, 2, tzinfo=UTC)},
        {"licence": "CC BY 4.0"},
        {"sources": ()},
        {
            "inputs": (
                InputFile(
                    href="rain.json",
                    sha256="a" * 64,
                    title=text("雨", "Rain"),
                    licence="CC0",
                    synthetic=False,
                ),
            )
        },
        {"classification": "internal"},
        {"lowered_from": "secret"},
    ],
)
def test_all_that_is_said_counts(change: dict[str, object]) -> None:
    """A datum that is corrected reaches the layer, its item and its catalogue."""
    assert layer_fingerprint(replace(TASK, **change), RECIPE, GRID, "content") != SAID


def test_the_grid_counts() -> None:
    """The same values a cell further west are another layer."""
    assert layer_fingerprint(TASK, RECIPE, GRID, "content") == SAID
    moved = replace(GRID, x_min=GRID.x_min - GRID.cell_m)
    assert layer_fingerprint(TASK, RECIPE, moved, "content") != SAID
    assert layer_fingerprint(TASK, RECIPE, GRID, "other") != SAID


@pytest.mark.parametrize("name", ["code_digest", "library_versions"])
def test_code_and_libraries_count(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Another recipe, writer or GDAL may write other bytes."""
    monkeypatch.setattr(whole, name, lambda *_: "other")
    assert layer_fingerprint(TASK, RECIPE, GRID, "content") != SAID
