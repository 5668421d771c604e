"""Real files: the scan gives what the element-wise reader gives, and reads nearly all of them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from citytwin.model.steps import Dataset

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "formats"))
from citygml_ways import assert_same, both, by_scanning

DEMO = Path(__file__).parents[2] / "data" / "demo"
GIVEN = {"Potsdam_LoD1.gml": 25833, "lod2_buildings_v3.gml": 3068}


def files(base):
    """All files of buildings."""
    found = [*base.glob("plateau/udx/bldg/*.gml"), *base.glob("citygml[23]/*.gml")]
    return sorted([*found, *DEMO.glob("udx/bldg/*.gml")])


def dataset_of(base, path):
    """Data set of one file, in a CRS near it."""
    if DEMO in path.parents:
        return Dataset("x", DEMO, (path,), "EPSG:6677", "Asia/Tokyo")
    plateau = "plateau" in path.parts
    target = (
        "EPSG:6677" if plateau or "6697" in path.name else f"EPSG:{GIVEN.get(path.name, 25832)}"
    )
    root = base / "plateau" if plateau else path.parent
    return Dataset("x", root, (path,), target, "Asia/Tokyo", None if plateau else target)


def test_every_file(samples):
    """Every value of every table, every reject and note."""
    paths = files(samples / "buildings")
    assert len(paths) > 20
    for path in paths:
        assert_same(*both(dataset_of(samples / "buildings", path)))


@pytest.mark.parametrize(
    ("name", "rows", "odd"),
    [("54363371_bldg_6697.gml", 192, 0), ("64413325_bldg_6697_op.gml", 25, 0)],
)
def test_plain_tiles_need_no_parser(samples, name, rows, odd):
    """Whole tiles of PLATEAU are read by scanning alone."""
    base = samples / "buildings"
    path = base / "plateau" / "udx" / "bldg" / name
    assert by_scanning(dataset_of(base, path)) == (rows, odd)
