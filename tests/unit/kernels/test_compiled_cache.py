"""What is compiled outlives edits that do not reach it, and nothing else does."""

from __future__ import annotations

import ast
import json
import os
from pathlib import Path

import numba
import pytest

import citytwin.kernels
from citytwin.kernels._compiled import CLOSURES, cache_folder, closures

FIRST = {
    "deep": b"X = 1",
    "middle": b"from citytwin.kernels.deep import X",
    "top": b"import citytwin.kernels.middle",
    "aside": b"from citytwin.kernels import alone\nimport numpy",
    "alone": b"from citytwin.errors import ConfigError",
}


def test_a_closure_holds_all_that_is_imported_at_any_remove() -> None:
    """An edit changes the digest of its file and of those that rest on it, also in a circle."""
    before = closures(FIRST)
    for edited, reached in (
        ("deep", {"deep", "middle", "top"}),
        ("middle", {"middle", "top"}),
        ("alone", {"alone", "aside"}),
        ("top", {"top"}),
    ):
        after = closures({**FIRST, edited: FIRST[edited] + b"\n# edited"})
        assert {name for name in FIRST if before[name] != after[name]} == reached
    circle = {**FIRST, "deep": b"from citytwin.kernels.top import Y"}
    edited = closures({**circle, "middle": circle["middle"] + b"\n"})
    assert {n for n in circle if closures(circle)[n] != edited[n]} == {"deep", "middle", "top"}


def compiled(folder: Path, *names: str) -> None:
    """Put files where numba puts them."""
    (folder / "kernels_ab12").mkdir(exist_ok=True)
    for name in names:
        for end in ("nbi", "1.nbc"):
            (folder / "kernels_ab12" / f"{name}.f-3.py311.{end}").write_text(f"{folder.name} {end}")


def held(folder: Path) -> set[str]:
    """Modules that have compiled code there."""
    return {file.name.partition(".")[0] for file in folder.glob("kernels_ab12/*.nbi")}


def test_what_holds_is_brought_along(tmp_path: Path) -> None:
    """Of the newest folder that has it; the same sources find their folder again."""
    one = cache_folder(FIRST, tmp_path)
    compiled(one, *FIRST)
    second = {**FIRST, "middle": FIRST["middle"] + b"\nY = 2"}
    two = cache_folder(second, tmp_path)
    assert two != one
    assert held(two) == {"deep", "aside", "alone"}
    compiled(two, "middle")
    assert held(cache_folder({**second, "alone": b""}, tmp_path)) == {"deep", "middle"}
    assert cache_folder(FIRST, tmp_path) == one
    assert held(one) == set(FIRST)
    back = cache_folder({**FIRST, "new": b""}, tmp_path)
    assert held(back) == set(FIRST)
    assert (back / "kernels_ab12/top.f-3.py311.nbi").read_text() == f"{one.name} nbi"
    assert not list(tmp_path.glob(".*"))


def test_a_new_file_replaces_and_leaves_the_older_folder_alone(tmp_path: Path) -> None:
    """Numba replaces its files: what two folders share is never written into."""
    one = cache_folder(FIRST, tmp_path)
    compiled(one, "deep")
    two = cache_folder({**FIRST, "top": b""}, tmp_path)
    fresh = two / "fresh"
    fresh.write_text("anew")
    fresh.replace(two / "kernels_ab12/deep.f-3.py311.nbi")
    assert (one / "kernels_ab12/deep.f-3.py311.nbi").read_text() == f"{one.name} nbi"


@pytest.mark.parametrize("told", ["{", None])
def test_damage_costs_time_only(tmp_path: Path, told: str | None) -> None:
    """A list that cannot be read, and a place where nothing can be written."""
    one = cache_folder(FIRST, tmp_path)
    compiled(one, *FIRST)
    if told is None:
        (tmp_path / "file").touch()
        cache_folder(FIRST, tmp_path / "file")
    else:
        (one / CLOSURES).write_text(told)
        two = cache_folder({**FIRST, "top": b""}, tmp_path)
        assert held(two) == set()


def test_kernels_import_as_the_closures_are_found() -> None:
    """Module by module; from outside the kernels only errors and the types of states come."""
    for file in Path(citytwin.kernels.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith("citytwin"):
                known = node.module in ("citytwin.errors", "citytwin.model.checkpoints")
                assert known or f"{node.module}.".startswith("citytwin.kernels."), file.name
            if isinstance(node, ast.Import):
                assert all(not alias.name.startswith("citytwin") for alias in node.names)


@pytest.mark.skipif("NUMBA_CACHE_DIR" in os.environ, reason="NUMBA_CACHE_DIR names another place")
def test_the_kernels_of_this_run_lie_beside_their_closures() -> None:
    """The folder in use says what it is made of."""
    folder = Path(numba.config.CACHE_DIR)
    told = json.loads((folder / CLOSURES).read_text())
    assert set(told) >= {"flow_poisson", "riemann"}
