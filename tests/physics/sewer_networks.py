"""Networks of sewers for tests, and ponds above them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from citytwin.formats.swmm_network import FORMAT
from citytwin.kernels.flood_sewers import Sewers
from citytwin.kernels.inundation import Forcing, Inundation, SolverOptions, simulate_inundation
from citytwin.model.checkpoints import UNWATCHED, Watch
from citytwin.model.steps import Dataset, NoParams
from citytwin.model.tables import SEWER_NETWORK
from citytwin.simulations.flood.sewers import records_of
from citytwin.simulations.flood.swmm import Swmm, running_network

CRS = "EPSG:6677"
CELL_M = 5.0
SHAPE = (4, 9)
WALL = 4
"""Column of the wall between two ponds of 4 x 4 cells, 400 m2 each."""
AREA_M2 = 400.0

ONE_PIPE = """
[OPTIONS]
FLOW_UNITS CMS
[JUNCTIONS]
;name invert depth first
A -3.0 3.0 0
[OUTFALLS]
O -5.0 FREE NO
[CONDUITS]
P A O 60 0.013 0 0
[XSECTIONS]
P CIRCULAR 0.8 0 0 0
[COORDINATES]
A 7 12
O 32 12
"""
"""A manhole whose pipe takes all that its opening lets pass."""

TWO_MANHOLES = """
[OPTIONS]
FLOW_UNITS LPS
[JUNCTIONS]
A -2.0 2.0 0
B -2.1 2.1 0
[OUTFALLS]
O 20.0 FREE NO
[CONDUITS]
P A B 20 0.013 0 0
Q B O 300 0.013 22.1 0
[XSECTIONS]
P CIRCULAR 0.6 0 0 0
Q CIRCULAR 0.3 0 0 0
[COORDINATES]
A 7 12
B 32 12
O 91 12
"""
"""A pipe from pond to pond; the outfall lies high above all water."""


def table_of(text: str, folder: Path):
    """Rows of a network, as the format reads them."""
    file = folder / "net.inp"
    file.write_text(text, encoding="utf-8")
    dataset = Dataset("net", folder, (file,), CRS, "UTC", source_crs=CRS)
    return FORMAT.read(dataset, NoParams()).tables[SEWER_NETWORK]


def cell_of(x: float, y: float) -> tuple[int, int]:
    """Row and column of a place in the ponds, whose south-west corner is the origin."""
    return SHAPE[0] - 1 - int(y // CELL_M), int(x // CELL_M)


@contextmanager
def sewers(
    text: str, folder: Path, manholes: tuple[str, ...], outfalls: tuple[str, ...] = ()
) -> Iterator[tuple[Sewers, Swmm]]:
    """A running network whose manholes have their rims at 0 m, the level of the ground."""
    records = records_of(table_of(text, folder))
    with running_network(records, manholes, outfalls, 0.5) as network:
        cells = np.array([cell_of(*records.places[name]) for name in (*manholes, *outfalls)])
        n = len(manholes)
        yield (
            Sewers(
                cells[:n, 0], cells[:n, 1], np.zeros(n), cells[n:, 0], cells[n:, 1], network,
                records.manhole_m2,
            ),
            network,
        )  # fmt: skip


def ponds(
    west_m: float,
    east_m: float,
    duration_s: float,
    given: Sewers,
    options: SolverOptions | None = None,
    watch: Watch = UNWATCHED,
) -> Inundation:
    """Two ponds on level ground that a wall parts, above sewers."""
    terrain = np.zeros(SHAPE, dtype=np.float32)
    blocked = np.zeros(SHAPE, dtype=bool)
    blocked[:, WALL] = True
    depth = np.full(SHAPE, west_m, dtype=np.float32)
    depth[:, WALL:] = east_m
    manning = np.full(SHAPE, 0.03, dtype=np.float32)
    forcing = Forcing(initial_depth_m=depth, sewers=given)
    return simulate_inundation(
        terrain, blocked, manning, CELL_M, duration_s, forcing, options or SolverOptions(), watch
    )
