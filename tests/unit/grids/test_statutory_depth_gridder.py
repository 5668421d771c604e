"""Statutory inundation maps on the grid: which surfaces count, and the depth under them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from citytwin.grids.statutory_depth import GRIDDER, StatutoryDepthParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import GridTask
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 1.0, 20, 30)
GROUND_M = 10.0


def square(col, level, rank, *, kind="river_flood", scale="L2", event="みずほ川", row=2):
    """Two triangles over 4 by 4 cells whose north-west cell is named, at a water level."""
    west, north = GRID.x_min + col, GRID.y_max - row
    points = [
        (west, north, level),
        (west + 4, north, level),
        (west + 4, north - 4, level),
        (west, north - 4, level),
    ]
    said = (f"s{col}-{level}", kind, event, scale, "national", None, rank, "a.gml")
    return [
        (np.array([points[k] for k in corners]).ravel(), *said)
        for corners in ((0, 1, 2), (0, 2, 3))
    ]


def made(*squares, ground=None, tile=GRID.whole, **params):
    """Outcome over level ground."""
    names = list(t.HAZARD_SURFACES.column_names)
    frame = pd.DataFrame([row for rows in squares for row in rows], columns=names)
    table = conform(t.HAZARD_SURFACES, frame, GRID.crs)
    if ground is None:
        ground = np.full(GRID.shape, GROUND_M, dtype=np.float32)
    task = GridTask(GRID, tile, {t.HAZARD_SURFACES: table}, {}, {f.TERRAIN: ground})
    return GRIDDER.run(task, StatutoryDepthParams(**params))


@pytest.mark.parametrize(
    ("level", "rank", "depth", "origin"),
    [
        (11.2, "0.5m以上3m未満", 1.2, t.StatutoryDepthFrom.SURFACE),
        (10.2, "0.5m以上3m未満", 0.5, t.StatutoryDepthFrom.RANK),
        (14.0, "0.5m以上3m未満", 2.999, t.StatutoryDepthFrom.RANK),
        (10.02, "0.5m未満", 0.05, t.StatutoryDepthFrom.SURFACE),
        (9.0, "0.5m未満", 0.05, t.StatutoryDepthFrom.RANK),
        (35.0, "20m以上", 25.0, t.StatutoryDepthFrom.SURFACE),
        (11.2, None, 1.2, t.StatutoryDepthFrom.UNRANKED),
        (0.0, "3m以上5m未満", 3.0, t.StatutoryDepthFrom.RANK),
    ],
)
def test_depth_is_level_less_ground_within_the_rank(level, rank, depth, origin):
    """Sixteen cells are flooded so deep; a surface without usable heights leaves the rank."""
    fields = made(square(5, level, rank)).fields
    expected = np.zeros(GRID.shape)
    expected[2:6, 5:9] = depth
    np.testing.assert_allclose(fields[f.STATUTORY_DEPTH], expected, atol=1e-5)
    assert (fields[f.STATUTORY_DEPTH_FROM][2:6, 5:9] == origin).all()
    assert (fields[f.STATUTORY_DEPTH_FROM] > 0).sum() == 16


def test_the_deepest_of_the_surfaces_that_were_asked_for():
    """Kind, scale and river choose; where rivers overlap the deeper counts."""
    squares = (
        square(0, 11.0, "0.5m以上3m未満"),
        square(2, 12.0, "0.5m以上3m未満", event="たから川"),
        square(8, 12.5, "0.5m以上3m未満", scale="L1"),
        square(14, 13.5, "3m以上5m未満", kind="tsunami", scale=None),
        square(20, 11.5, "0.5m以上3m未満", scale=None),
    )

    def row(**params):
        return made(*squares, **params).fields[f.STATUTORY_DEPTH][3].tolist()

    flooded = [1.0] * 2 + [2.0] * 4 + [0.0] * 14 + [1.5] * 4 + [0.0] * 6
    assert row() == flooded
    both = [*flooded[:8], 2.5, 2.5, 2.5, 2.5, *flooded[12:]]
    assert row(scale=None) == both
    assert row(event="みずほ川") == [1.0] * 4 + [0.0] * 16 + [1.5] * 4 + [0.0] * 6
    assert row(kind="tsunami") == [0.0] * 14 + [3.5] * 4 + [0.0] * 12


def test_what_is_said_of_the_map():
    """Kind and scale are a premise of all that is made from it; surfaces without scale are counted."""
    notes = made(square(0, 11.0, "0.5m未満"), square(20, 11.5, "0.5m未満", scale=None)).notes
    assert "river flood, L2" in notes[0].en
    assert notes[0].premise
    assert notes[2].en.startswith("2 triangles of surfaces that do not tell their scale")
    assert len(made(square(0, 11.0, "0.5m未満")).notes) == 2


def test_unknown_ground_has_no_depth():
    """Neither depth nor class."""
    ground = np.full(GRID.shape, GROUND_M, dtype=np.float32)
    ground[3, 6] = np.nan
    fields = made(square(5, 11.0, "0.5m以上3m未満"), ground=ground).fields
    assert np.isnan(fields[f.STATUTORY_DEPTH][3, 6])
    assert fields[f.STATUTORY_DEPTH_FROM][3, 6] == f.CLASS_NODATA
    assert np.isnan(fields[f.STATUTORY_DEPTH]).sum() == 1


def test_figures_over_the_city():
    """Of 400 cells 100 are flooded, 20 of them not in their rank; no surface at all is a loss."""
    facts, notes = GRIDDER.summary({f.STATUTORY_DEPTH_FROM: {0: 300, 1: 70, 2: 20, 3: 10}})
    assert [(fact.name, fact.value, fact.unit) for fact in facts] == [
        ("statutory_share", 25.0, "%"),
        ("statutory_depth_of_rank", 20.0, "%"),
    ]
    assert notes == ()
    facts, notes = GRIDDER.summary({f.STATUTORY_DEPTH_FROM: {0: 400}})
    assert facts == ()
    assert [note.severity for note in notes] == ["loss"]
