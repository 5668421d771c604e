"""Digest of code: what a step imports counts, however deep; what it does not import does not."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from citytwin import registry
from citytwin.engine import code_hash
from citytwin.engine.code_hash import code_digest, package_digest

FILES = {
    "__init__.py": "",
    "kernels/__init__.py": "",
    "kernels/deep.py": "def depth():\n    return 1\n",
    "kernels/near.py": "from trial_steps.kernels.deep import depth\n",
    "kernels/other.py": "def other():\n    return 2\n",
    "constants.py": "GRAVITY = 9.81\n",
    "steps/__init__.py": "",
    "steps/step.py": (
        "import numpy as np\nfrom trial_steps.kernels import near\nfrom ..constants import GRAVITY\n"
        "import no_such_module\nfrom citytwin.kernels.perimeter import perimeter_statistics\n"
    ),
}


def forget() -> None:
    """A process reads each file once; the tests change files."""
    read = (code_hash._path, code_hash._source, code_hash._data, code_hash._imports)
    for cached in (code_digest, *read):
        cached.cache_clear()
    importlib.invalidate_caches()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of steps of somebody else, importable."""
    root = tmp_path / "trial_steps"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    forget()
    yield root
    forget()
    for name in [name for name in sys.modules if name.startswith("trial_steps")]:
        del sys.modules[name]


def digest() -> str:
    """Digest of the step, read anew."""
    forget()
    return code_digest("trial_steps.steps.step")


@pytest.mark.parametrize("file", ["steps/step.py", "kernels/near.py", "kernels/deep.py",
                                  "constants.py"])  # fmt: skip
def test_a_change_in_what_a_step_imports_is_seen(package: Path, file: str) -> None:
    """In the step itself, in a kernel of a kernel, through a relative import."""
    before = digest()
    assert digest() == before
    path = package / file
    path.write_text(path.read_text("utf-8") + "# another line\n", encoding="utf-8")
    assert digest() != before


def test_data_of_a_package_that_is_imported_count(package: Path) -> None:
    """A rule that is corrected in its file, which no module names."""
    before = digest()
    rule = package / "kernels/rule.yaml"
    rule.write_text("share: 0.05\n")
    with_rule = digest()
    rule.write_text("share: 0.10\n")
    assert len({before, with_rule, digest()}) == 3
    assert "citytwin.rules.wind" in code_hash._closure("citytwin.simulations.wind_climate.comfort")


def test_what_is_looked_at_is_not_run(package: Path) -> None:
    """A package that is found is not imported, and imports for the checker of types do not count."""
    step = package / "steps/step.py"
    only_types = "if TYPE_CHECKING:\n    from trial_steps.kernels.other import other\n"
    step.write_text(step.read_text("utf-8") + only_types, encoding="utf-8")
    before = digest()
    assert not [name for name in sys.modules if name.startswith("trial_steps")]
    (package / "kernels/other.py").write_text("def other():\n    return 4\n", encoding="utf-8")
    assert digest() == before


def test_a_module_without_a_package_counts_as_well(package: Path) -> None:
    """A step may be a single file."""
    alone = package.parent / "trial_steps_alone.py"
    alone.write_text("from trial_steps.kernels import deep\n", encoding="utf-8")
    before = code_digest("trial_steps_alone")
    forget()
    alone.write_text("from trial_steps.kernels import deep, near\n", encoding="utf-8")
    assert code_digest("trial_steps_alone") != before


def test_a_change_elsewhere_is_not(package: Path) -> None:
    """A kernel that the step does not import leaves its results standing."""
    before = digest()
    (package / "kernels/other.py").write_text("def other():\n    return 3\n", encoding="utf-8")
    assert digest() == before


def test_steps_of_other_packages_depend_on_the_kernels_they_use(package: Path) -> None:
    """An update of citytwin makes their results anew where its kernels changed."""
    assert "citytwin.kernels.perimeter" in code_hash._closure("trial_steps.steps.step")
    assert not any(
        name.startswith("numpy") for name in code_hash._closure("trial_steps.steps.step")
    )


def test_every_registered_step_has_a_digest_of_its_own() -> None:
    """Among them the kernels behind a simulation."""
    modules = {module for _, module in registry.steps()}
    assert len({code_digest(module) for module in modules}) == len(modules)
    behind = code_hash._closure("citytwin.simulations.sunlight")
    assert {"citytwin.kernels.horizon_sweep", "citytwin.kernels.sun_ray"} <= behind
    assert not any(name.startswith(("citytwin.engine", "citytwin.store")) for name in behind)


def test_any_file_of_a_package_with_steps_is_part_of_the_request(package: Path) -> None:
    """Its code is known by its entry point; data beside the code count, compiled files do not."""
    metadata = package.parent / "trial_steps-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: trial-steps\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[citytwin.steps]\na = trial_steps.steps.step\n")

    def anew() -> str:
        package_digest.cache_clear()
        return package_digest()

    before = anew()
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert anew() == before
    (package / "palette.json").write_text("[1]")
    after = anew()
    assert after != before
    (package / "kernels" / "deep.py").write_text("def depth():\n    return 3\n")
    assert anew() != after
    package_digest.cache_clear()
