"""Real surfaces of PLATEAU (flood of Numazu, tsunami) as depth over an assumed ground."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.formats import citygml_hazards
from citytwin.grids.statutory_depth import GRIDDER, StatutoryDepthParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.ragged import flattened
from citytwin.model.steps import Dataset, GridTask, NoParams
from citytwin.store.tables import conform

CASES = {
    "river_flood": ("fld/52385721_fld_6697_l1_op.gml", "L1"),
    "tsunami": ("tnm/523855_tnm_6697_op.gml", None),
}
BELOW_M = {
    "0.5m未満": 0.2,
    "0.5m以上3m未満": 0.8,
    "0.01m以上0.3m未満": 0.1,
    "0.3m以上1.0m未満": 0.5,
    "1.0m以上2.0m未満": 1.3,
}
"""Assumed ground, no measurement: so far below the lowest corner of each surface, in its rank."""


@pytest.mark.parametrize("kind", CASES)
def test_depth_of_real_surfaces(samples, kind):
    """Flooded is what shapely says is covered; the depth is that of the plane above the ground."""
    relative, scale = CASES[kind]
    root = samples / "buildings/plateau"
    dataset = Dataset(kind, root, (root / "udx" / relative,), "EPSG:6676", "Asia/Tokyo")
    decoded = citygml_hazards.FORMAT.read(dataset, NoParams())
    table = conform(t.HAZARD_SURFACES, decoded.tables[t.HAZARD_SURFACES], "EPSG:6676")
    corners = flattened(table["triangle"])[0].reshape(-1, 3, 3)
    west, north = np.floor(corners[..., 0].min()) - 3, np.ceil(corners[..., 1].max()) + 3
    ny = int(north - corners[..., 1].min()) + 4
    nx = int(corners[..., 0].max() - west) + 4
    grid = GridSpec("EPSG:6676", float(west), float(north), 0.5, 2 * ny, 2 * nx)
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    places = shapely.points(x.ravel(), y.ravel())
    tree = shapely.STRtree(shapely.polygons(corners[..., :2]))
    cells, triangles = tree.query(places, predicate="within")
    ground = np.full(grid.ny * grid.nx, 4.0)
    expected = np.zeros(ground.size)
    for cell, triangle in zip(cells, triangles, strict=True):
        a, b, c = corners[triangle]
        span = np.column_stack([b[:2] - a[:2], c[:2] - a[:2]])
        v, w = np.linalg.solve(span, [x.ravel()[cell] - a[0], y.ravel()[cell] - a[1]])
        own = table["rank"][triangle]
        ground[cell] = corners[triangle, :, 2].min() - BELOW_M[own]
        expected[cell] = a[2] + v * (b[2] - a[2]) + w * (c[2] - a[2]) - ground[cell]
    terrain = ground.reshape(grid.shape).astype(np.float32)
    task = GridTask(grid, grid.whole, {t.HAZARD_SURFACES: table}, {}, {f.TERRAIN: terrain})
    params = StatutoryDepthParams(kind=kind, scale=scale)
    fields = GRIDDER.run(task, params).fields
    assert len(set(cells)) > 200
    np.testing.assert_allclose(fields[f.STATUTORY_DEPTH].ravel(), expected, atol=2e-3)
    kinds = set(np.unique(fields[f.STATUTORY_DEPTH_FROM]))
    assert kinds == {t.StatutoryDepthFrom.NONE, t.StatutoryDepthFrom.SURFACE}
    other = GRIDDER.run(task, StatutoryDepthParams(kind="high_tide", scale=None)).fields
    assert not other[f.STATUTORY_DEPTH].any()
