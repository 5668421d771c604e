"""Speed of the limits of shade: processor time per regulated building, on one thread.

A generated block of turned boxes 40 m apart, 10.5 to 60 m high (17 m in the mean), each on a strip
of 2 m: every one is regulated, and every one is checked between the lines and beyond them.

    python -m benchmarks.shade_rule
"""

from __future__ import annotations

import platform
import time
from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import affinity

from benchmarks.processor import processor
from citytwin.assessments import shade_diagram, shade_rule
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState
from citytwin.store.tables import conform, empty

CRS = "EPSG:6677"
PITCH_M, CELL_M = 40.0, 10.0
WEST, NORTH = -44_000.0, -94_000.0
HEIGHTS_M = (10.5, 12.0, 15.0, 18.0, 24.0, 31.0, 45.0, 60.0)
SHARES = (0.20, 0.25, 0.20, 0.15, 0.10, 0.06, 0.03, 0.01)
SIZES = (500, 2000, 5000)


def block_of(number: int) -> CityState:
    """So many buildings on level ground."""
    rng, side = np.random.default_rng(1), int(np.ceil(number**0.5))
    x = WEST + PITCH_M * (np.arange(number) % side)
    y = NORTH - PITCH_M * (np.arange(number) // side + 1)
    width, depth = rng.uniform(10, 30, number), rng.uniform(10, 25, number)
    heights, turns = rng.choice(HEIGHTS_M, number, p=SHARES), rng.uniform(0, 90, number)
    boxes = [
        shapely.MultiPolygon([affinity.rotate(shapely.box(a, b, a + w, b + d), turn)])
        for a, b, w, d, turn in zip(x, y, width, depth, turns, strict=True)
    ]
    frame = dict.fromkeys(t.BUILDINGS.column_names[:-1])
    frame |= {
        "building_id": [f"b{n}" for n in range(number)],
        "height_m": heights,
        "ground_z_m": 0.0,
        "roof_z_m": heights,
        "storeys": pd.array([pd.NA] * number, dtype="Int32"),
    }
    buildings = gpd.GeoDataFrame(pd.DataFrame(frame), geometry=boxes, crs=CRS)
    cells = int(side * PITCH_M / CELL_M) + 20
    grid = GridSpec(CRS, WEST - 100.0, NORTH + 100.0, CELL_M, cells, cells)
    ground = np.zeros(grid.shape, dtype=np.float32)
    tables = {t.BUILDINGS: buildings, t.SURFACES: empty(t.SURFACES, CRS)}
    return CityState(grid, {f.TERRAIN: ground}, tables)


def main() -> None:
    """Print a line per size, and one for the diagrams."""
    params = shade_rule.ShadeRuleParams(zone="第1種住居地域")
    print(f"{processor()}, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")
    shade_rule.run(block_of(4), params)
    for number in SIZES:
        city = block_of(number)
        begin = time.process_time()
        assessed = shade_rule.run(city, params)
        taken = time.process_time() - begin
        assert len(assessed.frame) == number
        print(
            f"{number:6d} buildings: {taken:6.1f} s, {1e3 * taken / number:5.2f} ms each, "
            f"100,000 in {1e5 * taken / number / 60.0:4.1f} min"
        )
    city = block_of(200)
    checks = conform(t.SHADE_CHECKS, shade_rule.run(city, params).frame, CRS)
    drawn = CityState(city.grid, {}, {**city.tables, t.SHADE_CHECKS: checks})
    begin = time.process_time()
    shade_diagram.run(drawn, shade_diagram.ShadeDiagramParams())
    taken = time.process_time() - begin
    print(f"   200 diagrams: {taken:6.1f} s, {1e3 * taken / 200:5.1f} ms each")


if __name__ == "__main__":
    main()
