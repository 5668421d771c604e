"""Inundation by rain and inflows (local inertial equations, buildings as closed blocks)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from pydantic import AwareDatetime, model_validator
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_ledger import VolumeLedger
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, SolverOptions
from citytwin.kernels.flood_result import Inundation
from citytwin.kernels.inundation import simulate_inundation
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact, Note
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.record import Record
from citytwin.model.steps import Block, Cost, Domain, Outcome, Params, Simulation
from citytwin.model.text import text


class HydrographPoint(Params):
    """Discharge at a time; linear in between."""

    minutes: float = Bound(ge=0)
    """Since the start of the run."""
    m3_s: float = Bound(ge=0, le=100_000)


class InflowPoint(Params):
    """A place where water enters: a breach, a spring, a burst main."""

    x: float
    """Easting in the city's CRS [m]."""
    y: float
    """Northing [m]."""
    radius_m: float = Bound(default=5.0, gt=0, le=500)
    """Cells with their centre within this distance share the discharge."""
    hydrograph: tuple[HydrographPoint, ...] = Bound(min_length=2)


class RainInterval(Params):
    """Rain given by hand instead of the feed."""

    start_minutes: float = Bound(ge=0)
    end_minutes: float = Bound(gt=0)
    mm_per_h: float = Bound(ge=0, le=500)


class FloodParams(Params):
    """What floods the city, and how it is computed."""

    start: AwareDatetime | None = None
    """Begin of the run; None = begin of the rain record."""
    duration_h: float = Bound(default=3.0, gt=0, le=240)
    rain: tuple[RainInterval, ...] = ()
    """Rain by hand; empty = the rain record of the feed, where there is one."""
    inflows: tuple[InflowPoint, ...] = ()
    drainage_mm_per_h: float = Bound(default=0.0, ge=0, le=300)
    """Rate at which sewers take water where there is some."""
    manning: float = Bound(default=0.05, gt=0, le=0.5)
    """Roughness where the city has no field of it [s m-1/3]."""
    edges: EdgeKind = EdgeKind.NORMAL_DEPTH
    """What happens at the edges of the area."""
    arrival_depth_m: float = Bound(default=0.05, gt=0)
    impassable_depth_m: float = Bound(default=0.3, gt=0)
    """Depth at which cars stop; 0.3 m in Japanese practice."""
    courant: float = Bound(default=0.6, gt=0, le=0.7)
    """Share of the Courant limit that a time step takes; up to 0.7 is stable (Bates, Horritt and
    Fewtrell 2010)."""

    @model_validator(mode="after")
    def _rising_times(self) -> FloodParams:
        times = [[p.minutes for p in inflow.hydrograph] for inflow in self.inflows]
        if any(sorted(set(t)) != t for t in times):
            msg = "the times of a hydrograph must rise"
            raise ValueError(msg)
        return self


def run(block: Block, params: FloodParams) -> Outcome:
    """Run the solver over the whole city."""
    terrain = block[f.TERRAIN]
    mask = block.get(f.BUILDING_MASK)
    manning = block.get(f.ROUGHNESS)
    start_s, rain = _rain(block, params)
    inflows = tuple(_inflow(p, block.grid, terrain, mask) for p in params.inflows)
    if not inflows and not rain.depth_until_m(params.duration_h * 3600.0):
        msg = "no water enters: no rain in the time of the run and no inflow"
        raise StepError(msg, step="flood", hint="check `start`, the rain feed, or add an inflow")
    flood = simulate_inundation(
        terrain,
        np.zeros(terrain.shape, dtype=np.bool_) if mask is None else mask == 1,
        np.full(terrain.shape, params.manning, dtype=np.float32) if manning is None else manning,
        block.cell_m,
        params.duration_h * 3600.0,
        Forcing(rain, inflows, params.drainage_mm_per_h),
        _options(params),
        _thinned(block),
    )
    return Outcome(
        {
            f.FLOOD_DEPTH_MAX: flood.max_depth_m,
            f.FLOOD_SPEED_MAX: flood.max_speed_m_s,
            f.FLOOD_ARRIVAL: (flood.arrival_s / 60.0).astype(np.float32),
            f.FLOOD_IMPASSABLE: (flood.first_time_s[0] / 60.0).astype(np.float32),
        },
        facts=_facts(flood.ledger, flood),
        notes=_notes(params, rain),
        valid_time=None if start_s is None else datetime.fromtimestamp(start_s, tz=UTC),
    )


def _options(params: FloodParams) -> SolverOptions:
    return SolverOptions(
        courant=params.courant,
        edges=Edges(params.edges, params.edges, params.edges, params.edges),
        recording=Recording(
            arrival_depth_m=params.arrival_depth_m,
            depth_thresholds_m=(params.impassable_depth_m,),
        ),
    )


