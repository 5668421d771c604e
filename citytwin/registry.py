"""Finds steps by listing the step folders and the entry points; imports nothing else.

A module of a step folder that ends in a declaration *is* the step. Other packages add steps
through the entry point group ``citytwin.steps`` (each naming such a module).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import TypeVar

from citytwin.errors import ConfigError
from citytwin.model.steps import Assessment, Format, Gridder, LayerRecipe, Simulation, Step

FOLDERS = ("formats", "grids", "simulations", "assessments", "layers")
KINDS = (Format, Gridder, Simulation, Assessment, LayerRecipe)
S = TypeVar("S", Format, Gridder, Simulation, Assessment, LayerRecipe)  # type: ignore[type-arg]


def _modules() -> Iterator[ModuleType]:
    for folder in FOLDERS:
        package = importlib.import_module(f"citytwin.{folder}")
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield importlib.import_module(info.name)
    for entry in sorted(entry_points(group="citytwin.steps"), key=lambda e: e.name):
        yield importlib.import_module(entry.module)


def _place(step: Step) -> tuple[float, str]:
    return (step.order if isinstance(step, LayerRecipe) else 0, _name(step))


def _name(step: Step) -> str:
    return step.id if isinstance(step, LayerRecipe) else step.name


@cache
def steps() -> tuple[tuple[Step, str], ...]:
    """All steps with the module that declares each, checked for names used twice."""
    found: dict[tuple[type, str], tuple[Step, str]] = {}
    for module in _modules():
        for value in vars(module).values():
            if isinstance(value, KINDS):
                key = (type(value), _name(value))
                if key in found and found[key][1] != module.__name__:
                    msg = f"{_name(value)!r} is declared by {found[key][1]} and {module.__name__}"
                    raise ConfigError(msg, hint="rename one of the two steps")
                found[key] = (value, module.__name__)
    return tuple(found.values())


def all_of(kind: type[S]) -> tuple[S, ...]:
    """All steps of one kind, in order of their names (layers: of their place on the map)."""
    chosen = [step for step, _ in steps() if isinstance(step, kind)]
    return tuple(sorted(chosen, key=_place))


def named(kind: type[S], name: str) -> S:
    """Return the step of one kind and name.

    Parameters
    ----------
    kind
        Such as ``Gridder``.
    name
        Such as ``terrain``.

    Raises
    ------
    ConfigError
        If there is none.
    """
    for step in all_of(kind):
        if _name(step) == name:
            return step
    msg = f"there is no {kind.__name__} {name!r}"
    raise ConfigError(msg, hint="do all workers run the same version of citytwin?")


def module_of(step: Step) -> str:
    """Name of the module that declares a step."""
    return next(module for found, module in steps() if found is step)
