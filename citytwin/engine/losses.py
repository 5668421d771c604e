"""What a source that could not be read would have given, and the remark it leaves there."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from citytwin.config import Config
from citytwin.engine.bind import BoundCity, BoundSource
from citytwin.engine.lineage import Lineage, joined, of_lost_source
from citytwin.engine.plan import Job, Plan, Resource
from citytwin.model import properties
from citytwin.model import tables as t
from citytwin.model.steps import Assessment, Gridder, Simulation

_OBSERVED = (t.OBSERVATIONS, t.THINGS)


def losses_of(city: BoundCity, todo: Plan, lost: Collection[str]) -> dict[Resource, Lineage]:
    """Return the remarks of lost sources on every resource that is poorer without them.

    That is what a source could have given, whether or not another gave it too, and what steps
    would have made of it that cannot run now. A job that could have used such a resource carries
    the remark: its result would have been another.

    Parameters
    ----------
    city
        The checked configuration.
    todo
        What can still be made.
    lost
        Names of the sources that could not be read.
    """
    found: dict[Resource, Lineage] = {}
    for source in city.sources:
        if source.config.name in lost:
            said = of_lost_source(source.config)
            for resource in could_give(source, city.loaded.config):
                found[resource] = joined([found.get(resource, Lineage()), said], Lineage())
    running = [job.step for job in todo.jobs]
    idle = [bound.step for bound in city.steps if bound.step not in running]
    progressed = bool(found)
    while progressed:
        progressed = False
        for step in idle:
            told = joined([found[r] for r in declared(step) if r in found], Lineage())
            made = (step.output,) if isinstance(step, Assessment) else step.outputs
            for output in made:
                if told.notes and found.get(output) != told:
                    found[output] = told
                    progressed = True
    return found


def could_give(source: BoundSource, config: Config) -> list[Resource]:
    """Return what a source could give: tables, rasters, and observed properties.

    Parameters
    ----------
    source
        The source.
    config
        The configuration; properties for which it names another source are left out.
    """
    name, observes = source.config.name, source.format.observes
    given: list[Resource] = list(source.format.produces)
    if t.OBSERVATIONS in given:
        given += [
            observed
            for observed in properties.ALL
            if (observes is None or observed in observes)
            and config.records.get(observed.name, name) == name
        ]
    return given


def declared(step: Gridder[Any] | Simulation[Any] | Assessment[Any]) -> tuple[Resource, ...]:
    """Return what a step can use; properties in place of the table of all observations.

    Parameters
    ----------
    step
        The step.
    """
    resources: tuple[Resource, ...] = (*step.inputs, *step.optional)
    if isinstance(step, Assessment) and step.observes:
        return (*(r for r in resources if r not in _OBSERVED), *step.observes)
    return resources


def missed_by(job: Job, lost: dict[Resource, Lineage]) -> list[Lineage]:
    """Return the remarks of lost sources that concern a job.

    Parameters
    ----------
    job
        The job.
    lost
        Result of :func:`losses_of`.
    """
    return [lost[resource] for resource in declared(job.step) if resource in lost]