def _rain(block: Block, params: FloodParams) -> tuple[float | None, RainSeries]:
    """Begin of the run [s since 1970] and the rain since then."""
    start = None if params.start is None else params.start.timestamp()
    if params.rain:
        given = np.array([[r.start_minutes, r.end_minutes, r.mm_per_h] for r in params.rain])
        return start, RainSeries(given[:, 0] * 60.0, given[:, 1] * 60.0, given[:, 2].copy())
    record: Record | None = block.records.get(RAINFALL_RATE)
    if record is None or not record.result.size:
        return start, RainSeries()
    begin = float(record.start_s[0]) if start is None else start
    fallen = record.during(begin, begin + params.duration_h * 3600.0)
    return begin, RainSeries(
        np.maximum(fallen.start_s - begin, 0.0), fallen.end_s - begin, fallen.result
    )


def _inflow(
    point: InflowPoint, grid: GridSpec, terrain: np.ndarray, mask: np.ndarray | None
) -> Inflow:
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    near = np.hypot(x - point.x, y - point.y) <= max(point.radius_m, grid.cell_m)
    near &= ~np.isnan(terrain)
    if mask is not None:
        near &= mask == 0
    rows, cols = np.nonzero(near)
    if not rows.size:
        msg = f"inflow at ({point.x}, {point.y}) lies outside {grid.bounds} or inside a building"
        raise StepError(msg, step="flood", hint="give coordinates in the city's CRS")
    return Inflow(
        rows,
        cols,
        np.array([p.minutes * 60.0 for p in point.hydrograph]),
        np.array([p.m3_s for p in point.hydrograph]),
    )


def _thinned(block: Block) -> Callable[[float], None] | None:
    """Report every hundredth of the run, not every step."""
    report = block.progress
    if report is None:
        return None
    told = 0

    def share(done: float) -> None:
        nonlocal told
        if int(done * 100) > told:
            told = int(done * 100)
            report(done)

    return share


def _facts(ledger: VolumeLedger, flood: Inundation) -> tuple[Fact, ...]:
    def volume(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit="m3")

    return (
        volume("rain_volume", "降雨量", "Rain", ledger.rain_m3),
        volume("inflow_volume", "流入量", "Inflow", ledger.inflow_m3),
        volume("drained_volume", "排水量", "Taken by drains", ledger.drained_m3),
        volume("outflow_volume", "域外流出量", "Left the area", ledger.outflow.total_m3),
        volume("stored_volume", "残留量", "Still on the ground", ledger.stored_m3),
        Fact(
            name="volume_error",
            label=text("水量の誤差（割合）", "Volume error (share of all water)"),
            value=ledger.relative_error,
            unit="1",
        ),
        Fact(
            name="time_steps",
            label=text("計算ステップ数", "Time steps"),
            value=float(flood.steps),
            unit="1",
        ),
    )


def _notes(params: FloodParams, rain: RainSeries) -> tuple[Note, ...]:
    duration_s = params.duration_h * 3600.0
    total = rain.depth_until_m(duration_s) * 1000.0  # what falls after the run floods nobody
    peak = float(rain.mm_per_h[rain.start_s < duration_s].max(initial=0.0))
    flows = [max(p.m3_s for p in inflow.hydrograph) for inflow in params.inflows]
    ja = f"雨 {total:.0f} mm（最大 {peak:.0f} mm/h）、計算時間 {params.duration_h:g} 時間"
    en = f"Rain of {total:.0f} mm (peak {peak:.0f} mm/h) over {params.duration_h:g} h"
    if flows:
        ja += f"、流入 {len(flows)} か所（最大 {max(flows):.0f} m³/s）"
        word = "inflow" if len(flows) == 1 else "inflows"
        en += f", {len(flows)} {word} of up to {max(flows):.0f} m³/s"
    return (Note(severity="info", ja=ja, en=en),)


SIMULATION = Simulation(
    name="flood",
    title=text("浸水", "Inundation"),
    inputs=(f.TERRAIN,),
    optional=(f.BUILDING_MASK, f.ROUGHNESS, RAINFALL_RATE),
    outputs=(f.FLOOD_DEPTH_MAX, f.FLOOD_SPEED_MAX, f.FLOOD_ARRIVAL, f.FLOOD_IMPASSABLE),
    params=FloodParams,
    also_needs=lambda params: () if params.rain or params.inflows else (RAINFALL_RATE,),
    reach=Domain(),
    run=run,
    cost=Cost(seconds_per_megacell=600.0, bytes_per_cell=120.0),
)
