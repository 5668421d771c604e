"""Wind comfort and danger: how often the wind is too strong for what people do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.tower_reach import STEP, near_towers
from citytwin.kernels.wind_climate import Sector
from citytwin.kernels.wind_gusts import gust_ratio
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.fields import Field
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.steps import Block, FieldRanges, Halo, Outcome, Simulation
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors
from citytwin.model.wind_rule import WindClass, WindRule
from citytwin.rules.named import WIND_RULES
from citytwin.simulations.wind_climate.gaps import bridge_note, bridged
from citytwin.simulations.wind_climate.judging import Judge
from citytwin.simulations.wind_climate.methods import METHODS
from citytwin.simulations.wind_climate.params import RuleName, WindComfortParams
from citytwin.simulations.wind_climate.source import STEP_NAME, Given, Recorded
from citytwin.simulations.wind_climate.station import StationWind, check_directions
from citytwin.simulations.wind_climate.telling import gust_notes, method_note

_VELOCITY = (f.WIND_ALONG_X_OF_FLOW, f.WIND_ALONG_Y_OF_FLOW)
WALKING_M = 1.5
"""Height of the mean wind speed where people walk [m]."""
_PERCENT = 100.0

COMFORT: dict[RuleName, Field] = {
    "nen_8100": f.WIND_COMFORT_NEN_8100,
    "lawson_lddc": f.WIND_COMFORT_LAWSON_LDDC,
    "city_of_london": f.WIND_COMFORT_CITY_OF_LONDON,
    "murakami": f.WIND_COMFORT_MURAKAMI,
    "wind_engineering_institute": f.WIND_COMFORT_WIND_ENGINEERING_INSTITUTE,
}
DANGER: dict[RuleName, Field] = {
    "nen_8100": f.WIND_DANGER_NEN_8100,
    "lawson_lddc": f.WIND_DANGER_LAWSON_LDDC,
    "city_of_london": f.WIND_DANGER_CITY_OF_LONDON,
}


def run(block: Block, params: WindComfortParams) -> Outcome:
    """Classes of each rule, how sure those of the first are, and the mean wind speed."""
    number = check_directions(block, params, STEP_NAME)
    source = Given(params) if params.sectors else Recorded(block, params)
    ratio = bridged(block[params.ratios.field])
    unknown = np.isnan(ratio).any(axis=0) | np.isnan(block[f.SURFACE_HEIGHT])
    if isinstance(source, Recorded) and not source.station.winds.time_s.size:
        return _nothing(block, params, source.station)
    sectors = source.whole(WALKING_M, number)
    weak = _weak(block, params) & ~unknown
    made: dict[Field, NDArray[np.generic]] = {f.WIND_SPEED_MEAN: _mean(ratio, sectors, unknown)}
    rules = [WIND_RULES.named(name) for name in params.rules]
    for rule, name in zip(rules, params.rules, strict=True):
        climates = source.climates(rule, number)
        judge, meant = _judge(block, params, ratio, rule)
        judged = judge.classes(climates, meant, rule.comfort)
        made[COMFORT[name]] = _marked(judged.number, rule.comfort, weak, unknown)
        if name == params.rules[0]:
            sure = np.where(weak | unknown, np.nan, judged.probability * _PERCENT)
            made[f.WIND_CLASS_PROBABILITY] = sure.astype(np.float32)
        if DANGER.get(name) in makes(params):
            danger = judge.classes(climates, meant, rule.danger)
            made[DANGER[name]] = _marked(danger.number, rule.danger, weak, unknown)
    notes = (
        method_note(params, classes=True),
        *bridge_note(params, number),
        *gust_notes(params, rules),
        *source.notes(sectors, rules),
    )
    return Outcome(made, notes=notes)


def _judge(
    block: Block, params: WindComfortParams, ratio: NDArray[np.float32], rule: WindRule
) -> tuple[Judge, float]:
    """Who judges by a rule, and the speed that it means over that of the ratios."""
    speed, error = rule.speed, params.ratios.error
    assumed = speed.over_mean(params.turbulence_share, params.gust_factor_ratio)
    if params.gusts == "assumed" or speed.kind == "mean":
        return Judge(ratio, error), assumed
    given = {field: block.directions[field] for field in (params.ratios.field, *_VELOCITY)}
    for field, known in given.items():
        if known != given[params.ratios.field]:
            msg = f"{field.name} has other directions than {params.ratios.field.name}"
            hint = "take both from one run of wind_flow"
            raise StepError(msg, step=STEP_NAME, hint=hint)
    along_x, along_y = (block[field] for field in _VELOCITY)
    gust = bridged(gust_ratio(block[params.ratios.field], along_x, along_y, speed.peak_factor))
    # The error of the means grows as gusts exceed them; that of the turbulence itself is not known.
    return Judge(speed.of_gust(ratio, gust), error * assumed), 1.0


def _mean(
    ratio: NDArray[np.float32], sectors: Sequence[Sector], unknown: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Mean speed, calms counted as still air [m/s]."""
    mean = np.zeros(ratio.shape[1:])
    for sector, local in zip(sectors, ratio, strict=True):
        mean += sector.frequency * sector.mean_m_s * local
    mean[unknown] = np.nan
    return mean.astype(np.float32)


