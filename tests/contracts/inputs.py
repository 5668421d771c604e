"""Inputs and parameters of the contract tests: towns, choices of inputs, sets of parameters."""

from __future__ import annotations

from functools import cache
from typing import Any

from citytwin import registry
from citytwin.model.fields import Field
from citytwin.model.reach import Domain
from citytwin.model.steps import (
    Assessment,
    CityState,
    Gridder,
    LayerRecipe,
    Params,
    Simulation,
    Step,
)
from citytwin.model.tables import Table
from citytwin.store.tables import conform
from citytwin.testing.small_town import SmallTown, small_town

TILES = (37, 64)
"""Tile sizes compared with the whole: no divisor of the town's rows or columns."""

PARAMETERS: dict[str, list[dict[str, Any]]] = {
    "grib_points": [
        {"points": [{"thing": "hall", "longitude_deg": 139.7, "latitude_deg": 35.6}]},
    ],
    "sensor_table": [
        {
            "time": {"columns": ["time"], "zone": "Asia/Tokyo"},
            "values": [{"column": "rain", "property": "rainfall_rate", "unit": "mm/h"}],
            "thing": "id",
            "longitude": "lon",
            "latitude": "lat",
        }
    ],
    # Short reaches, so that a padded tile is smaller than the town; and what has no default.
    "sunlight": [
        {
            "suns": [
                {"azimuth_deg": 203.0, "altitude_deg": 33.0, "hours": 1.0},
                {"azimuth_deg": 101.5, "altitude_deg": 47.0, "hours": 0.5, "north": "grid"},
            ]
        },
        {"date": "2026-12-01", "step_minutes": 30, "min_altitude_deg": 27.0, "refraction": False},
        {"date": "2026-03-20", "step_minutes": 60, "min_altitude_deg": 30.0, "plane_m": 1.5},
        {
            "date": "2026-05-01",
            "until": "2026-08-31",
            "max_days": 2,
            "step_minutes": 60,
            "min_altitude_deg": 40.0,
        },
        {
            "suns": [{"azimuth_deg": 215.0, "altitude_deg": 36.0, "hours": 1.0}],
            "method": "exact",
            "trees": {"leaves": ["11-01", "02-28"], "in_leaf_share": 0.1},
        },
    ],
    "irradiation": [
        {"first_day": "2026-06-20", "min_altitude_deg": 30.0, "step_minutes": 60, "directions": 32},
        {
            "first_day": "2026-01-01",
            "last_day": "2026-12-31",
            "sun_spacing_deg": 10.0,
            "min_altitude_deg": 30.0,
            "plane": "level",
            "step_minutes": 60,
            "directions": 16,
            "linke_turbidity": 3.0,
        },
    ],
    "irradiation_probable": [
        {
            "first_day": "2026-07-01",
            "observed": observed,
            "min_altitude_deg": 30.0,
            "step_minutes": 60,
            "directions": 16,
        }
        for observed in ("radiation", "sunshine", "clouds")
    ],
    "irradiance_now": [
        {"min_altitude_deg": 30.0, "directions": 16, "observed": observed}
        for observed in ("radiation", "clouds")
    ],
    "roof_irradiation": [
        {
            "year": 2026,
            "min_altitude_deg": 30.0,
            "step_minutes": 60,
            "sun_spacing_deg": 10.0,
            "directions": 16,
        },
        {
            "year": 2026,
            "observed": "clouds",
            "min_coverage": 0.001,
            "rack_tilt_deg": 15.0,
            "min_altitude_deg": 30.0,
            "step_minutes": 60,
            "sun_spacing_deg": 10.0,
            "directions": 16,
        },
    ],
    "shadow": [
        {"moment": "2026-06-21T11:00:00+09:00", "min_altitude_deg": 60.0},
        {"moment": "2026-06-21T11:00:00+09:00", "min_altitude_deg": 60.0, "method": "exact"},
        {"moment": "2026-06-21T23:00:00+09:00"},
        {"date": "2026-06-21", "step_minutes": 60, "min_altitude_deg": 60.0},
    ],
    "sky_view": [
        {"directions": 64, "min_altitude_deg": 30.0},
        {
            "directions": 32,
            "min_altitude_deg": 30.0,
            "date": "2026-12-22",
            "trees": {"trunk_share": 0.5},
        },
    ],
    "canopy": [{}, {"lowest_m": 0.1, "shrub_m": 0.0, "unknown_crown_m": 5.0}],
    "flood": [
        {"duration_h": 0.8, "drainage_mm_per_h": 5.0, "impassable_depth_m": 0.06},
        {
            "start": "2026-06-30T18:30:00+09:00",
            "duration_h": 0.5,
            "frame_minutes": 15,
            "rain": [{"start_minutes": 0, "end_minutes": 30, "mm_per_h": 60}],
        },
    ],
    "wind": [{"sectors": 5}, {"winds": [{"from_deg": 251.0, "weight": 2.0}, {"from_deg": 13.0}]}],
    "morphometry": [
        {"coarse_cells": 5, "reach_cells": 1, "directions": 3},
        {"coarse_cells": 9, "reach_cells": 0, "directions": 3, "model": "macdonald_aligned"},
    ],
    "ventilation": [{"coarse_cells": 7}, {"coarse_cells": 5, "from_deg": 210.0}],
    "wind_comfort": [
        {"rules": ["murakami", "nen_8100", "lawson_lddc", "wind_engineering_institute"]},
        {"rules": ["city_of_london"], "months": [7], "mast_height_m": 35.3},
        {"each_season": True, "method": "proxy"},
        {"by_season": True, "months": [4, 5, 6, 7], "rules": ["murakami", "nen_8100"]},
        {"method": "flow", "rules": ["nen_8100", "lawson_lddc", "city_of_london"]},
        {
            "sectors": [{"frequency_share": 0.3, "scale_m_s": 5.0, "shape": 2.0}] * 3,
            "mast_height_m": 10.0,
        },
    ],
    "wind_now": [{}, {"moment": "2026-07-01T12:00:00+09:00"}],
    "wind_by_direction": [{"directions": 5}],
    "openness": [{"directions": 3, "fetch_m": 20.0}],
    "wind_flow": [
        {
            "from_deg": [30.0, 200.0],
            "most_turnovers": 0.5,
            "margin_m": 20.0,
            "also_at_m": [10, 5],
            "gusts": True,
        },
    ],
    "window_sun": [
        {"step_minutes": 60},
        {"rule": "gb_50180_great_cold", "step_minutes": 60, "piece_m": 5.0, "year": 2020},
    ],
    "open_space_sun": [{"step_minutes": 60, "spacing_m": 8.0}],
    "shade_rule": [{"zone": "第1種住居地域"}],
    "facades": [
        {"date": "2026-12-22", "step_minutes": 60},
        {
            "date": "2026-03-01",
            "until": "2026-03-31",
            "max_days": 2,
            "step_minutes": 60,
            "piece_m": 4.0,
            "storey_m": 2.8,
        },
    ],
    "terrain": [{}, {"fill_levels": 2, "building_fill_levels": 2}],
    "vector_hydraulic_structures": [{"kind": "culvert"}, {"kind_column": "kind"}],
    "statutory_depth": [{}, {"kind": "tsunami", "scale": None}],
}
"""Beside the defaults that other steps run with; a new step needs no entry if its defaults run."""


