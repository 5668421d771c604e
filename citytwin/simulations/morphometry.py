"""Shape of the city as the wind feels it: building density, heights, roughness by direction."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.obstacles import obstacle_height
from citytwin.kernels.source_area import (
    Coarse,
    around,
    coarse_of,
    coarse_sums,
    heights_of,
    moving_sum,
    plan_area,
)
from citytwin.kernels.urban_roughness import DENSITY, Heights, Roughness, kanda, macdonald
from citytwin.model import fields as f
from citytwin.model.axes import Direction, evenly
from citytwin.model.cost import Cost
from citytwin.model.notes import Note
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.tables import RoughnessDoubt
from citytwin.model.text import text

FloatArray = NDArray[np.float64]
_MILLIONTH = 1e6


class MorphometryParams(Params):
    """Area around each place, and the formulae."""

    coarse_cells: int = Bound(default=40, ge=4, le=1000)
    """Cells of the grid along the edge of a coarse cell, as of the frontal area index."""
    reach_cells: int = Bound(default=2, ge=0, le=20)
    """Coarse cells to either side that count: 2 of 100 m make an area of 500 m."""
    model: Literal["kanda", "macdonald_staggered", "macdonald_aligned"] = "kanda"
    """Kanda et al. (2013) for many heights, Macdonald et al. (1998) for blocks of one height."""
    lowest_m: float = Bound(default=2.0, gt=0, le=100)
    """What is lower is no building."""
    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions, as of the frontal area index."""


def run(block: Block, params: MorphometryParams) -> Outcome:
    """Statistics over the buildings around each coarse cell, and what they make of the wind."""
    _check_directions(block, params)
    cells = params.coarse_cells
    obstacles = obstacle_height(
        block[f.SURFACE_HEIGHT], block.get(f.TERRAIN), block.get(f.BUILDING_MASK)
    )
    coarse = coarse_of(block.window.shape, block.row0, block.col0, cells)
    sums = around(coarse_sums(obstacles, params.lowest_m, coarse), params.reach_cells)
    plan, heights = plan_area(sums), heights_of(sums)
    frontal = _frontal(block[f.FRONTAL_AREA_BY_DIRECTION], coarse, params.reach_cells)
    rough = _roughness(heights, plan, frontal, params)
    unknown = np.isnan(obstacles)

    def fine(values: FloatArray) -> NDArray[np.float32]:
        spread = _spread(values, block, cells).astype(np.float32)
        spread[..., unknown] = np.nan
        return spread

    doubt = _spread(_doubt(plan, frontal, rough), block, cells).astype(np.uint8)
    doubt[unknown] = f.CLASS_NODATA
    return Outcome(
        {
            f.PLAN_AREA: fine(plan),
            f.BUILDING_HEIGHT_MEAN: fine(heights.mean_m),
            f.BUILDING_HEIGHT_DEVIATION: fine(heights.deviation_m),
            f.BUILDING_HEIGHT_MAX: fine(heights.max_m),
            f.DISPLACEMENT_HEIGHT: fine(rough.displacement_m),
            f.ROUGHNESS_LENGTH: fine(rough.length_m),
            f.ROUGHNESS_DOUBT: doubt,
        },
        notes=(_note(block, params),),
    )


def _check_directions(block: Block, params: MorphometryParams) -> None:
    given = block.directions[f.FRONTAL_AREA_BY_DIRECTION]
    if given != directions(params):
        msg = (
            f"the frontal area index has {len(given)} directions, not {params.directions} evenly "
            "around from true north"
        )
        hint = "give `directions` to frontal_area_by_direction and morphometry alike"
        raise StepError(msg, step="morphometry", hint=hint)


def _frontal(index: NDArray[np.float32], coarse: Coarse, reach: int) -> FloatArray:
    """Mean index of the area around each coarse cell, shape (n_dir, my, mx)."""
    found = []
    for values in index:
        known = np.isfinite(values)
        # Millionths as whole numbers: their sum does not depend on the tile.
        walls = np.rint(np.where(known, values, 0.0).astype(np.float64) * _MILLIONTH)
        ground = moving_sum(coarse.added(known), reach)
        total = moving_sum(coarse.added(walls.astype(np.int64)), reach)
        found.append(total / np.where(ground > 0, ground, np.nan) / _MILLIONTH)
    return np.stack(found)


