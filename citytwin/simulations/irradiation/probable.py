"""Probable irradiation of ground and roofs: that of the sky as it was observed."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.foliage import tree_notes, unused_crowns
from citytwin.model.local_days import midnight
from citytwin.model.reach import Halo
from citytwin.model.steps import Block, Outcome, Simulation
from citytwin.model.sun_notes import sun_notes
from citytwin.model.text import text
from citytwin.simulations.irradiation.params import ProbableParams
from citytwin.simulations.irradiation.span import days_s, light_of
from citytwin.simulations.irradiation.surface import light_reach_m, plane_note, received_on_surface
from citytwin.simulations.irradiation.weather import PROPERTY, observation_of

NAME = "irradiation_probable"


def run(block: Block, params: ProbableParams) -> Outcome:
    """Add up beam, light of the sky, and what the ground reflects, as the record has it."""
    site = block.site
    limits = days_s(params.first_day, params.last, site.time_zone)
    real = observation_of(limits, params.observed, params, block, NAME, params.min_coverage)
    light = light_of(real.span, (real.sky,), True, block, params)
    got = received_on_surface(light, block, params)
    fields = {
        f.IRRADIATION_PROBABLE_DIRECT: got.direct,
        f.IRRADIATION_PROBABLE_DIFFUSE: got.diffuse,
        f.IRRADIATION_PROBABLE_REFLECTED: got.reflected,
        f.IRRADIATION_PROBABLE_GLOBAL: got.total,
    }
    said = plane_note(params, f.ROOF_SLOPE in block.arrays, light, clear=False)
    return Outcome(
        fields,
        notes=(
            said,
            *real.notes,
            *tree_notes(block, params.trees),
            *sun_notes(False, block.grid, site),
        ),
        valid_time=midnight(params.first_day, site.time_zone),
    )


def _window(params: ProbableParams) -> tuple[datetime, datetime]:
    """Days of the span by the clock of UTC: enough to tell which sensor covers most of them."""
    begin = datetime.combine(params.first_day, time(), UTC)
    return begin, datetime.combine(params.last, time(), UTC) + timedelta(days=1)


SIMULATION = Simulation(
    name=NAME,
    title=text("実際の日射量（観測された空）", "Probable solar irradiation (observed sky)"),
    inputs=(f.SURFACE_HEIGHT,),
    optional=(f.ROOF_SLOPE, f.ROOF_ASPECT, f.CANOPY_TOP, f.CANOPY_BASE, *PROPERTY.values()),
    also_needs=lambda params: (PROPERTY[params.observed],),
    ignores=lambda params: (
        *(observed for name, observed in PROPERTY.items() if name != params.observed),
        *unused_crowns(params.trees),
    ),
    outputs=(
        f.IRRADIATION_PROBABLE_DIRECT,
        f.IRRADIATION_PROBABLE_DIFFUSE,
        f.IRRADIATION_PROBABLE_REFLECTED,
        f.IRRADIATION_PROBABLE_GLOBAL,
    ),
    params=ProbableParams,
    window=_window,
    reach=Halo(light_reach_m, of_parts=True),
    run=run,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=100.0),
)