def large_town() -> SmallTown:
    """Town larger than a tile with the longest reach around it; shadows of its mast cross tiles."""
    return _town(130, 149, 2.5)


def tiny_town() -> SmallTown:
    """Town for steps that need all of it at once."""
    return _town(47, 61, 1.5)


@cache
def rows_of(table: Table) -> Any:
    """Rows of a table: of the town, or made by the assessment that makes it."""
    town = large_town()
    if table in town.tables:
        return town.tables[table]
    step: Any = next(s for s in steps_of(Assessment) if s.output == table)
    given = (*step.inputs, *step.optional)
    fields = {r: town.fields[r] for r in given if r in town.fields}
    tables = {r: rows_of(r) for r in given if isinstance(r, Table)}
    directions = {field: town.directions for field in fields if field.axis}
    state = CityState(town.grid, fields, tables, town.site.time_zone, directions, town.records)
    assessed = step.run(state, params_of(step)[0])
    return conform(table, assessed.frame, town.grid.crs)


def town_for(step: Step) -> SmallTown:
    """Town on which a step runs within seconds."""
    whole = isinstance(step, Simulation) and isinstance(step.reach, Domain)
    return tiny_town() if whole else large_town()


@cache
def _town(ny: int, nx: int, cell_m: float) -> SmallTown:
    town = small_town(ny, nx, cell_m)
    for array in town.fields.values():
        array.flags.writeable = False
    return town


def name_of(step: Step) -> str:
    """Name of a step, for messages."""
    return step.id if isinstance(step, LayerRecipe) else step.name


def steps_of(*kinds: type) -> list[Step]:
    """All registered steps of some kinds."""
    return [step for step, _ in registry.steps() if isinstance(step, kinds)]


def params_of(step: Any) -> list[Params]:
    """Sets of parameters with which a step is tested."""
    return [step.params.model_validate(values) for values in PARAMETERS.get(step.name, [{}])]


def with_params(*kinds: type) -> list[tuple[Any, Params]]:
    """All registered steps of some kinds with each of their sets of parameters."""
    return [(step, params) for step in steps_of(*kinds) for params in params_of(step)]


def label(value: object) -> str:
    """Name of a test's parameter."""
    if isinstance(value, Params):
        given = ",".join(sorted(value.model_fields_set))
        return given or "defaults"
    return str(getattr(value, "name", None) or getattr(value, "id", None) or value)


def choices_of(
    step: Gridder[Any] | Simulation[Any] | Assessment[Any], params: Params | None = None
) -> list[tuple[Any, ...]]:
    """Choices of inputs a city may have: all, the required ones, each optional one alone.

    Where one of several is needed, what is none of these comes with the first of them.
    """
    needed = step.inputs
    if isinstance(step, Simulation) and params is not None:
        needed = step.required(params)
    one_of = step.any_of if isinstance(step, Gridder) else ()
    alone = [
        (*needed, r) if r in one_of or not one_of else (*needed, one_of[0], r)
        for r in step.optional
        if r not in needed
    ]
    least = [needed] if needed else []
    return list(dict.fromkeys([(*step.inputs, *step.optional), *least, *alone]))


def float_inputs(step: Simulation[Any], params: Params) -> list[Field]:
    """Fields required with some parameters that can be unknown."""
    return [r for r in step.required(params) if isinstance(r, Field) and r.dtype == "float32"]
