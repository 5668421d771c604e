"""Classifies, before anything is read, the layers wanted; refuses what could not be published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from citytwin.config import LoadedConfig
from citytwin.engine.plan import Plan, Resource, layer_input
from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.model.layer import Classification, highest
from citytwin.model.properties import ObservedProperty
from citytwin.security.lowering import lower
from citytwin.store.latest import document_of, published_city


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
    if not closed or config.publication == "served":
        return
    origins = _origins(plan, config.records)
    classes = layer_classes(plan)
    for source in closed:
        touched = [
            recipe.id
            for recipe in plan.layers
            if source.name in origins[layer_input(recipe)] and classes[recipe.id] != "public"
        ]
        if touched:
            file = plan.city.loaded.file.name
            said = "" if "classification" in source.model_fields_set else " (nothing is said of it)"
            msg = (
                f"{file}: source {source.name} is {source.classification}{said}, and only public "
                f"layers can be published for anyone; made from it would be: {', '.join(touched)}"
            )
            raise ConfigError(
                msg,
                hint="say `publication: served` and show the city with `citytwin serve`, leave the "
                "source out, list under `layers` only those not made from it, or have its owner "
                "lower the classification",
            )


def layer_classes(plan: Plan) -> dict[str, Classification]:
    """Classification of each layer wanted: at most this, for a source may turn out not to matter.

    Parameters
    ----------
    plan
        What would be made.
    """
    config = plan.city.loaded.config
    by_name = {source.name: source.classification for source in config.sources}
    origins = _origins(plan, config.records)
    classes: dict[str, Classification] = {}
    for recipe in plan.layers:
        inherited = highest([by_name[name] for name in origins[layer_input(recipe)]])
        classes[recipe.id] = lower(recipe.id, inherited, config.lowerings).classification
    return classes


def published_classes(loaded: LoadedConfig) -> dict[str, Classification]:
    """Classification of each layer that stands published, by what it was made from.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    StoreError
        If what stands cannot be read.
    KeyAccessError
        If it is sealed, and its key is not there.
    """
    latest = published_city(loaded.city_dir)
    layers = () if latest is None else latest.layers
    documents = [document_of(loaded.city_dir / layer.path) for layer in layers]
    return {found.id: found.classification for found in documents if found is not None}


def classification_of_made(plan: Plan, made: Sequence[Resource]) -> Classification:
    """Highest classification of all that some resources may be made from, which no rule has lowered.

    Parameters
    ----------
    plan
        By which they are made.
    made
        Such as the fields that a flood runs over; what the plan does not make counts for nothing,
        and where it makes none of them they are secret.
    """
    config = plan.city.loaded.config
    by_name = {source.name: source.classification for source in config.sources}
    return highest([by_name[name] for name in sorted(sources_of_made(plan, made))])


def sources_of_made(plan: Plan, made: Sequence[Resource]) -> frozenset[str]:
    """Names of all sources that some resources may be made from.

    Parameters
    ----------
    plan
        By which they are made.
    made
        What the plan does not make counts for nothing.
    """
    origins = _origins(plan, plan.city.loaded.config.records)
    return frozenset[str]().union(*(origins.get(one, frozenset()) for one in made))


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
