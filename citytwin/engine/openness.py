"""Refuses, before anything is read, layers that could not be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from citytwin.engine.plan import Plan, Resource, layer_input
from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.model.properties import ObservedProperty


def require_public(plan: Plan) -> None:
    """Check that no layer wanted descends from a source that is not public.

    Parameters
    ----------
    plan
        What would be made, before the sources have been read.

    Raises
    ------
    ConfigError
        If one may; it names source, layers, and what the operator can do.
    """
    config = plan.city.loaded.config
    closed = [s.config for s in plan.sources if s.config.classification != "public"]
    if not closed:
        return
    origins = _origins(plan, config.records)
    for source in closed:
        touched = [r.id for r in plan.layers if source.name in origins[layer_input(r)]]
        if touched:
            file = plan.city.loaded.file.name
            msg = (
                f"{file}: source {source.name} is {source.classification}, and only public layers "
                f"can be published; made from it would be: {', '.join(touched)}"
            )
            raise ConfigError(
                msg,
                hint="leave the source out, list under `layers` only those not made from it, or "
                "have its owner lower the classification",
            )


def _origins(plan: Plan, records: Mapping[str, str]) -> dict[Resource, frozenset[str]]:
    """Names of the sources that each resource may descend from."""
    found: dict[Resource, frozenset[str]] = {}
    for source in plan.sources:
        for made in source.format.produces:
            found[made] = found.get(made, frozenset()) | {source.config.name}

    def origins_of(needs: Sequence[Resource]) -> frozenset[str]:
        return frozenset[str]().union(*(_of_need(need, found, records) for need in needs))

    for job in plan.jobs:
        sources = origins_of(job.needs)
        for provided in job.provides:
            found[provided] = found.get(provided, frozenset()) | sources
    return found


def _of_need(
    need: Resource, found: Mapping[Resource, frozenset[str]], records: Mapping[str, str]
) -> frozenset[str]:
    if not isinstance(need, ObservedProperty):
        return found.get(need, frozenset())
    named = records.get(need.name)
    return frozenset([named]) if named else found.get(t.OBSERVATIONS, frozenset())
