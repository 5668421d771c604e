"""Derives what must run from what is wanted: nobody writes a graph of tasks by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from citytwin.engine.bind import Bound, BoundCity, BoundSource
from citytwin.engine.left_out import NOTHING_MAKES, LeftOut
from citytwin.errors import ConfigError
from citytwin.model import properties
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.fields import Field
from citytwin.model.layer import RasterView
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import RasterRole
from citytwin.model.steps import Assessment, Gridder, LayerRecipe, Params, Simulation
from citytwin.model.tables import Table

Resource: TypeAlias = Field | Table | RasterRole | ObservedProperty


@dataclass(frozen=True)
class Job:
    """A step that will run, with the inputs that this city has."""

    step: Gridder[Any] | Simulation[Any] | Assessment[Any]
    params: Params
    needs: tuple[Resource, ...]
    provides: tuple[Field | Table, ...]

    @property
    def key(self) -> str:
        """Name in manifests and messages."""
        return f"{_KIND[type(self.step)]}:{self.step.name}"

    @property
    def of_the_moment(self) -> bool:
        """Whether it shows the latest of its records, so that these end with the time of the run."""
        return isinstance(self.step, Simulation) and bool(self.step.of_the_moment(self.params))

    def cost(self, cell_m: float) -> Cost:
        """Rough cost on cells of this size [m]."""
        if isinstance(self.step, Simulation) and self.step.cost_of is not None:
            cost: Cost = self.step.cost_of(self.params, cell_m)
            return cost
        return self.step.cost


@dataclass(frozen=True)
class Plan:
    """Sources to read, jobs in an order in which each finds its inputs, and layers to make."""

    city: BoundCity
    sources: tuple[BoundSource, ...]
    jobs: tuple[Job, ...]
    layers: tuple[LayerRecipe, ...]
    left_out: tuple[LeftOut, ...]
    """Layers that this city cannot have."""
    not_run: tuple[str, ...]
    """Simulations that were asked for and cannot run, with the reason."""


_KIND = {Gridder: "grid", Simulation: "simulate", Assessment: "assess"}


def resource_name(resource: Resource) -> str:
    """Return the name of a field, table, raster role or observed property."""
    return resource if isinstance(resource, str) else resource.name


def plan(
    city: BoundCity,
    lost_sources: Sequence[str] = (),
    observed: Collection[ObservedProperty] = properties.ALL,
    given: Mapping[str, Collection[str]] | None = None,
) -> Plan:
    """Derive the plan of a city.

    Parameters
    ----------
    city
        Checked configuration.
    lost_sources
        Names of sources that could not be read.
    observed
        Properties that the feeds report, as far as they have been read.
    given
        Names of the tables and rasters that each source gave; None before they have been read,
        when each is taken to give all that its format can.

    Raises
    ------
    ConfigError
        If a layer that the configuration names cannot be made, or none can.
    """
    sources = tuple(s for s in city.sources if s.config.name not in lost_sources)
    have = _from_sources(sources, observed, given)
    jobs = _possible_jobs(_watched(city, lost_sources, observed), have)
    layers, left_out = _possible_layers(city, have)
    needed = _needed(jobs, layers)
    ready = [job.step for job in jobs]
    not_run = tuple(
        _what_lacks(b, have)
        for b in city.steps
        if isinstance(b.step, Simulation) and b.step not in ready
    )
    if not_run and given is None and not lost_sources:
        raise ConfigError(
            f"simulations that cannot run: {'; '.join(not_run)}",
            hint="add the sources they need, or give what is missing in their parameters",
        )
    return Plan(city, sources, needed, layers, left_out, not_run)


def _from_sources(
    sources: Sequence[BoundSource],
    observed: Collection[ObservedProperty],
    given: Mapping[str, Collection[str]] | None,
) -> set[Resource]:
    have: set[Resource] = {
        made
        for source in sources
        for made in source.format.produces
        if given is None or resource_name(made) in given.get(source.config.name, ())
    }
    return have.union(observed) if {t.OBSERVATIONS, t.THINGS} <= have else have


def required(
    step: Gridder[Any] | Simulation[Any] | Assessment[Any], params: Params
) -> set[Resource]:
    """Return the inputs that a step cannot do without.

    Parameters
    ----------
    step, params
        The step; what a simulation needs may depend on its parameters.
    """
    return set(step.required(params)) if isinstance(step, Simulation) else set(step.inputs)


def _possible_jobs(steps: Sequence[Bound], have: set[Resource]) -> list[Job]:
    """Order the steps whose inputs exist; `have` grows by what they provide."""
    waiting = list(steps)
    ordered: list[Bound] = []
    while True:
        ready = [b for b in waiting if _ready(b, have)]
        if not ready:
            break
        for bound in ready:
            waiting.remove(bound)
            have.update(_made(bound))
            ordered.append(bound)
    jobs = [
        Job(
            b.step,
            b.params,
            _used(b, have),
            _made(b),
        )
        for b in ordered
    ]
    return _sorted_by_needs(jobs)


def _used(bound: Bound, have: set[Resource]) -> tuple[Resource, ...]:
    """Inputs that exist and that the parameters make use of."""
    step = bound.step
    ignored = step.ignores(bound.params) if isinstance(step, Simulation) else ()
    return tuple(r for r in (*step.inputs, *step.optional) if r in have and r not in ignored)


def _sorted_by_needs(jobs: list[Job]) -> list[Job]:
    made_by = {r: job for job in jobs for r in job.provides}
    done: list[Job] = []

    def visit(job: Job, path: tuple[Job, ...]) -> None:
        if job in done:
            return
        if job in path:
            circle = " needs ".join(j.step.name for j in (*path[path.index(job) :], job))
            raise ConfigError(circle, hint="one of these steps must do without the other")
        for need in job.needs:
            if need in made_by and made_by[need] is not job:
                visit(made_by[need], (*path, job))
        done.append(job)

    for job in jobs:
        visit(job, ())
    return done


def _ready(bound: Bound, have: set[Resource]) -> bool:
    needs = required(bound.step, bound.params)
    choice = set(_choice(bound.step)) or (set() if needs else set(bound.step.optional))
    return needs <= have and (not choice or not choice.isdisjoint(have))


def _choice(step: Gridder[Any] | Simulation[Any] | Assessment[Any]) -> tuple[Resource, ...]:
    """Optional inputs of which one at least must be there."""
    return step.any_of if isinstance(step, Gridder) else ()


def _watched(
    city: BoundCity, lost_sources: Sequence[str], observed: Collection[ObservedProperty]
) -> list[Bound]:
    """Steps without the assessments of which no source observes anything, nor was meant to.

    An empty map would say that nothing moves; where a source was lost it stays, and says so.
    """
    lost = [s.format for s in city.sources if s.config.name in lost_sources]
    meant = {
        each
        for form in lost
        if t.OBSERVATIONS in form.produces
        for each in (properties.ALL if form.observes is None else form.observes)
    }
    watched = meant.union(observed)
    return [b for b in city.steps if not (asked := _asked(b.step)) or watched.intersection(asked)]


def _asked(
    step: Gridder[Any] | Simulation[Any] | Assessment[Any],
) -> tuple[ObservedProperty, ...]:
    return step.observes if isinstance(step, Assessment) else ()


def _made(bound: Bound) -> tuple[Field | Table, ...]:
    """What a step makes with its parameters."""
    step = bound.step
    if isinstance(step, Simulation):
        return step.made(bound.params)
    return (step.output,) if isinstance(step, Assessment) else step.outputs


def layer_input(recipe: LayerRecipe) -> Field | Table:
    """Return the field or table that a layer shows."""
    view = recipe.view
    return view.field if isinstance(view, RasterView) else view.table


def _possible_layers(
    city: BoundCity, have: set[Resource]
) -> tuple[tuple[LayerRecipe, ...], tuple[LeftOut, ...]]:
    possible, left_out = [], []
    for recipe in city.layers:
        if layer_input(recipe) in have:
            possible.append(recipe)
        else:
            left_out.append(_left_out(city, recipe, have))
    if left_out and city.layers_named:
        raise ConfigError(
            f"layers that cannot be made: {'; '.join(map(str, left_out))}",
            hint="add the sources or simulations they need, or do not list them",
        )
    if not possible:
        raise ConfigError(
            "no layer can be made from the sources and simulations given",
            hint="a city needs at least a city model or a terrain",
        )
    return tuple(possible), tuple(left_out)


def _left_out(city: BoundCity, recipe: LayerRecipe, have: set[Resource]) -> LeftOut:
    wanted = layer_input(recipe)
    makers = [b for b in city.steps if wanted in _made(b)]
    if makers:
        return LeftOut(recipe.id, _what_lacks(makers[0], have))
    for other in city.steps:
        if isinstance(other.step, Simulation) and wanted in other.step.outputs:
            why = f"the parameters of {other.step.name} do not ask for {wanted.name}"
            return LeftOut(recipe.id, why)
    return LeftOut(recipe.id, f"{NOTHING_MAKES} {wanted.name}", has_maker=False)


def _what_lacks(bound: Bound, have: set[Resource]) -> str:
    needs = required(bound.step, bound.params).union(_choice(bound.step))
    needs = needs or set(bound.step.optional)
    declared = (*bound.step.inputs, *bound.step.optional)
    missing = [resource_name(r) for r in declared if r in needs and r not in have]
    if not missing:
        return f"no source observes {' or '.join(resource_name(r) for r in _asked(bound.step))}"
    return f"{bound.step.name} lacks {', '.join(missing)}"


def _needed(jobs: Sequence[Job], layers: Sequence[LayerRecipe]) -> tuple[Job, ...]:
    wanted: set[Resource] = {layer_input(recipe) for recipe in layers}
    chosen = []
    for job in reversed(jobs):
        if wanted.intersection(job.provides):
            chosen.append(job)
            wanted.update(job.needs)
    return tuple(reversed(chosen))
