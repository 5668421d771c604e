"""Streamlines of the wind where people walk, for one direction of the wind."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.streamlines import Streamlines, evenly_spaced_streamlines
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.axes import Direction
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.text import text

STEP_NAME = "wind_streamlines"
_STILL = 0.01
"""Below this ratio of velocities air has no direction worth a line."""
_SIMPLIFIED_CELLS = 0.05
"""Points nearer than this to the line without them are left out."""


class WindStreamlinesParams(Params):
    """For which wind lines are drawn, and how densely."""

    from_deg: float | None = None
    """Where the wind comes from, one of the directions of the flow; None = the first of them."""
    spacing_m: float = Bound(default=12.0, gt=0, le=1000)
    """Distance between lines, at least a cell; they come nearer to each other down to half of it."""


def run(city: CityState, params: WindStreamlinesParams) -> Assessed:
    """Draw lines and cut them into pieces as long as they are apart.

    Parameters
    ----------
    city
        With the flow.
    params
        Direction and spacing.
    """
    directions = city.directions[f.WIND_SPEED_RATIO_OF_FLOW]
    number = _number_of(directions, params)
    cell_m = city.grid.cell_m
    spacing = params.spacing_m / cell_m
    lines = evenly_spaced_streamlines(
        city[f.WIND_ALONG_X_OF_FLOW][number],
        -city[f.WIND_ALONG_Y_OF_FLOW][number],
        spacing,
        _STILL,
        spacing,
    )
    ratio = city[f.WIND_SPEED_RATIO_OF_FLOW][number]
    rows = _pieces(lines, ratio, spacing)
    frame = gpd.GeoDataFrame(
        pd.DataFrame(rows, columns=["line", "piece", "speed_ratio", "geometry"]),
        geometry="geometry",
        crs=city.grid.crs,
    )
    frame["geometry"] = _on_map(frame["geometry"].to_numpy(), city)
    frame["piece_id"] = [f"{row.line}:{row.piece}" for row in frame.itertuples()]
    frame["from_deg"] = directions[number].from_deg
    frame["length_m"] = frame.length
    drawn = Fact(
        name="streamlines",
        label=text("流線の数", "Number of streamlines"),
        value=float(len(lines.start) - 1),
        unit="1",
    )
    return Assessed(frame, (drawn,), (_note(directions[number], params),))


def _number_of(directions: tuple[Direction, ...], params: WindStreamlinesParams) -> int:
    """Place of the direction that is asked for."""
    if params.from_deg is None:
        return 0
    known = [one.from_deg for one in directions]
    if params.from_deg % 360.0 in known:
        return known.index(params.from_deg % 360.0)
    msg = f"the flow was not solved for wind from {params.from_deg:g} degrees"
    hint = f"give one of {', '.join(f'{one:g}' for one in known)}, or solve that direction too"
    raise StepError(msg, step=STEP_NAME, hint=hint)


def _pieces(
    lines: Streamlines, ratio: NDArray[np.float32], length: float
) -> list[tuple[int, int, float, Any]]:
    """Number of the line and of the piece, mean speed ratio, points in cells, of each piece."""
    rows: list[tuple[int, int, float, Any]] = []
    for line, (first, end) in enumerate(pairwise(lines.start.tolist()), start=1):
        points = lines.points[first:end]
        along = np.hypot(*np.diff(points, axis=0).T).sum()
        cuts = np.linspace(0, len(points) - 1, max(1, round(along / length)) + 1).round()
        for piece, (low, high) in enumerate(pairwise(cuts.astype(int).tolist()), start=1):
            part = points[low : high + 1]
            cells = part.astype(np.intp)
            mean = float(np.mean(ratio[cells[:, 1], cells[:, 0]]))
            rows.append((line, piece, mean, shapely.LineString(part)))
    return rows


def _on_map(lines: NDArray[Any], city: CityState) -> NDArray[Any]:
    """Lines in cells as lines in the CRS of the city, with few points."""
    if not len(lines):
        return lines
    few = shapely.simplify(lines, _SIMPLIFIED_CELLS)
    corner = np.array([city.grid.bounds.x_min, city.grid.bounds.y_max])
    scale = np.array([city.grid.cell_m, -city.grid.cell_m])
    return np.asarray(shapely.transform(few, lambda cells: corner + scale * cells))


def _note(direction: Direction, params: WindStreamlinesParams) -> Note:
    name, spacing = direction.name, f"{params.spacing_m:g} m"
    return Note(
        severity="info",
        ja=f"{name.ja}の風のとき。平均流の流線で、線の間隔は {spacing}（流線どうしが近づく所ではその半分まで）",
        en=f"For wind from {name.en}. Lines of the mean flow, {spacing} apart, where it narrows half of that",
    )


ASSESSMENT = Assessment(
    name=STEP_NAME,
    title=text("風の流線", "Streamlines of the wind"),
    inputs=(f.WIND_SPEED_RATIO_OF_FLOW, f.WIND_ALONG_X_OF_FLOW, f.WIND_ALONG_Y_OF_FLOW),
    output=t.WIND_STREAMLINES,
    params=WindStreamlinesParams,
    run=run,
    cost=Cost(seconds_per_megacell=4.0, bytes_per_cell=400.0),
)
