"""Steps are found by their names, with no more imported than it takes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from types import ModuleType

import pytest

from citytwin import registry
from citytwin.errors import ConfigError
from citytwin.grids import terrain
from citytwin.model.steps import Gridder, LayerRecipe, Simulation

_ALONE = """
import sys
from citytwin import registry
from citytwin.model.steps import Gridder
assert registry.named(Gridder, "surface").name == "surface"
loaded = [name for name in sys.modules if name.startswith("citytwin.grids.")]
assert loaded == ["citytwin.grids.surface"], loaded
assert "citytwin.simulations" not in sys.modules
"""


def test_every_step_is_found_by_its_name_in_the_folder_of_its_kind() -> None:
    """However it is looked for, it is the same object of the same module."""
    for step, module in registry.steps():
        name = step.id if isinstance(step, LayerRecipe) else step.name
        assert registry.named(type(step), name) is step
        assert registry.module_of(step) == module
        assert module.startswith(f"citytwin.{registry.FOLDERS[type(step)]}.")


def test_a_worker_imports_the_step_that_it_runs_and_no_other() -> None:
    """A night with one small task pays for one step."""
    subprocess.run([sys.executable, "-c", _ALONE], check=True)


def test_what_is_not_there_is_told() -> None:
    """By its kind and name; a name of another kind is none."""
    with pytest.raises(ConfigError, match="no Simulation 'terrain'"):
        registry.named(Simulation, "terrain")
    with pytest.raises(ConfigError, match="no module of a step folder"):
        registry.module_of(replace(terrain.GRIDDER, name="nowhere"))


def test_a_name_that_another_package_uses_as_well_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both modules are named."""
    other = ModuleType("other_package")
    other.__dict__["GRIDDER"] = replace(terrain.GRIDDER)
    monkeypatch.setitem(sys.modules, "other_package", other)
    monkeypatch.setattr(registry, "_added", lambda: ("other_package",))
    for found in (registry._found, registry._of_kind):
        found.cache_clear()
    try:
        with pytest.raises(ConfigError, match=r"citytwin\.grids\.terrain and other_package"):
            registry.named(Gridder, "terrain")
    finally:
        for found in (registry._found, registry._of_kind, registry._declared):
            found.cache_clear()
