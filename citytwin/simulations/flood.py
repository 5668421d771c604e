"""Inundation by rain and inflows (local inertial equations, buildings as closed blocks)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import AwareDatetime, model_validator
from pydantic import Field as Bound

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries, wettest_start_s
from citytwin.kernels.flood_ledger import VolumeLedger
from citytwin.kernels.flood_options import EdgeKind, Edges, Recording, SolverOptions
from citytwin.kernels.flood_result import Inundation
from citytwin.kernels.inundation import simulate_inundation
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.notes import Fact, Note
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.record import Record, covered_s
from citytwin.model.steps import Block, Cost, Domain, Outcome, Params, Simulation
from citytwin.model.text import Text, text


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
    """Cells with their centre within this distance, and the one that holds the place, share the
    discharge."""
    hydrograph: tuple[HydrographPoint, ...] = Bound(min_length=2)


class RainInterval(Params):
    """Rain given by hand instead of the feed."""

    start_minutes: float = Bound(ge=0)
    end_minutes: float = Bound(gt=0)
    mm_per_h: float = Bound(ge=0, le=500)


class FloodParams(Params):
    """What floods the city, and how it is computed."""

    start: AwareDatetime | None = None
    """Begin of the run; None = where the most rain of the record falls within `duration_h`."""
    duration_h: float = Bound(default=3.0, gt=0, le=240)
    rain: tuple[RainInterval, ...] = ()
    """Rain by hand; empty = the rain record of the feed, where there is one."""
    min_rain_coverage: float = Bound(default=0.5, ge=0, le=1)
    """Least share of the run for which the record must have data; the rest counts as dry, and the
    map says so."""
    use_doubted_rain: bool = False
    """Whether rain that its producer or a check doubts counts; otherwise it is missing."""
    inflows: tuple[InflowPoint, ...] = ()
    drainage_mm_per_h: float = Bound(default=0.0, ge=0, le=300)
    """Rate at which sewers take water where there is some."""
    manning: float = Bound(default=0.05, gt=0, le=0.5)
    """Roughness where the city has no field of it [s m-1/3]."""
    edges: EdgeKind = EdgeKind.NORMAL_DEPTH
    """What happens at the edges of the area."""
    edge_min_slope: float = Bound(default=1e-3, gt=0, le=1)
    """Fall of the ground that ``normal_depth`` assumes at edges where it is flat or rises [-]."""
    arrival_depth_m: float = Bound(default=0.05, gt=0)
    impassable_depth_m: float = Bound(default=0.3, gt=0)
    """Depth at which cars stop; 0.3 m in Japanese practice."""
    courant: float = Bound(default=0.6, gt=0, le=0.67)
    """Share of the Courant limit that a time step takes. With the solver's weight theta = 0.9 a
    von Neumann analysis of the scheme of de Almeida et al. (2012) at the shortest wave is stable
    up to sqrt(theta / 2) = 0.671."""

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
    storm = _storm(block, params)
    start_s, rain = storm.start_s, storm.rain
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
        facts=(*_facts(flood.ledger, flood), *storm.facts),
        notes=(_summary(params, storm), *storm.notes, *_edge_note(params)),
        valid_time=None if start_s is None else datetime.fromtimestamp(start_s, tz=UTC),
    )


def _options(params: FloodParams) -> SolverOptions:
    return SolverOptions(
        courant=params.courant,
        edges=Edges(params.edges, params.edges, params.edges, params.edges, params.edge_min_slope),
        recording=Recording(
            arrival_depth_m=params.arrival_depth_m,
            depth_thresholds_m=(params.impassable_depth_m,),
        ),
    )


@dataclass(frozen=True)
class _Storm:
    """The rain of a run, and what must be said about it."""

    start_s: float | None
    """Begin of the run [s since 1970]."""
    rain: RainSeries
    """Since the begin of the run."""
    when: Text | None = None
    """How the begin was chosen, where it was."""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()


def _storm(block: Block, params: FloodParams) -> _Storm:
    start = None if params.start is None else params.start.timestamp()
    if params.rain:
        given = np.array([[r.start_minutes, r.end_minutes, r.mm_per_h] for r in params.rain])
        return _Storm(start, RainSeries(given[:, 0] * 60.0, given[:, 1] * 60.0, given[:, 2].copy()))
    record: Record | None = block.records.get(RAINFALL_RATE)
    if record is not None and not params.use_doubted_rain:
        record = record.good()
    if record is None or not record.result.size:
        return _Storm(start, RainSeries())
    duration_s = params.duration_h * 3600.0
    when = None
    if start is None:
        first_s = float(record.start_s[0])
        start = first_s + wettest_start_s(_series(record, first_s), duration_s)
        when = _wettest(start, params.duration_h, block.site.time_zone)
    fallen = record.during(start, start + duration_s)
    share = covered_s(fallen.start_s, fallen.end_s, start, start + duration_s) / duration_s
    if share < params.min_rain_coverage:
        msg = f"the rain record of {record.where.en} has data for {share:.0%} of the run only"
        hint = "choose another time, rain by hand, or a smaller min_rain_coverage"
        raise StepError(msg, step="flood", hint=hint)
    covered = Fact(
        name="rain_coverage",
        label=text("降雨記録のある時間の割合", "Share of the run for which rain was recorded"),
        value=share,
        unit="1",
    )
    notes = (*_gap_note(record, share, duration_s), *_doubt_note(fallen))
    return _Storm(start, _series(fallen, start), when, (covered,), notes)


def _series(record: Record, begin_s: float) -> RainSeries:
    """Rain since the begin of a run."""
    try:
        return RainSeries(
            np.maximum(record.start_s - begin_s, 0.0), record.end_s - begin_s, record.result
        )
    except ConfigError as error:
        raise StepError(f"the record of {record.where.en}: {error}", step="flood") from error


def _wettest(start_s: float, duration_h: float, time_zone: str) -> Text:
    local = datetime.fromtimestamp(start_s, tz=ZoneInfo(time_zone))
    return text(
        f"記録のうち最も雨の多い {duration_h:g} 時間、{local:%Y-%m-%d %H:%M} から",
        f"from {local:%Y-%m-%d %H:%M}, the wettest {duration_h:g} h of the record",
    )


def _gap_note(record: Record, share: float, duration_s: float) -> tuple[Note, ...]:
    whole, missing = duration_s / 60.0, (1.0 - share) * duration_s / 60.0
    if missing < 0.01:  # rounding of times, not a gap
        return ()
    return (
        Note(
            severity="loss",
            ja=f"雨の記録は {whole:.0f} 分中 {missing:.0f} 分が欠測で、無降雨として計算しています"
            f"（{record.where.ja}）",
            en=f"No rain data for {missing:.0f} of {whole:.0f} minutes, counted as dry "
            f"({record.where.en})",
        ),
    )


def _doubt_note(fallen: Record) -> tuple[Note, ...]:
    doubted = 0 if fallen.doubted is None else int(fallen.doubted.sum())
    if not doubted:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"品質に疑いのある雨の観測値 {doubted} 件を使用しています",
            en=f"{doubted} doubted observations of rain were used",
        ),
    )


def _inflow(
    point: InflowPoint, grid: GridSpec, terrain: np.ndarray, mask: np.ndarray | None
) -> Inflow:
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    near = np.hypot(x - point.x, y - point.y) <= point.radius_m
    row, col = grid.cells_of(np.array([point.x]), np.array([point.y]))
    on = grid.contains(row, col)
    near[row[on], col[on]] = True
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


def _summary(params: FloodParams, storm: _Storm) -> Note:
    duration_s, rain = params.duration_h * 3600.0, storm.rain
    total = rain.depth_until_m(duration_s) * 1000.0  # what falls after the run floods nobody
    peak = float(rain.mm_per_h[rain.start_s < duration_s].max(initial=0.0))
    flows = [max(p.m3_s for p in inflow.hydrograph) for inflow in params.inflows]
    ja = f"雨 {total:.0f} mm（最大 {peak:.0f} mm/h）、計算時間 {params.duration_h:g} 時間"
    en = f"Rain of {total:.0f} mm (peak {peak:.0f} mm/h) over {params.duration_h:g} h"
    if storm.when is not None:
        ja, en = f"{ja}（{storm.when.ja}）", f"{en} ({storm.when.en})"
    if flows:
        ja += f"、流入 {len(flows)} か所（最大 {max(flows):.0f} m3/s）"
        en += f", {len(flows)} inflow(s) of up to {max(flows):.0f} m3/s"
    return Note(severity="info", ja=ja, en=en)


def _edge_note(params: FloodParams) -> tuple[Note, ...]:
    if params.edges is not EdgeKind.NORMAL_DEPTH:
        return ()
    slope = params.edge_min_slope
    return (
        Note(
            severity="info",
            ja=f"計算範囲の縁では地面の勾配なりに流出（平らな所は勾配 {slope:g} と仮定）",
            en=f"Water leaves the area down the slope of the ground; where the edge is flat a slope "
            f"of {slope:g} is assumed",
        ),
    )


def _window(params: FloodParams) -> tuple[datetime, datetime] | None:
    if params.start is None:
        return None
    return params.start, params.start + timedelta(hours=params.duration_h)


SIMULATION = Simulation(
    name="flood",
    title=text("浸水", "Inundation"),
    inputs=(f.TERRAIN,),
    optional=(f.BUILDING_MASK, f.ROUGHNESS, RAINFALL_RATE),
    outputs=(f.FLOOD_DEPTH_MAX, f.FLOOD_SPEED_MAX, f.FLOOD_ARRIVAL, f.FLOOD_IMPASSABLE),
    params=FloodParams,
    also_needs=lambda params: () if params.rain or params.inflows else (RAINFALL_RATE,),
    window=_window,
    reach=Domain(),
    run=run,
    cost=Cost(seconds_per_megacell=600.0, bytes_per_cell=120.0),
)
