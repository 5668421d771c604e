"""Wind comfort and danger: how often the wind is too strong for what people do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

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
from citytwin.model.reach import FieldRanges, Halo
from citytwin.model.steps import Block, Outcome, Simulation
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


BY_SEASON: dict[Field, Field] = {
    f.WIND_COMFORT_NEN_8100: f.WIND_COMFORT_NEN_8100_BY_SEASON,
    f.WIND_COMFORT_LAWSON_LDDC: f.WIND_COMFORT_LAWSON_LDDC_BY_SEASON,
    f.WIND_COMFORT_CITY_OF_LONDON: f.WIND_COMFORT_CITY_OF_LONDON_BY_SEASON,
    f.WIND_COMFORT_MURAKAMI: f.WIND_COMFORT_MURAKAMI_BY_SEASON,
    f.WIND_COMFORT_WIND_ENGINEERING_INSTITUTE: f.WIND_COMFORT_WIND_ENGINEERING_INSTITUTE_BY_SEASON,
    f.WIND_DANGER_NEN_8100: f.WIND_DANGER_NEN_8100_BY_SEASON,
    f.WIND_DANGER_LAWSON_LDDC: f.WIND_DANGER_LAWSON_LDDC_BY_SEASON,
    f.WIND_DANGER_CITY_OF_LONDON: f.WIND_DANGER_CITY_OF_LONDON_BY_SEASON,
    f.WIND_CLASS_PROBABILITY: f.WIND_CLASS_PROBABILITY_BY_SEASON,
    f.WIND_SPEED_MEAN: f.WIND_SPEED_MEAN_BY_SEASON,
}
"""The same quantity of each season apart."""
Maps: TypeAlias = dict[Field, NDArray[np.generic]]


@dataclass(frozen=True, eq=False)
class _Ruled:
    """A rule with who judges by it."""

    name: RuleName
    rule: WindRule
    judge: Judge
    over_mean: float
    """Speed that the rule means over that of the ratios."""


@dataclass(frozen=True, eq=False)
class _Place:
    """Cells, and where nothing can be said of them."""

    ratio: NDArray[np.float32]
    """Shape (n_dir, ny, nx)."""
    unknown: NDArray[np.bool_]
    """Shape (ny, nx): without a ratio or a height."""
    weak: NDArray[np.bool_]
    """Shape (ny, nx): the method says nothing there."""


def run(block: Block, params: WindComfortParams) -> Outcome:
    """Classes of each rule, how sure those of the first are, and the mean wind speed."""
    number = check_directions(block, params, STEP_NAME)
    source = Given(params) if params.sectors else Recorded(block, params, params.months)
    if isinstance(source, Recorded) and not source.blows:
        return _nothing(block, params, source.station)
    ratio = bridged(block[params.ratios.field])
    unknown = np.isnan(ratio).any(axis=0) | np.isnan(block[f.SURFACE_HEIGHT])
    place = _Place(ratio, unknown, _weak(block, params) & ~unknown)
    rules = [WIND_RULES.named(name) for name in params.rules]
    ruled = [
        _Ruled(name, rule, *_judge(block, params, ratio, rule))
        for name, rule in zip(params.rules, rules, strict=True)
    ]
    made = _maps(params, source, ruled, place)
    if isinstance(source, Recorded) and params.by_season:
        apart = [
            _maps(params, one, ruled, place)
            if one.blows
            else _blank(_of_a_time(params), unknown.shape)
            for one in source.seasons.values()
        ]
        made |= {BY_SEASON[field]: np.stack([one[field] for one in apart]) for field in apart[0]}
    notes = (
        method_note(params, classes=True),
        *bridge_note(params, number),
        *gust_notes(params, rules),
        *source.notes(source.whole(WALKING_M, number), rules),
    )
    return Outcome(made, notes=notes)


def _maps(
    params: WindComfortParams, source: Recorded | Given, ruled: Sequence[_Ruled], place: _Place
) -> Maps:
    """Maps of one climate."""
    number, weak, unknown = len(place.ratio), place.weak, place.unknown
    mean = _mean(place.ratio, source.whole(WALKING_M, number), unknown)
    made: Maps = {f.WIND_SPEED_MEAN: mean}
    for one in ruled:
        climates = source.climates(one.rule, number)
        judged = one.judge.classes(climates, one.over_mean, one.rule.comfort)
        made[COMFORT[one.name]] = _marked(judged.number, one.rule.comfort, weak, unknown)
        if one is ruled[0]:
            sure = np.where(weak | unknown, np.nan, judged.probability * _PERCENT)
            made[f.WIND_CLASS_PROBABILITY] = sure.astype(np.float32)
        if DANGER.get(one.name) in _of_a_time(params):
            danger = one.judge.classes(climates, one.over_mean, one.rule.danger)
            made[DANGER[one.name]] = _marked(danger.number, one.rule.danger, weak, unknown)
    return made


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
    empty = _blank(_of_a_time(params), shape)
    apart = (len(params.seasons), *shape)
    empty |= _blank([BY_SEASON[field] for field in empty], apart) if params.by_season else {}
    return Outcome(empty, notes=(CALM, of_sensors(station.speed, station.direction)))


def _blank(fields: Sequence[Field], shape: tuple[int, ...]) -> Maps:
    """Nothing is known anywhere."""
    return {
        field: np.full(shape, np.nan, np.float32)
        if field.dtype == "float32"
        else np.full(shape, f.CLASS_NODATA, np.uint8)
        for field in fields
    }


def makes(params: WindComfortParams) -> tuple[Field, ...]:
    """Return what is made: danger only by a method that can see it, seasons where they are asked for.

    Parameters
    ----------
    params
        Rules and method.
    """
    made = _of_a_time(params)
    return (*made, *(BY_SEASON[field] for field in made)) if params.by_season else made


def _of_a_time(params: WindComfortParams) -> tuple[Field, ...]:
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
    """Cost with sixteen directions; gusts hold as much again, each season takes as long as all of the year.

    Parameters
    ----------
    params
        Whether gusts are those of the flow, and seasons mapped apart.
    cell_m
        Edge of a cell [m].
    """
    seasons = len(params.seasons)
    held = 550.0 if params.gusts == "flow" else 300.0
    maps = sum(np.dtype(field.dtype).itemsize for field in _of_a_time(params))
    return Cost(
        seconds_per_megacell=2.0 * (1 + seasons), bytes_per_cell=held + 2.0 * maps * seasons
    )


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
    outputs=(*BY_SEASON, *BY_SEASON.values()),
    seasons=lambda params: params.seasons,
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
