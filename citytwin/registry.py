"""Finds steps by listing the step folders and the entry points; imports what is asked for.

A module of a step folder that ends in a declaration *is* the step: each kind has a folder, and a
module, or the package that it lies in, mostly the name of its step. Other packages add steps
through the entry point group ``citytwin.steps`` (each naming such a module).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points
from typing import TypeVar

from citytwin.errors import ConfigError
from citytwin.model.steps import Assessment, Format, Gridder, LayerRecipe, Simulation, Step

FOLDERS: dict[type, str] = {
    Format: "formats",
    Gridder: "grids",
    Simulation: "simulations",
    Assessment: "assessments",
    LayerRecipe: "layers",
}
KINDS = {folder: kind for kind, folder in FOLDERS.items()}
S = TypeVar("S", Format, Gridder, Simulation, Assessment, LayerRecipe)  # type: ignore[type-arg]


@cache
def _modules(folder: str) -> tuple[str, ...]:
    """Names of the modules in a step folder; only packages among them are imported."""
    package = importlib.import_module(f"citytwin.{folder}")
    listed = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return tuple(info.name for info in listed)


@cache
def _added() -> tuple[str, ...]:
    """Modules of other packages, of any kind."""
    return tuple(
        e.module for e in sorted(entry_points(group="citytwin.steps"), key=lambda e: e.name)
    )


@cache
def _declared(module: str) -> tuple[Step, ...]:
    """Steps that a module declares; it is imported."""
    kinds = (Format, Gridder, Simulation, Assessment, LayerRecipe)
    values = vars(importlib.import_module(module)).values()
    return tuple(value for value in values if isinstance(value, kinds))


def _place(step: Step) -> tuple[float, str]:
    return (step.order if isinstance(step, LayerRecipe) else 0, _name(step))


def _name(step: Step) -> str:
    return step.id if isinstance(step, LayerRecipe) else step.name


def _checked(modules: Iterable[str]) -> tuple[tuple[Step, str], ...]:
    """Steps of some modules with the module that declares each, checked for names used twice."""
    found: dict[tuple[type, str], tuple[Step, str]] = {}
    for module in modules:
        for step in _declared(module):
            key = (type(step), _name(step))
            if key in found and found[key][1] != module:
                msg = f"{_name(step)!r} is declared by {found[key][1]} and {module}"
                raise ConfigError(msg, hint="rename one of the two steps")
            found[key] = (step, module)
    return tuple(found.values())


@cache
def steps() -> tuple[tuple[Step, str], ...]:
    """All steps with the module that declares each, checked for names used twice."""
    return _checked([*(module for folder in KINDS for module in _modules(folder)), *_added()])


@cache
def _of_kind(folder: str) -> tuple[tuple[Step, str], ...]:
    found = _checked((*_modules(folder), *_added()))
    return tuple((step, module) for step, module in found if isinstance(step, KINDS[folder]))


@cache
def _found(folder: str, name: str) -> tuple[Step, str] | None:
    """A step and its module: looked for where its name says, then in all of its folder."""
    likely = [module for module in _modules(folder) if name in module.split(".")[2:]]
    kind = KINDS[folder]

    def among(candidates: Iterable[tuple[Step, str]]) -> tuple[Step, str] | None:
        fits = (one for one in candidates if isinstance(one[0], kind) and _name(one[0]) == name)
        return next(fits, None)

    return among(_checked((*likely, *_added()))) or among(_of_kind(folder))


def all_of(kind: type[S]) -> tuple[S, ...]:
    """All steps of one kind, in order of their names (layers: of their place on the map)."""
    chosen = [step for step, _ in _of_kind(FOLDERS[kind]) if isinstance(step, kind)]
    return tuple(sorted(chosen, key=_place))


def named(kind: type[S], name: str) -> S:
    """Return the step of one kind and name; others are imported only where it is hard to find.

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
    found = _found(FOLDERS[kind], name)
    if found is not None and isinstance(found[0], kind):
        return found[0]
    msg = f"there is no {kind.__name__} {name!r}"
    raise ConfigError(msg, hint="do all workers run the same version of citytwin?")


def module_of(step: Step) -> str:
    """Name of the module that declares a step.

    Parameters
    ----------
    step
        One that this module has given out.
    """
    found = _found(FOLDERS[type(step)], _name(step))
    if found is None or found[0] is not step:
        msg = f"{_name(step)!r} is declared by no module of a step folder"
        raise ConfigError(msg, hint="register it by the entry point group citytwin.steps")
    return found[1]
