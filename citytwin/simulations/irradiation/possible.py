"""Possible irradiation of ground and roofs: that of a clear sky."""

from __future__ import annotations

import numpy as np

from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import tree_notes, unused_crowns
from citytwin.model.local_days import midnight
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.simulations.irradiation.params import IrradiationParams
from citytwin.simulations.irradiation.span import days_s, light_of, span_of
from citytwin.simulations.irradiation.surface import light_reach_m, plane_note, received_on_surface


def run(block: Block, params: IrradiationParams) -> Outcome:
    """Add up beam, light of the sky, and what the ground reflects."""
    site, nothing = block.site, (np.empty(0), np.empty(0))
    limits = days_s(params.first_day, params.last, site.time_zone)
    span = span_of(limits, nothing, params, site)
    light = light_of(span, (span.clear,), True, block, params)
    got = received_on_surface(light, block, params)
    fields = {
        f.IRRADIATION_DIRECT: got.direct,
        f.IRRADIATION_DIFFUSE: got.diffuse,
        f.IRRADIATION_REFLECTED: got.reflected,
        f.IRRADIATION_GLOBAL: got.total,
    }
    said = plane_note(params, f.ROOF_SLOPE in block.arrays, light, clear=True)
    return Outcome(
        fields,
        notes=(said, *tree_notes(block, params.trees), *sun_notes(False, block.grid, site)),
        valid_time=midnight(params.first_day, site.time_zone),
    )


SIMULATION = Simulation(
    name="irradiation",
    title=text("可能日射量（快晴時）", "Possible solar irradiation (clear sky)"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.ROOF_SLOPE, f.ROOF_ASPECT, f.CANOPY_TOP, f.CANOPY_BASE),
    ignores=lambda params: unused_crowns(params.trees),
    outputs=(
        f.IRRADIATION_DIRECT,
        f.IRRADIATION_DIFFUSE,
        f.IRRADIATION_REFLECTED,
        f.IRRADIATION_GLOBAL,
    ),
    params=IrradiationParams,
    reach=Halo(light_reach_m, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=100.0),
)
