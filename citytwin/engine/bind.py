"""Binds each step named in the configuration to its declaration and checks its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError

from citytwin import registry
from citytwin.config import LoadedConfig, SourceConfig, StepConfig
from citytwin.errors import CityTwinError, ConfigError
from citytwin.live_config import FeedConfig
from citytwin.model import properties
from citytwin.model.crs import require_metric
from citytwin.model.steps import (
    Assessment,
    Format,
    Gridder,
    LayerRecipe,
    Params,
    Simulation,
    WrittenIn,
)
from citytwin.wording import explain, nearest

S = TypeVar("S", Gridder[Any], Simulation[Any], Assessment[Any])


@dataclass(frozen=True)
class BoundSource:
    """A source with its format and checked parameters."""

    config: SourceConfig
    format: Format[Any]
    params: Params


@dataclass(frozen=True)
class Bound:
    """A gridder, simulation or assessment with checked parameters."""

    step: Gridder[Any] | Simulation[Any] | Assessment[Any]
    params: Params


@dataclass(frozen=True)
class BoundCity:
    """A configuration of which every name and parameter has been checked."""

    loaded: LoadedConfig
    sources: tuple[BoundSource, ...]
    steps: tuple[Bound, ...]
    """All gridders and assessments; simulations, and assessments on request, where asked for."""
    layers: tuple[LayerRecipe, ...]
    layers_named: bool
    """Whether the configuration lists its layers, so that each must be made."""


def bind(loaded: LoadedConfig) -> BoundCity:
    """Bind a configuration to the registered steps.

    Parameters
    ----------
    loaded
        What :func:`citytwin.config.load` returned.

    Raises
    ------
    ConfigError
        If a name or parameter is wrong; with its path and the nearest valid name.
    """
    config = loaded.config
    _check_crs(loaded)
    sources = tuple(_bind_source(loaded, i, s) for i, s in enumerate(config.sources))
    for i, source in enumerate(config.sources):
        _refuse_protected(loaded, f"sources[{i}]", source)
    for i, feed in enumerate(config.live.feeds if config.live else ()):
        _refuse_protected(loaded, f"live.feeds[{i}]", feed)
    grids, assessments = registry.all_of(Gridder), registry.all_of(Assessment)
    unasked = [step for step in assessments if not step.on_request]
    steps = (
        *_bind_steps(loaded, "grids", config.grids, grids, grids),
        *_bind_steps(loaded, "simulations", config.simulations, registry.all_of(Simulation), ()),
        *_bind_steps(loaded, "assessments", config.assessments, assessments, unasked),
    )
    _check_records(loaded)
    _check_lowerings(loaded)
    return BoundCity(
        loaded=loaded,
        sources=sources,
        steps=steps,
        layers=_wanted_layers(loaded),
        layers_named=config.layers is not None,
    )


def _fail(loaded: LoadedConfig, message: str, hint: str = "") -> ConfigError:
    return ConfigError(f"{loaded.file.name}: {message}", hint=hint)


def _check_crs(loaded: LoadedConfig) -> None:
    try:
        require_metric(loaded.config.crs)
    except CityTwinError as error:
        raise _fail(loaded, f"crs: {error.message}", error.hint) from error


def _bind_source(loaded: LoadedConfig, index: int, source: SourceConfig) -> BoundSource:
    try:
        chosen = registry.named(Format, source.use)
    except ConfigError as error:
        near = nearest(source.use, sorted(form.name for form in registry.all_of(Format)))
        msg = f"sources[{index}].use: {source.use!r} is no format{near}"
        raise _fail(loaded, msg) from error
    where = f"sources[{index}].params"
    return BoundSource(source, chosen, _bind_params(loaded, where, chosen.params, source.params))


def _bind_params(
    loaded: LoadedConfig, where: str, model: type[Params], values: dict[str, Any]
) -> Params:
    try:
        return model.model_validate(values, context=WrittenIn(loaded.file.parent))
    except ValidationError as error:
        raise _fail(loaded, explain(error, model, where)) from error


def _bind_steps(
    loaded: LoadedConfig,
    section: str,
    configured: Sequence[StepConfig],
    known: Sequence[S],
    unasked: Sequence[S],
) -> tuple[Bound, ...]:
    """Steps that a section lists, and those that run without being asked for."""
    by_name = {step.name: step for step in known}
    params: dict[str, Params] = {}
    for i, entry in enumerate(configured):
        if entry.use not in by_name:
            near = nearest(entry.use, sorted(by_name))
            raise _fail(loaded, f"{section}[{i}].use: {entry.use!r} is no step{near}")
        if entry.use in params:
            raise _fail(loaded, f"{section}[{i}].use: {entry.use!r} is listed twice")
        model = by_name[entry.use].params
        params[entry.use] = _bind_params(loaded, f"{section}[{i}].params", model, entry.params)
    for step in unasked:
        if step.name not in params:
            where = f"{section} {step.name}"
            params[step.name] = _bind_params(loaded, where, step.params, {})
    return tuple(Bound(by_name[name], chosen) for name, chosen in params.items())


def _refuse_protected(loaded: LoadedConfig, where: str, source: SourceConfig | FeedConfig) -> None:
    if source.classification in ("restricted", "secret") and loaded.config.encryption is None:
        said = "" if "classification" in source.model_fields_set else ", for nothing is said of it"
        raise _fail(
            loaded,
            f"{where} ({source.name}) is {source.classification}{said}: such data may "
            "only reach the disk encrypted, and `encryption.key` names no key",
            hint="say `classification: public` of open data; else `citytwin keys create NAME` makes "
            "a key",
        )


def _check_lowerings(loaded: LoadedConfig) -> None:
    known = [recipe.id for recipe in registry.all_of(LayerRecipe)]
    ruled: dict[str, str] = {}
    for i, rule in enumerate(loaded.config.lowerings):
        for name in rule.layers:
            where = f"lowerings[{i}].layers"
            if name not in known:
                raise _fail(loaded, f"{where}: {name!r} is no layer{nearest(name, known)}")
            if name in ruled:
                msg = f"{where}: rule {ruled[name]} speaks of {name} already"
                raise _fail(loaded, msg, "one rule for a layer")
            ruled[name] = rule.name


def _check_records(loaded: LoadedConfig) -> None:
    names = [source.name for source in loaded.config.sources]
    known = [observed.name for observed in properties.ALL]
    for observed, source in loaded.config.records.items():
        if observed not in known:
            near = nearest(observed, known)
            raise _fail(loaded, f"records.{observed}: no observed property{near}")
        if source not in names:
            raise _fail(loaded, f"records.{observed}: no source {source!r}{nearest(source, names)}")


def _wanted_layers(loaded: LoadedConfig) -> tuple[LayerRecipe, ...]:
    recipes = registry.all_of(LayerRecipe)
    wanted = loaded.config.layers
    if wanted is None:
        return recipes
    known = [recipe.id for recipe in recipes]
    for i, name in enumerate(wanted):
        if name not in known:
            raise _fail(loaded, f"layers[{i}]: {name!r} is no layer{nearest(name, known)}")
    return tuple(recipe for recipe in recipes if recipe.id in wanted)