def _roughness(
    heights: Heights, plan: FloatArray, frontal: FloatArray, params: MorphometryParams
) -> Roughness:
    if params.model == "kanda":
        return kanda(heights, plan, frontal)
    layout: Literal["staggered", "aligned"] = (
        "aligned" if params.model == "macdonald_aligned" else "staggered"
    )
    return macdonald(heights.mean_m, plan, frontal, layout)


def _doubt(plan: FloatArray, frontal: FloatArray, rough: Roughness) -> NDArray[np.int64]:
    """Why there is no roughness, or none for some direction."""
    low, high = DENSITY
    walls_outside = ((frontal < low) | (frontal > high)).any(axis=0)
    none = np.isnan(rough.displacement_m) | walls_outside
    return np.select(
        [~(plan >= low), plan > high, none],
        [RoughnessDoubt.SPARSE, RoughnessDoubt.DENSE, RoughnessDoubt.WALLS],
        default=RoughnessDoubt.NONE,
    )


def _spread(values: NDArray[np.generic], block: Block, cells: int) -> NDArray[np.generic]:
    """Give every cell the value of its coarse cell."""
    ny, nx = block.window.shape
    rows = np.arange(block.row0, block.row0 + ny) // cells - block.row0 // cells
    cols = np.arange(block.col0, block.col0 + nx) // cells - block.col0 // cells
    return np.asarray(values[..., rows[:, None], cols[None, :]])


def _note(block: Block, params: MorphometryParams) -> Note:
    edge = (2 * params.reach_cells + 1) * params.coarse_cells * block.cell_m
    names = {
        "kanda": ("Kanda ほか (2013)", "Kanda et al. (2013)"),
        "macdonald_staggered": ("Macdonald ほか (1998) 千鳥", "Macdonald et al. (1998), staggered"),
        "macdonald_aligned": ("Macdonald ほか (1998) 整列", "Macdonald et al. (1998), aligned"),
    }
    ja, en = names[params.model]
    return Note(
        severity="info",
        ja=f"各地点のまわり {edge:g} m 四方の建物から算定。ゼロ面変位と粗度長は {ja} の式により、"
        f"密度が {DENSITY[0]:g}〜{DENSITY[1]:g} の範囲を外れる所は値なし",
        en=f"From the buildings of {edge:g} m by {edge:g} m around each place; displacement height and "
        f"roughness length after {en}, without a value where a density lies outside {DENSITY[0]:g} to {DENSITY[1]:g}",
    )


def directions(params: MorphometryParams) -> tuple[Direction, ...]:
    """Directions of the roughness length.

    Parameters
    ----------
    params
        How many.
    """
    return evenly(params.directions)


SIMULATION = Simulation(
    name="morphometry",
    title=text("都市形態（密度・高さ・粗度）", "Density, heights and roughness of the city"),
    inputs=(f.SURFACE_HEIGHT, f.FRONTAL_AREA_BY_DIRECTION),
    optional=(f.TERRAIN, f.BUILDING_MASK),
    outputs=(
        f.PLAN_AREA,
        f.BUILDING_HEIGHT_MEAN,
        f.BUILDING_HEIGHT_DEVIATION,
        f.BUILDING_HEIGHT_MAX,
        f.DISPLACEMENT_HEIGHT,
        f.ROUGHNESS_LENGTH,
        f.ROUGHNESS_DOUBT,
    ),
    params=MorphometryParams,
    reach=Halo(
        lambda params, _ranges, cell_m: (params.reach_cells + 1) * params.coarse_cells * cell_m,
        of_parts=True,
    ),
    run=run,
    directions=directions,
    cost=Cost(seconds_per_megacell=0.6, bytes_per_cell=250.0),
)
