"""Levees as the solver sees them: segments, each with the land cell that its water reaches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_levee import Breach, Levee
from citytwin.kernels.weir import side_weir_factor
from citytwin.simulations.flood.boundaries import BreachParams, LeveeParams
from citytwin.simulations.flood.places import MINUTE_S, STEP, Ground, credible_level, stage_of


def levee_of(ground: Ground, given: LeveeParams) -> Levee:
    """Cut a levee into segments of about a cell and find the land cell of each.

    Parameters
    ----------
    ground
        The area.
    given
        Line, crest, water outside, breaches. Parts of the line without an open cell on the land
        side, such as those outside the area, are left out.

    Raises
    ------
    StepError
        If no part has one, or a breach lies on none.
    """
    line = shapely.LineString(given.line)
    number = max(1, round(line.length / ground.grid.cell_m))
    ends = np.linspace(0.0, line.length, number + 1)
    middle = 0.5 * (ends[:-1] + ends[1:])
    rows, cols = _land_cells(ground, line, middle, given)
    known = rows >= 0
    if not known.any():
        msg = f"no open cell {given.land} of the levee from {given.line[0]} on within "
        msg += f"{given.toe_m:g} m; the area is {ground.bounds_text}"
        raise StepError(msg, step=STEP, hint="check the line, `land` and `toe_m`")
    crest = _crest(ground, line, middle, given)
    # Open ground no lower than the crest is the levee itself, behind a building or at the rim.
    known[known] = ground.level_at(rows[known], cols[known]) < crest[known]
    if not known.any():
        msg = f"no ground {given.land} of the levee from {given.line[0]} on is lower than its crest"
        raise StepError(msg, step=STEP, hint="check the line, `land`, `crest_m` and `toe_m`")
    highest = max(point.level_m for point in given.stage)
    credible_level(ground, highest, rows[known], cols[known], "stage of a levee")
    middle = middle[known]
    slope = given.river_slope
    levee = Levee(
        rows[known],
        cols[known],
        ends[:-1][known],
        ends[1:][known],
        crest[known],
        -given.water_slope * middle,
        stage_of(given.stage),
        breach_factor=1.0 if slope is None else side_weir_factor(slope, breached=True),
        overtopping_factor=1.0 if slope is None else side_weir_factor(slope, breached=False),
        storage_m2=np.inf if given.storage_m2 is None else given.storage_m2,
    )
    breaches = tuple(_breach(ground, line, levee, breach) for breach in given.breaches)
    return replace(levee, breaches=breaches)


def _land_cells(
    ground: Ground, line: shapely.LineString, middle: NDArray[np.float64], given: LeveeParams
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Lowest open cell within reach of each segment on the land side; -1 where there is none."""
    cell = ground.grid.cell_m
    here = shapely.get_coordinates(shapely.line_interpolate_point(line, middle))
    step = min(0.5 * cell, 0.25 * line.length)
    before, after = (
        shapely.get_coordinates(
            shapely.line_interpolate_point(line, np.clip(middle + side * step, 0.0, line.length))
        )
        for side in (-1.0, 1.0)
    )
    along = after - before
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    turn = 1.0 if given.land == "left" else -1.0
    across = turn * np.column_stack([-along[:, 1], along[:, 0]])
    rows = np.full(len(middle), -1, dtype=np.int64)
    cols = np.full(len(middle), -1, dtype=np.int64)
    lowest = np.full(len(middle), np.inf)
    for distance in np.arange(0.5 * cell, given.toe_m + 0.25 * cell, 0.5 * cell):
        place = here + distance * across
        row, col = ground.grid.cells_of(place[:, 0], place[:, 1])
        inside = np.flatnonzero(ground.holds(row, col))
        inside = inside[ground.open_at(row[inside], col[inside])]
        lower = inside[ground.level_at(row[inside], col[inside]) < lowest[inside]]
        rows[lower], cols[lower] = row[lower], col[lower]
        lowest[lower] = ground.level_at(row[lower], col[lower])
    return rows, cols


def _crest(
    ground: Ground, line: shapely.LineString, middle: NDArray[np.float64], given: LeveeParams
) -> NDArray[np.float64]:
    """Level of the crest at places along the line."""
    if len(given.crest_m) == 1:
        return np.full(len(middle), given.crest_m[0])
    if given.crest_m:
        along = [line.project(shapely.Point(place)) for place in given.line]
        along[-1] = line.length
        return np.interp(middle, along, given.crest_m).astype(np.float64)
    place = shapely.get_coordinates(shapely.line_interpolate_point(line, middle))
    row, col = ground.grid.cells_of(place[:, 0], place[:, 1])
    highest = np.full(len(middle), -np.inf)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            inside = np.flatnonzero(ground.holds(row + down, col + right))
            level = ground.level_at(row[inside] + down, col[inside] + right)
            highest[inside] = np.fmax(highest[inside], level)
    return highest


def _breach(ground: Ground, line: shapely.LineString, levee: Levee, given: BreachParams) -> Breach:
    """Place a breach on its levee."""
    place = float(line.project(shapely.Point(given.x, given.y)))
    distance = float(line.distance(shapely.Point(given.x, given.y)))
    half = 0.5 * given.width_m
    hit = (levee.from_m < place + half) & (levee.to_m > place - half)
    if distance > half + ground.grid.cell_m or not hit.any():
        msg = f"the breach at ({given.x:g}, {given.y:g}) is {distance:.0f} m from its levee, or on "
        msg += f"a part of it without open land; the area is {ground.bounds_text}"
        raise StepError(msg, step=STEP, hint="give a place on the line of the levee")
    middle = int(np.argmin(np.abs(0.5 * (levee.from_m + levee.to_m) - place)))
    sill = given.sill_m
    if sill is None:
        at = slice(middle, middle + 1)
        sill = float(ground.level_at(levee.rows[at], levee.cols[at])[0])
    return Breach(
        place,
        _start_s(levee, middle, given),
        given.width_m,
        given.first_share,
        given.growth_minutes * MINUTE_S,
        sill,
    )


def _start_s(levee: Levee, middle: int, given: BreachParams) -> float:
    if given.start_minutes is not None:
        return given.start_minutes * MINUTE_S
    level = given.start_level_m or 0.0
    start = levee.stage.first_at(level - float(levee.above_m[middle]))
    if start is None:
        msg = f"the water at ({given.x:g}, {given.y:g}) never reaches {level:g} m, at which the "
        msg += "levee would break"
        raise StepError(msg, step=STEP, hint="check start_level_m and the stage")
    return start
