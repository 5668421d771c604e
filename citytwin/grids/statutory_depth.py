"""Depth of a statutory inundation map on the grid, to compare a computed flood with."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.tin_raster import burn_triangles
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.depth_ranks import DRY_M, rank_bounds_m
from citytwin.model.notes import Fact, Note, premise_of, tally
from citytwin.model.ragged import flattened
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import ClassCounts, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text

Float64Array = NDArray[np.float64]

_KINDS = {
    "river_flood": text("洪水", "river flood"),
    "inland_flood": text("内水", "inland flood"),
    "high_tide": text("高潮", "high tide"),
    "tsunami": text("津波", "tsunami"),
    "reservoir_flood": text("ため池", "reservoir failure"),
    "unknown": text("種別不明の浸水", "inundation of an unknown kind"),
}
_WITHOUT_SCALE = text(
    "規模（L1・L2）の記録がない浸水面の三角形 {count} 個も含みます",
    "{count} triangles of surfaces that do not tell their scale (L1 or L2) are taken along",
)
_NOTHING = Note(
    severity="loss",
    ja="指定した種別・規模・区域図の浸水面が、この範囲にありません",
    en="No surface of the kind, scale and map asked for lies in this area",
)
_OUTSIDE = Note(
    severity="info",
    ja="浸水面のない所は浸水しないものとして扱います。読み込んだファイルが範囲の一部だけの場合も同じです",
    en="Where there is no surface there is no water; so it is where files of a part of the area "
    "were not given",
)
_STEP_M = 1e-3
"""Step that maps of depth are rounded to: a depth below a bound stays below it."""


class StatutoryDepthParams(Params):
    """Which of the surfaces of expected inundations count; of several the deepest."""

    kind: Literal[
        "river_flood", "inland_flood", "high_tide", "tsunami", "reservoir_flood", "unknown"
    ] = "river_flood"
    """What floods."""
    scale: Literal["L1", "L2"] | None = "L2"
    """L1 the scale that rivers are planned for, L2 the largest that is assumed; None = both.
    Surfaces that do not tell their scale always count."""
    event: str | None = None
    """River system or map, as the column ``event`` of the surfaces has it; None = all."""


def run(task: GridTask, params: StatutoryDepthParams) -> Outcome:
    """Water surface less ground, kept within the rank of depth that the file states.

    The rank is what the authority has mapped; the height of the surface goes back to its ground,
    which is coarser than that of the city and often older. Where both differ, the nearest depth
    within the rank counts. Under a surface the depth is at least `DRY_M`, from which on maps draw
    water; outside of them it is zero.

    Parameters
    ----------
    task
        With the ground and surfaces of expected inundations.
    params
        Which of them count.
    """
    ground = task.fields[f.TERRAIN].astype(np.float64)
    rows = task.tables[t.HAZARD_SURFACES]
    chosen = rows[_chosen(rows, params)]
    depth = np.zeros(ground.shape)
    origin = np.full(ground.shape, t.StatutoryDepthFrom.NONE, dtype=np.uint8)
    for rank, surfaces in chosen.groupby(chosen["rank"].fillna(""), sort=True):
        _deepen(depth, origin, _depth(task, surfaces, ground), str(rank))
    unknown = np.isnan(ground)
    depth[unknown], origin[unknown] = np.nan, f.CLASS_NODATA
    return Outcome(
        {f.STATUTORY_DEPTH: depth.astype(np.float32), f.STATUTORY_DEPTH_FROM: origin},
        notes=_notes(task, chosen, params),
    )


def _chosen(rows: pd.DataFrame, params: StatutoryDepthParams) -> NDArray[np.bool_]:
    chosen = rows["kind"] == params.kind
    if params.scale is not None:
        chosen &= rows["scale"].isna() | rows["scale"].isin([params.scale])
    if params.event is not None:
        chosen &= rows["event"].isin([params.event])
    return chosen.to_numpy(dtype=np.bool_)


def _depth(task: GridTask, surfaces: pd.DataFrame, ground: Float64Array) -> Float64Array:
    """Water surface less ground; NaN outside of the surfaces."""
    level = np.full(ground.shape, np.nan, dtype=np.float32)
    corners = flattened(surfaces["triangle"])[0].reshape(-1, 3, 3)
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    burn_triangles(corners, window, level)
    return np.asarray(level - ground)


def _deepen(
    depth: Float64Array, origin: NDArray[np.uint8], measured: Float64Array, rank: str
) -> None:
    """Let the surfaces of a rank flood what they flood deeper than others; in place."""
    bounds = rank_bounds_m(rank)
    low, high = bounds or (0.0, np.inf)
    kept = np.clip(measured, max(low, DRY_M), high - _STEP_M)
    is_in = (measured >= low) & (measured < high)
    kind = np.where(is_in, t.StatutoryDepthFrom.SURFACE, t.StatutoryDepthFrom.RANK)
    if bounds is None:
        kind = np.full(depth.shape, t.StatutoryDepthFrom.UNRANKED)
    deeper = kept > depth
    depth[deeper], origin[deeper] = kept[deeper], kind[deeper]


def _notes(task: GridTask, chosen: pd.DataFrame, params: StatutoryDepthParams) -> tuple[Note, ...]:
    kind = _KINDS[params.kind]
    scale = "L1・L2" if params.scale is None else params.scale
    scale_en = "L1 and L2" if params.scale is None else params.scale
    event = "" if params.event is None else f"、{params.event}"
    said = Note(
        severity="info",
        ja=f"法定の浸水想定：{kind.ja}、{scale}{event}（水面の高さ − 地盤高。"
        "ファイルの浸水ランクと合わない所はランク内の最も近い値）",
        en=f"Statutory map: {kind.en}, {scale_en}{event.replace('、', ', ')} (water surface less "
        "ground; where that is not in the rank of the file, the nearest depth that is)",
    )
    lacking = chosen[chosen["scale"].isna()]
    corners = flattened(lacking["triangle"])[0].reshape(-1, 3, 3)
    boxes = np.hstack([corners[..., :2].min(axis=1), corners[..., :2].max(axis=1)])
    count = int(task.grid.middles_in(boxes, task.tile).sum())
    told = () if params.scale is None or not count else (tally("info", _WITHOUT_SCALE, count),)
    return (premise_of(said), _OUTSIDE, *told)


def summary(cells: ClassCounts) -> tuple[tuple[Fact, ...], tuple[Note, ...]]:
    """Say how much of the city the statutory map floods, and how well it fits the ground.

    Parameters
    ----------
    cells
        Cells of each class of ``statutory_depth_from`` over the whole city.
    """
    count = cells[f.STATUTORY_DEPTH_FROM]
    kinds = (
        t.StatutoryDepthFrom.SURFACE,
        t.StatutoryDepthFrom.RANK,
        t.StatutoryDepthFrom.UNRANKED,
    )
    flooded = sum(count.get(kind, 0) for kind in kinds)
    if not flooded:
        return (), (_NOTHING,)
    shares = (
        ("statutory_share", "法定の浸水範囲の割合", "Share that the statutory map floods",
         flooded, sum(count.values())),
        ("statutory_depth_of_rank", "水面が浸水ランクと合わない割合",
         "Surface not in its rank of depth", count.get(t.StatutoryDepthFrom.RANK, 0), flooded),
    )  # fmt: skip
    facts = tuple(
        Fact(name=name, label=text(ja, en), value=100.0 * part / whole, unit="%")
        for name, ja, en, part, whole in shares
    )
    return facts, ()


GRIDDER = Gridder(
    name="statutory_depth",
    title=text("法定の浸水想定", "Statutory inundation map"),
    inputs=(f.TERRAIN, t.HAZARD_SURFACES),
    outputs=(f.STATUTORY_DEPTH, f.STATUTORY_DEPTH_FROM),
    params=StatutoryDepthParams,
    margin_m=lambda _params, cell_m: cell_m,
    reach=OWN_CELLS,
    run=run,
    summary=summary,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=50.0),
)
