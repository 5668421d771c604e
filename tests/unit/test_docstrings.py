"""Kernels say what their arrays and numbers are, and where their physics comes from."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import citytwin.kernels

FILES = sorted(Path(citytwin.kernels.__file__).parent.glob("[!_]*.py"))
ARRAY = re.compile(r"ndarray|NDArray|Array\b|\bRow\b")
COUNTS = re.compile(r"\b(u?int\d*|integer|bool_?)\b|Index|Callable|[Ww]ork space|Offsets")
SHAPE = re.compile(r"\bshape\b", re.IGNORECASE)
UNIT = re.compile(r"\[[^\]]+\]|\b(any unit|the unit|units of|factor|0 to 1)\b")
SOURCE = re.compile(r"[\w.],? \(?(1[89]|20)\d\d\b|\beq\. \d|\bexact\b")
PLAIN = {
    "borrowing", "carried_depths", "coarse_cells", "coarse_rain", "crown_raster", "flood_conductor", "flood_exchange", "flood_ledger", "flood_options", "flood_part", "flood_recorder", "flood_result", "flood_run", "flood_scheme",
    "flood_setup", "flood_sources", "flood_tile", "footprint_raster", "full_scheme", "full_state", "gml_places", "gridded_rain", "implausible_ground", "inertial_state",
    "line_blocks", "lone_heights", "named_arrays", "obstacles", "perimeter", "rain_field", "rain_layout", "resampling", "road_ends", "row_bands", "shadow_answers", "subgrid_setup", "sun_bundle", "time_steps", "tin_raster", "value_steps", "wall_feet", "water_storage",
    "wide_vectors", "wide_words", "window",
}  # fmt: skip
"""Accounts, checks and rasters of plain geometry: no physics to give a source for."""
FUNCTIONS = [
    pytest.param(file, node, id=f"{file.stem}.{node.name}")
    for file in FILES
    for node in ast.parse(file.read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
]


def described(node: ast.FunctionDef) -> dict[str, str]:
    """Text of each parameter in a numpydoc docstring."""
    found: dict[str, str] = {}
    section = re.split(r"\n(\w[\w ]*)\n-{3,}\n", f"\n{ast.get_docstring(node) or ''}")
    sections = dict(zip(section[1::2], section[2::2], strict=True))
    for names, text in re.findall(
        r"^(\S[^\n]*)\n((?:[ ]{4}[^\n]*\n?|\n)*)", sections.get("Parameters", ""), re.MULTILINE
    ):
        found |= {name.strip(" *"): text for name in names.split(":")[0].split(",")}
    return found


@pytest.mark.parametrize(("file", "node"), FUNCTIONS)
def test_kernels_name_shapes_and_units(file: Path, node: ast.FunctionDef) -> None:
    """Each array has its shape, each number that is not a count has its unit."""
    texts, faults = described(node), []
    for argument in (*node.args.args, *node.args.kwonlyargs):
        kind = ast.unparse(argument.annotation) if argument.annotation else ""
        text = texts.get(argument.arg)
        if text is None:
            faults.append(f"{argument.arg}: not described")
            continue
        if ARRAY.search(kind) and not SHAPE.search(text):
            faults.append(f"{argument.arg}: no shape")
        if (ARRAY.search(kind) or "float" in kind) and not COUNTS.search(kind + text):
            faults += [f"{argument.arg}: no unit"] * (not UNIT.search(text))
    assert not faults, f"{file.name}: {node.name}: {'; '.join(faults)}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_kernels_name_their_source(file: Path) -> None:
    """A kernel file cites author and year, or says why none is needed."""
    tree = ast.walk(ast.parse(file.read_text("utf-8")))
    nodes = [n for n in tree if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef)]
    cited = SOURCE.search(" ".join(ast.get_docstring(n) or "" for n in nodes))
    assert bool(cited) != (file.stem in PLAIN), file.name
