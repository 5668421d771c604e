"""Sky view factor of ground and roofs (band sweep over directions of the sky)."""

from __future__ import annotations

from datetime import date as Day

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import Method, reach_m
from citytwin.kernels.sky_view import sky_directions, sky_view_factor
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import Trees, crowns_of, relief_m, tree_notes, unused_crowns
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges, Halo
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text


class SkyViewParams(Params):
    """How finely the sky is divided."""

    directions: int = Bound(default=256, ge=16, le=4096)
    """Parts of the sky, of equal weight. Against rays cast by another program the error (root
    mean square) was 0.0065 with 256 of them, 0.0094 with 145."""
    min_altitude_deg: float = Bound(default=5.0, gt=0, lt=45)
    """Parts of the sky below are looked for here: it bounds how far a tile must see."""
    method: Method = "fast"
    """As of the simulation ``sunlight``."""
    trees: Trees = Trees()
    """How trees count, where the city has any: diffuse light passes their crowns as direct light
    does."""
    date: Day | None = None
    """Local day whose leaves hide the sky; None = trees in leaf."""


def _reach(params: SkyViewParams, ranges: FieldRanges, cell_m: float) -> float:
    return reach_m(relief_m(ranges), np.radians(params.min_altitude_deg), cell_m)


def run(block: Block, params: SkyViewParams) -> Outcome:
    """Share of the sky above each cell, weighted as a level plane sees it."""
    directions = sky_directions(params.directions, float(np.radians(params.min_altitude_deg)))
    factor = sky_view_factor(
        block[f.SURFACE_HEIGHT],
        block.cell_m,
        directions,
        block.row0,
        block.col0,
        params.method,
        _canopy(block, params),
    )
    said = Note(
        severity="info",
        ja=f"水平面の天空率（余弦重み、一様な天空を {params.directions} 方向に分割）。"
        "建築基準法の天空率（正射影率の図上測定）とは算定位置と手順が異なります",
        en=f"View factor of a uniform sky from a level plane, {params.directions} directions; its"
        " places and procedure are not those of the Japanese building code",
    )
    notes = (said, *tree_notes(block, params.trees))
    return Outcome({f.SKY_VIEW_FACTOR: factor}, notes=notes)


def _canopy(block: Block, params: SkyViewParams) -> Canopy | None:
    crowns, trees = crowns_of(block, params.trees), params.trees
    if crowns is None:
        return None
    day = params.date
    share = trees.in_leaf_share if day is None else float(trees.of_days([day], block.site)[0])
    return Canopy(*crowns, np.full(params.directions, share))


SIMULATION = Simulation(
    name="sky_view",
    title=text("天空率", "Sky view factor"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.CANOPY_TOP, f.CANOPY_BASE),
    outputs=(f.SKY_VIEW_FACTOR,),
    params=SkyViewParams,
    ignores=lambda params: unused_crowns(params.trees),
    reach=Halo(_reach, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=32.0),
)
