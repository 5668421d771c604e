"""Inundation by rain, inflows, levees and levels (shallow water, buildings as closed blocks)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from citytwin.kernels.inundation import simulate_inundation
from citytwin.model import fields as f
from citytwin.model.instants import Instant
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.reach import Domain
from citytwin.model.site import Site
from citytwin.model.steps import Block, Case, Ensemble, Outcome, Simulation, StepInput
from citytwin.model.tables import HYDRAULIC_STRUCTURES, RAIN_FRAMES, SEWER_NETWORK
from citytwin.model.text import text
from citytwin.model.tiled import Tiled
from citytwin.simulations.flood.account import facts_of, notes_of, water_notes
from citytwin.simulations.flood.area import area_of
from citytwin.simulations.flood.culverts import culverts_of
from citytwin.simulations.flood.effort import cost_of
from citytwin.simulations.flood.forcing import forcing_of, options_of, own_forcing, require_water
from citytwin.simulations.flood.gauges import gauge_facts, gauges_of, with_gauges
from citytwin.simulations.flood.outputs import OUTPUTS, OVER_TIME, asked_for, fields_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.sewers import laid_sewers
from citytwin.simulations.flood.storm import storm_of
from citytwin.simulations.flood.tiles import FloodLeader, FloodTileAtWork


def run(block: Block, params: FloodParams) -> Outcome:
    """Run the solver over the whole city."""
    site = area_of(block, params)
    storm = storm_of(block, params)
    forcing = forcing_of(lambda _window: site.ground, block.grid, storm, params)
    require_water(storm, params)
    culverts, told = culverts_of(lambda _window: site.ground, block.grid, block.tables, params)
    own = own_forcing(site, params)
    forcing = replace(
        forcing, initial_depth_m=own.initial_depth_m, sinks=own.sinks, culverts=culverts
    )
    wanted = options_of(params, block.cell_m)
    options = with_gauges(wanted, lambda _window: site.ground, block.grid, params)
    with laid_sewers(lambda _window: site.ground, block, params.sewers) as below:
        flood = simulate_inundation(
            site.ground.terrain_m,
            site.built,
            site.manning,
            block.cell_m,
            params.duration_h * 3600.0,
            replace(forcing, sewers=below.sewers),
            replace(options, threads=block.threads),
            block.watch,
        )
        facts = (
            *facts_of(flood.ledger, flood.steps),
            *below.facts(flood.ledger.sewers),
            *storm.facts,
            *gauge_facts(params, [flood.gauges], block.grid),
        )
    terrain = site.ground.terrain_m
    return Outcome(
        fields_of(flood, terrain, params.arrival_depth_m, params.impassable_depth_m),
        facts=facts,
        notes=(
            *notes_of(params, storm, forcing.levees, block),
            *water_notes(flood.ledger, int(np.isnan(terrain).sum()), terrain.size),
            *told,
            *below.notes,
        ),
        valid_time=storm.valid_time,
        gauges=gauges_of(params, flood.gauges, terrain),
    )


def _also_needs(params: FloodParams) -> tuple[StepInput, ...]:
    network = () if params.sewers is None else (SEWER_NETWORK,)
    if params.rain_images is not None:
        return (RAIN_FRAMES, *network)
    return network if params.has_rain or params.brings_water else (RAINFALL_RATE, *network)


def _ignores(params: FloodParams) -> tuple[StepInput, ...]:
    network = (SEWER_NETWORK,) if params.sewers is None else ()
    return (RAINFALL_RATE if params.rain_images else RAIN_FRAMES, *network)


def _window(params: FloodParams) -> tuple[datetime, datetime] | None:
    if params.start is None:
        return None
    return params.start, params.start + timedelta(hours=params.duration_h)


def _instants(params: FloodParams, _site: Site) -> tuple[Instant, ...]:
    """Moments that are kept, and how long after the start they are."""
    if params.start is None:
        return ()
    start = params.start.astimezone(UTC)
    return tuple(
        Instant(
            start + timedelta(seconds=seconds),
            text(f"計算開始から {seconds / 60:g} 分", f"{seconds / 60:g} min after the start"),
        )
        for seconds in params.frame_times_s
    )


def breach_cases(params: FloodParams) -> tuple[Case[FloodParams], ...]:
    """Let every breach come alone, in the order of the parameters.

    Parameters
    ----------
    params
        Parameters with all breaches.
    """
    whole = [levee.model_copy(update={"breaches": ()}) for levee in params.levees]
    cases = []
    for number, levee in enumerate(params.levees):
        for k, breach in enumerate(levee.breaches):
            alone = levee.model_copy(update={"breaches": (breach,)})
            levees = (*whole[:number], alone, *whole[number + 1 :])
            name = breach.name.en if breach.name else f"levee {number + 1}, breach {k + 1}"
            cases.append(Case(name, params.model_copy(update={"levees": levees})))
    return tuple(cases)


SIMULATION = Simulation(
    name="flood",
    title=text("浸水", "Inundation"),
    inputs=(f.TERRAIN,),
    optional=(
        f.BUILDING_MASK,
        f.ROUGHNESS,
        f.GROUND_COVER,
        RAINFALL_RATE,
        RAIN_FRAMES,
        HYDRAULIC_STRUCTURES,
        SEWER_NETWORK,
    ),
    outputs=(*OUTPUTS, *OVER_TIME),
    makes=asked_for,
    params=FloodParams,
    instants=_instants,
    also_needs=_also_needs,
    ignores=_ignores,
    window=_window,
    reach=Domain(),
    run=run,
    tiled=Tiled(open=FloodTileAtWork, lead=FloodLeader),
    cost=cost_of(FloodParams(), 2.0),
    cost_of=cost_of,
    ensemble=Ensemble(
        cases=breach_cases,
        hint="give `levees` with `breaches`",
        least=(f.FLOOD_ARRIVAL, f.FLOOD_IMPASSABLE),
    ),
)
