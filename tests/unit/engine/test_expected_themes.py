"""A source of which features were expected fails without them, for every theme of a city model."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import DecodedSource
from citytwin.engine.settled_sources import settled_source
from citytwin.engine.source_parts import SourcePart
from citytwin.engine.sources import SourceTask, decode
from citytwin.engine.work import Order
from citytwin.errors import SourceError
from citytwin.model.steps import Dataset, Format
from citytwin.model.tables import DEFECTS

SPACES = "".join(
    f' xmlns:{prefix}="http://www.opengis.net/citygml/{name}/2.0"'
    for prefix, name in {
        "bldg": "building",
        "brid": "bridge",
        "dem": "relief",
        "luse": "landuse",
        "tran": "transportation",
        "veg": "vegetation",
        "wtr": "waterbody",
    }.items()
)
THEMES = {
    "citygml": "bldg:Building",
    "citygml_bridges": "brid:Bridge",
    "citygml_hazards": "wtr:WaterBody",
    "citygml_land_use": "luse:LandUse",
    "citygml_relief": "dem:ReliefFeature",
    "citygml_roads": "tran:Road",
    "citygml_vegetation": "veg:PlantCover",
    "citygml_water": "wtr:WaterBody",
    "citygml_zones": "urf:UseDistrict",
}


def read(folder: Path, name: str, *features: str, expect: bool = True) -> DecodedSource:
    """Read a file with features that have no geometry."""
    members = "".join(
        f'<core:cityObjectMember><{kind} gml:id="f{n}"/></core:cityObjectMember>'
        for n, kind in enumerate(features)
    )
    pattern = registry.named(Format, name).patterns[0]
    file = folder / pattern.replace("*", "x")
    file.write_text(
        '<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0"'
        ' xmlns:gml="http://www.opengis.net/gml"'
        f' xmlns:urf="https://www.geospatial.jp/iur/urf/2.0"{SPACES}>'
        '<gml:boundedBy><gml:Envelope srsName="EPSG:6697" srsDimension="3">'
        "<gml:lowerCorner>35 139 0</gml:lowerCorner><gml:upperCorner>35.1 139.1 9"
        f"</gml:upperCorner></gml:Envelope></gml:boundedBy>{members}</core:CityModel>",
        encoding="utf-8",
    )
    store = CityStore(folder, "EPSG:6677", "Asia/Tokyo", 16)
    task = SourceTask(name, "{}", Dataset("town", folder, (file,), "EPSG:6677", "Asia/Tokyo"))
    part = SourcePart(task, Order("source:town", "whole", ""))
    return settled_source(task, expect, [(part, decode(task, store))], store)


def test_every_theme_is_looked_at() -> None:
    """A new format of one theme of CityGML gets its entry here."""
    names = {form.name for form in registry.all_of(Format) if form.name.startswith("citygml")}
    assert names == set(THEMES)


@pytest.mark.parametrize("name", THEMES)
def test_features_without_geometry_are_no_features(tmp_path: Path, name: str) -> None:
    """They are in the report of defects, and yet the source fails."""
    with pytest.raises(SourceError, match=r"were set aside|holds nothing"):
        read(tmp_path, name, THEMES[name], THEMES[name])


@pytest.mark.parametrize("name", THEMES)
def test_features_of_another_theme_are_no_features(tmp_path: Path, name: str) -> None:
    """The wrong folder is not taken for an empty one."""
    other = "tran:Road" if name != "citygml_roads" else "bldg:Building"
    with pytest.raises(SourceError, match=r"were set aside|holds nothing|holds no"):
        read(tmp_path, name, other)


@pytest.mark.parametrize("name", THEMES)
def test_an_empty_source_that_may_be_empty_is_read(tmp_path: Path, name: str) -> None:
    """With ``expect: false`` the tables are there, without rows but for the defects."""
    decoded = read(tmp_path, name, THEMES[name], expect=False)
    assert not any(rows for table, rows in decoded.rows.items() if table != DEFECTS.name)
    assert DEFECTS.name in decoded.rows
