"""A flow of a city in pieces on two worker processes: same bits and same account as in turn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster

from citytwin.engine.blocks import SimulationTask, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.split_run import simulate_split
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.simulations.wind_flow.params import WindFlowParams
from citytwin.simulations.wind_flow.step import SIMULATION

pytestmark = pytest.mark.timeout(900)  # workers compile the kernels where nobody has yet
GRID = GridSpec("EPSG:6677", -44000.0, -93000.0, 2.0, 24, 90)
PARAMS = WindFlowParams(
    from_deg=(300.0, 90.0), margin_m=16.0, most_turnovers=0.2, tile_cells=64, tile_overlap_m=16.0
)


def city(folder: Path) -> CityStore:
    """Blocks on level ground, so long that the flow has tiles."""
    store = CityStore(folder, GRID.crs, "Asia/Tokyo", 96, GRID)
    surface = np.zeros(GRID.shape, dtype=np.float32)
    for col, height in ((6, 8.0), (30, 12.0), (58, 6.0), (76, 9.0)):
        surface[8:14, col : col + 6] = height
    store.fields.create(f.SURFACE_HEIGHT)
    store.fields.write(f.SURFACE_HEIGHT, GRID.whole, surface)
    for field in SIMULATION.outputs:
        store.fields.create(field, SIMULATION.directions(PARAMS))
    return store


def test_two_workers_give_the_bits_of_one(tmp_path: Path) -> None:
    """Every field, fact and remark."""
    task = SimulationTask(
        step_name="wind_flow",
        params_json=PARAMS.model_dump_json(),
        tile=GRID.whole,
        padded=GRID.whole,
        fields=(f.SURFACE_HEIGHT,),
        tables=(),
        records=(),
        fingerprint="the run",
    )
    alone = simulate_tile(task, city(tmp_path / "alone"))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        made = client.submit(simulate_split, task, city(tmp_path / "shared"), pure=False).result()
    assert made.model_copy(update={"seconds": alone.seconds}) == alone
    facts = {fact.name: fact.value for fact in made.facts}
    assert facts["seam_max"] > 0
    assert facts["cells"] > GRID.nx * GRID.ny