def _weak(block: Block, params: WindComfortParams) -> NDArray[np.bool_]:
    """Where the method says nothing."""
    lowest_m = params.ratios.weak_from_m
    surface = block[f.SURFACE_HEIGHT]
    if lowest_m is None:
        return np.zeros(surface.shape, dtype=np.bool_)
    obstacles = obstacle_height(surface, block.get(f.TERRAIN), block.get(f.BUILDING_MASK))
    return near_towers(obstacles, block.cell_m, lowest_m)


def _marked(
    number: NDArray[np.uint8],
    classes: Sequence[WindClass],
    weak: NDArray[np.bool_],
    unknown: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Classes, after them "unsure" (as judged) and "not judged here"."""
    marked = np.where(weak, len(classes) + 1, number).astype(np.uint8)
    marked[unknown] = f.CLASS_NODATA
    return marked


def _nothing(block: Block, params: WindComfortParams, station: StationWind) -> Outcome:
    """Nothing is known of the wind: nothing is mapped, and the map says why."""
    shape = block[f.SURFACE_HEIGHT].shape
    empty = {
        field: np.full(shape, np.nan, np.float32)
        if field.dtype == "float32"
        else np.full(shape, f.CLASS_NODATA, np.uint8)
        for field in makes(params)
    }
    return Outcome(empty, notes=(CALM, of_sensors(station.speed, station.direction)))


def makes(params: WindComfortParams) -> tuple[Field, ...]:
    """Return what is made: danger only by a method that can see it.

    Parameters
    ----------
    params
        Rules and method.
    """
    comfort = [COMFORT[name] for name in params.rules]
    danger = [DANGER[name] for name in params.rules if name in DANGER]
    seen = danger if params.ratios.sees_speed_up else []
    return (*comfort, *seen, f.WIND_CLASS_PROBABILITY, f.WIND_SPEED_MEAN)


def reach_m(params: WindComfortParams, ranges: FieldRanges, cell_m: float) -> float:
    """How far around a cell towers are looked for [m].

    Parameters
    ----------
    params
        The method.
    ranges
        Extremes of the surface.
    cell_m
        Cell size [m].
    """
    if params.ratios.weak_from_m is None:
        return 0.0
    surface = ranges[f.SURFACE_HEIGHT]
    return (surface.high - surface.low) * STEP + cell_m


def cost_of(params: WindComfortParams, cell_m: float) -> Cost:  # noqa: ARG001 - any
    """Cost with sixteen directions; gusts hold as much again.

    Parameters
    ----------
    params
        Whether gusts are those of the flow.
    cell_m
        Edge of a cell [m].
    """
    return Cost(seconds_per_megacell=2.0, bytes_per_cell=550.0 if params.gusts == "flow" else 300.0)


SIMULATION = Simulation(
    name=STEP_NAME,
    title=text("風環境の等級", "Wind comfort"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(
        f.TERRAIN,
        f.BUILDING_MASK,
        WIND_SPEED,
        WIND_DIRECTION,
        *(method.field for method in METHODS.values()),
        *_VELOCITY,
    ),
    outputs=(*COMFORT.values(), *DANGER.values(), f.WIND_CLASS_PROBABILITY, f.WIND_SPEED_MEAN),
    params=WindComfortParams,
    also_needs=lambda params: (
        params.ratios.field,
        *(_VELOCITY if params.gusts == "flow" else ()),
        *(() if params.sectors else (WIND_SPEED, WIND_DIRECTION)),
    ),
    ignores=lambda params: (
        *(method.field for method in METHODS.values() if method != params.ratios),
        *(() if params.gusts == "flow" else _VELOCITY),
        *((WIND_SPEED, WIND_DIRECTION) if params.sectors else ()),
    ),
    makes=makes,
    reach=Halo(reach_m, of_parts=True),
    run=run,
    cost=cost_of(WindComfortParams(), 2.0),
    cost_of=cost_of,
)
