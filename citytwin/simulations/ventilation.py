"""Ventilation corridors: paths of least resistance across the city for the prevailing wind."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.least_resistance import corridor_excess
from citytwin.kernels.wind_rose import wind_rose
from citytwin.model import fields as f
from citytwin.model.axes import Direction
from citytwin.model.cost import Cost
from citytwin.model.free_walls import CoarseCells
from citytwin.model.notes import Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.reach import Domain
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors

_PERCENT = 100.0


class VentilationParams(Params):
    """Which wind crosses the city, and what resists it."""

    from_deg: float | None = Bound(default=None, ge=0, lt=360)
    """Where the wind comes from, clockwise from true north; None = the direction of the record
    from which most wind came (frequency times mean speed)."""
    coarse_cells: int = Bound(default=40, ge=1, le=1000)
    """Cells of the grid along the edge of a coarse cell, as of the frontal area index."""
    open_share: float = Bound(default=0.05, gt=0, le=1)
    """Resistance of open ground, as a share added to the frontal area index everywhere."""


def run(block: Block, params: VentilationParams) -> Outcome:
    """Excess of the best path through each coarse cell over the best of all."""
    index = block[f.FRONTAL_AREA_BY_DIRECTION]
    known = block.directions[f.FRONTAL_AREA_BY_DIRECTION]
    nothing = np.full(index.shape[1:], np.nan, dtype=np.float32)
    blowing, notes = _wind(block, params, known)
    if blowing is None:
        return Outcome({f.CORRIDOR_EXCESS: nothing}, notes=notes)
    wind = index[known.index(blowing)]
    cells = CoarseCells(block.grid, params.coarse_cells)
    coarse = cells.around(block.window)
    resistance = _means(wind, params.coarse_cells) + params.open_share
    azimuth_rad = math.radians(blowing.from_deg - block.site.convergence_deg)
    excess = corridor_excess(resistance, azimuth_rad) * _PERCENT
    values = cells.spread(excess, coarse, block.window)
    values[np.isnan(wind)] = np.nan
    return Outcome({f.CORRIDOR_EXCESS: values}, notes=notes)


def _means(values: np.ndarray, cells: int) -> np.ndarray:
    """Mean of the known cells of each coarse cell; NaN where none is known."""
    rows = np.arange(0, values.shape[0], cells)
    cols = np.arange(0, values.shape[1], cells)

    def added(part: np.ndarray) -> np.ndarray:
        by_row = np.add.reduceat(part.astype(np.float64), rows, axis=0)
        return np.asarray(np.add.reduceat(by_row, cols, axis=1))

    number = added(np.isfinite(values))
    return np.asarray(added(np.nan_to_num(values)) / np.where(number > 0, number, np.nan))


def _wind(
    block: Block, params: VentilationParams, known: tuple[Direction, ...]
) -> tuple[Direction | None, tuple[Note, ...]]:
    """The known direction nearest to that of the wind, and what must be said about it."""
    notes: tuple[Note, ...] = ()
    from_deg = params.from_deg
    if from_deg is None:
        speed, direction = block.records.get(WIND_SPEED), block.records.get(WIND_DIRECTION)
        if speed is None or direction is None:
            msg = "there is no wind: no record of speed and direction, and no from_deg"
            raise StepError(msg, step="ventilation", hint="add a weather feed, or give `from_deg`")
        speed, direction = speed.good(), direction.good()
        rose = wind_rose(speed.start_s, speed.result, direction.start_s, direction.result)
        run_of_wind = np.nan_to_num(rose.frequency * rose.mean_speed_m_s)
        notes = (of_sensors(speed, direction),)
        if not run_of_wind.any():
            return None, (CALM, *notes)
        from_deg = float(rose.centre_deg[int(np.argmax(run_of_wind))])
    wanted = from_deg
    blowing = min(known, key=lambda one: abs(math.remainder(one.from_deg - wanted, 360.0)))
    said = Note(
        severity="info",
        ja=f"{blowing.name.ja}の風のとき。風下の端まで抜ける最小抵抗の経路と比べた割合で、建物の形だけから求めたもの",
        en=f"For wind from {blowing.name.en}: compared with the path of least resistance to the "
        "leeward edge; from the shape of the city alone",
    )
    return blowing, (said, *notes)


SIMULATION = Simulation(
    name="ventilation",
    title=text("風の道", "Ventilation corridors"),
    inputs=(f.FRONTAL_AREA_BY_DIRECTION,),
    optional=(WIND_SPEED, WIND_DIRECTION),
    outputs=(f.CORRIDOR_EXCESS,),
    params=VentilationParams,
    also_needs=lambda params: (WIND_SPEED, WIND_DIRECTION) if params.from_deg is None else (),
    ignores=lambda params: () if params.from_deg is None else (WIND_SPEED, WIND_DIRECTION),
    reach=Domain(),
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=100.0),
)
