"""A small flood in which everything happens: all that brings, takes and records water."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from citytwin.kernels.culvert_inlets import INLET_NAMES
from citytwin.kernels.flood_culverts import Culverts
from citytwin.kernels.flood_levee import Breach, Levee
from citytwin.kernels.flood_stage import StageCells, StageSeries
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    Recording,
    SolverOptions,
    simulate_inundation,
)
from citytwin.kernels.soils import GroundSinks, Soil, SoilKind
from citytwin.model.checkpoints import UNWATCHED, Watch

F = np.float32
CELL_M = 4.0
SHAPE = (26, 37)
EDGES = Edges(
    EdgeKind.CLOSED, EdgeKind.NORMAL_DEPTH, EdgeKind.CRITICAL, EdgeKind.NORMAL_DEPTH, 1e-3
)
RECORDING = Recording(
    depth_thresholds_m=(0.02, 0.2),
    lasting_depth_m=0.1,
    gauge_cells=((3, 5), (20, 30), (9, 18)),
    gauge_times_s=(0.0, 40.0, 75.5),
    depth_times_s=(30.0, 75.5),
)
_MM_H = 1.0 / 3.6e6


@dataclass(frozen=True)
class Everything:
    """Ground and forcing."""

    terrain: np.ndarray
    blocked: np.ndarray
    manning: np.ndarray
    forcing: Forcing

    def run(
        self, options: SolverOptions, duration_s: float = 90.0, watch: Watch = UNWATCHED
    ) -> Inundation:
        """Simulate the flood."""
        ground = (self.terrain, self.blocked, self.manning)
        return simulate_inundation(*ground, CELL_M, duration_s, self.forcing, options, watch)


def everything(
    seed: int = 0, shape: tuple[int, int] = SHAPE, *, pond: bool = True, culverts: bool = True
) -> Everything:
    """Rolling ground with blocks and a hole, dry at first but for a puddle.

    A levee at the north edge breaks (with `pond` its water falls by what it loses), a tide stands
    along the west edge and falls below the ground, two inflows begin and end, rain comes and goes,
    ground and drains take water, three edges are open. With `pond` and `culverts` two culverts lead
    across, which share a cell.
    """
    rng = np.random.default_rng(seed)
    ny, nx = shape
    y, x = np.mgrid[:ny, :nx]
    terrain = 1.0 - 0.01 * y + 0.3 * np.sin(0.4 * x) * np.cos(0.3 * y)
    terrain = (terrain + 0.05 * rng.random(shape)).astype(F)
    terrain[-4:, :3] = np.nan
    blocked = np.zeros(shape, dtype=bool)
    blocked[5:9, 8:13] = blocked[15:19, 20:28] = blocked[ny // 2, nx - 6] = True
    manning = (0.02 + 0.03 * rng.random(shape)).astype(F)
    is_open = ~blocked & ~np.isnan(terrain)
    depth = np.zeros(shape, dtype=F)
    depth[10:13, 14:19] = 0.2
    cols = np.arange(nx)
    along = CELL_M * cols
    levee = Levee(
        np.zeros(nx, dtype=np.int64),
        cols,
        along,
        along + CELL_M,
        np.full(nx, 2.4),
        np.linspace(0.2, 0.0, nx),
        StageSeries(np.array([0.0, 50.0, 70.0]), np.array([2.3, 2.7, 0.5])),
        breaches=(Breach(0.6 * along[-1], 12.0, 22.0, 0.5, 30.0, 0.9),),
        storage_m2=20_000.0 if pond else np.inf,
    )
    west = np.flatnonzero(is_open[:, 0])
    tide = StageSeries(np.array([0.0, 40.0, 80.0]), np.array([0.4, 1.3, -1.0]))
    soils = (
        Soil(SoilKind.SEALED),
        Soil(SoilKind.CONSTANT, 20 * _MM_H),
        Soil(SoilKind.HORTON, 80 * _MM_H, 10 * _MM_H, 0.002),
        Soil(SoilKind.GREEN_AMPT, last_m_s=10 * _MM_H, suction_m=0.05),
    )
    sinks = GroundSinks(
        rng.integers(0, 4, shape).astype(np.uint8),
        soils,
        np.where(rng.random(shape) < 0.3, 30 * _MM_H, 0.0).astype(F),
    )
    spots = np.argwhere(is_open)[[200, 201, 500]]
    forcing = Forcing(
        rain=RainSeries(np.array([0.0, 50.0]), np.array([20.0, 80.0]), np.array([90.0, 250.0])),
        inflows=(
            Inflow(spots[:2, 0], spots[:2, 1], np.array([5.0, 20, 60]), np.array([0.0, 3, 0])),
            Inflow(spots[2:, 0], spots[2:, 1], np.array([0.0, 90.0]), np.array([0.5, 0.5])),
        ),
        drainage_mm_per_h=15.0,
        initial_depth_m=depth,
        levees=(levee,),
        stages=(StageCells(west, np.zeros(len(west), dtype=np.int64), tide),),
        sinks=sinks,
        culverts=_culverts(terrain, is_open) if pond and culverts else None,
    )
    return Everything(terrain, blocked, manning, forcing)


def _culverts(terrain: np.ndarray, is_open: np.ndarray) -> Culverts:
    """From the puddle to the east a pipe, and from the tide to the same place a box."""
    cells = np.argwhere(is_open)
    puddle = np.array([11, 16])
    east = cells[np.argmin(np.abs(cells - [12, 33]).sum(axis=1))]
    west = cells[np.argmin(np.abs(cells - [20, 1]).sum(axis=1))]
    ends = np.array([[puddle, east], [west, east]])
    rows, cols = ends[..., 0], ends[..., 1]
    return Culverts(
        rows,
        cols,
        terrain[rows, cols] + np.array([[0.0, 0.01], [0.02, 0.0]]),
        np.array([1.5, 0.8]),
        np.array([1.0, 0.6]),
        np.array([70.0, 130.0]),
        inlet=np.array([INLET_NAMES.index("pipe_metal_projecting"), 0]),
    )


def all_bits(flood: Inundation) -> dict[str, object]:
    """Every number of a result."""
    arrays = {name: value for name, value in vars(flood).items() if isinstance(value, np.ndarray)}
    bits: dict[str, object] = {
        name: (array.shape, np.ascontiguousarray(array).tobytes())
        for name, array in {**arrays, "gauges": flood.gauges.depth_m}.items()
    }
    return {**bits, "ledger": flood.ledger, "steps": flood.steps, "dt_min_s": flood.dt_min_s}


def differing(one: Inundation, other: Inundation) -> list[str]:
    """Names of what is not the same to the last bit."""
    a, b = all_bits(one), all_bits(other)
    assert a.keys() == b.keys()
    return [name for name in a if a[name] != b[name]]


def options_of(base: SolverOptions) -> SolverOptions:
    """Options with the edges and the recording of this flood."""
    return replace(base, edges=EDGES, recording=RECORDING)
