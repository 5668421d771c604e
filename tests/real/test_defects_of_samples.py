"""Defects of real city models, as val3dity 2.6.0 finds them in the same files.

Its counts of invalid buildings by code are written down here. Files without any error are listed
too: nothing may be reported in them. Two files differ in a known way: repeated vertices (102) are
left out by our readers and the shell behind them is checked all the same, and parts that overlap
by less than a millimetre (601 in ``DH_01_subs``) do not count here.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from citytwin.formats.citygml.format import FORMAT as CITYGML
from citytwin.formats.cityjson.format import FORMAT as CITYJSON
from citytwin.model.steps import Dataset
from citytwin.model.tables import DEFECTS

SOUND_GML = [
    "plateau/udx/bldg/52397519_bldg_6697_op.gml",
    "plateau/udx/bldg/53392546_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53392547_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53392633_bldg_6697_2_op.gml",
    "plateau/udx/bldg/53394517_bldg_6697_2_op.gml",
    "plateau/udx/bldg/54363371_bldg_6697.gml",
    "plateau/udx/bldg/64413325_bldg_6697_op.gml",
    "citygml2/Building_LOD1-EPSG25832_CityGMLv2.gml",
    "citygml2/Building_LOD2-EPSG25832_CityGMLv2.gml",
    "citygml2/Potsdam_LoD1.gml",
    "citygml3/53394517_bldg_6697_2_op_CityGML3.gml",
    "citygml3/Building_LOD1-EPSG25832_CityGMLv3.gml",
    "citygml3/Building_LOD2-EPSG25832_CityGMLv3.gml",
]
JSON = {
    "cityjson/multi_lod.json": {},
    "cityjson/lod2_buildings_as_CityJSON_features.jsonl": {},
    "cityjson/DH_01_subs.city.json": {"203": 1},
    "cityjson/3dbag_b2.city.jsonl": {"102": 1, "302": 1},
    "cityjson/rotterdam_subset.json": {"101": 9, "102": 9},
    "delft/3dfier_testarea.json": {},
    "delft/delft.city.json": {"302": 160},
}
GIVEN = {"cityjson/lod2_buildings_as_CityJSON_features.jsonl": "EPSG:6677"}


def geometry_defects(
    samples: Path, name: str, target: str, given: str | None = None
) -> Counter[str]:
    """Buildings by code of val3dity."""
    path = samples / "buildings" / name
    form = CITYGML if path.suffix == ".gml" else CITYJSON
    dataset = Dataset("city", path.parent, (path,), target, "UTC", given)
    rows = form.read(dataset, form.params()).tables[DEFECTS]
    assert rows["defect_id"].is_unique
    of_buildings = rows[rows["theme"] == "buildings"]
    return Counter(code for code in of_buildings["code"] if code.isdigit())


def plane_of(name: str) -> str:
    """CRS that a sample of CityGML is read into."""
    return "EPSG:6677" if "6697" in name else "EPSG:25833" if "Potsdam" in name else "EPSG:25832"


@pytest.mark.parametrize("name", SOUND_GML)
def test_sound_files_have_no_defect_of_geometry(samples: Path, name: str) -> None:
    """Buildings of LOD1 and LOD2 by several producers: not one false alarm."""
    assert geometry_defects(samples, name, plane_of(name)) == {}


def test_a_garage_that_shares_a_wall_opens_its_house(samples: Path) -> None:
    """The corners of the garage are in the wall of the house, but not in its floor."""
    for name in ("citygml2/Building_and_garage_LOD2-EPSG25832_v2.gml",
                 "citygml3/Building_and_garage_LOD2-EPSG25832_v3.gml"):  # fmt: skip
        assert geometry_defects(samples, name, "EPSG:25832") == {"302": 1}


def test_a_mirrored_city_is_inside_out(samples: Path) -> None:
    """The file says north first and writes east first: read as it says, it is mirrored.

    Its twin in CityJSON, which is always east first, has no defect (see below).
    """
    name = "citygml3/lod2_buildings_v3.gml"
    assert geometry_defects(samples, name, "EPSG:3068") == {"405": 100}


@pytest.mark.parametrize("name", JSON)
def test_counts_are_those_of_val3dity(samples: Path, name: str) -> None:
    """By building and code."""
    target = "EPSG:6677" if name in GIVEN else "EPSG:28992"
    assert geometry_defects(samples, name, target, GIVEN.get(name, target)) == JSON[name]
