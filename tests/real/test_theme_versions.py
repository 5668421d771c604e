"""Every theme of the samples in every version of CityGML: as many rows as features were counted.

The samples of PLATEAU are CityGML 2.0; their namespaces are rewritten to 1.0 and 3.0, which name
the geometry of these features alike. Files that are CityGML 3.0 by birth are read as they are.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from citytwin.formats import (
    citygml_hazards,
    citygml_land_use,
    citygml_relief,
    citygml_roads,
    citygml_vegetation,
    citygml_zones,
)
from citytwin.model.steps import Dataset
from citytwin.store.tables import conform
from tests.real.sample_counts import counts

FILES = {
    "dem/523965_dem_6697_05_op.gml": (citygml_relief, "tin_triangles"),
    "dem/533925_dem_6697_op.gml": (citygml_relief, "tin_triangles"),
    "fld/52385721_fld_6697_l1_op.gml": (citygml_hazards, "WaterBody"),
    "tnm/523855_tnm_6697_op.gml": (citygml_hazards, "WaterBody"),
    "luse/533925_luse_6668_2_op.gml": (citygml_land_use, "LandUse"),
    "luse/533925_luse_6697_park_op.gml": (citygml_land_use, "LandUse"),
    "tran/533925_tran_6697_op.gml": (citygml_roads, "Road"),
    "urf/533925_urf_6668_kodo_op.gml": (citygml_zones, "DistrictsAndZones"),
    "veg/54401008_veg_6697_op.gml": (citygml_vegetation, "PlantCover"),
}
BORN_3 = {
    "citygml3_roads_roundabout.gml": (citygml_roads, "Road"),
    "Building_LOD1-EPSG25832_CityGMLv3.gml": (citygml_relief, "tin_triangles"),
    "Building_LOD2-EPSG25832_CityGMLv3.gml": (citygml_relief, "tin_triangles"),
    "Building_and_garage_LOD2-EPSG25832_v3.gml": (citygml_relief, "tin_triangles"),
}


@pytest.fixture(scope="module")
def base(samples):
    """Folder of the building samples."""
    return samples / "buildings"


def counted(base: Path, name: str, kind: str) -> int:
    """Features or triangles of a file, as counted for the samples."""
    entry = counts(base)[name]
    return entry[kind] if kind in entry else entry["top"][kind]


def rows(chosen, root: Path, path: Path, target="EPSG:6677", source=None):
    """The one table of a theme, as the store has it, without the name of its file."""
    data = Dataset("x", root, (path,), target, "Asia/Tokyo", source)
    decoded = chosen.FORMAT.read(data, chosen.FORMAT.params())
    table = chosen.FORMAT.produces[0]
    return conform(table, decoded.tables[table], target).drop(columns="source")


def number(frame, kind: str) -> int:
    """Rows, or features where a row is a triangle of one."""
    return frame["surface_id"].nunique() if kind == "WaterBody" else len(frame)


@pytest.mark.parametrize("version", ["1.0", "3.0"])
@pytest.mark.parametrize("relative", FILES)
def test_versions_are_read_alike(base, tmp_path, relative, version):
    """The same rows in another version, and as many as were counted."""
    chosen, kind = FILES[relative]
    root = base / "plateau"
    original = root / "udx" / relative
    frame = rows(chosen, root, original)
    assert number(frame, kind) == counted(base, original.name, kind)
    text = original.read_text(encoding="utf-8-sig").replace('/2.0"', f'/{version}"')
    if version == "3.0":
        text = text.replace('"http://www.opengis.net/gml"', '"http://www.opengis.net/gml/3.2"')
    path = tmp_path / "udx" / relative
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    (tmp_path / "codelists").symlink_to(root / "codelists")
    other = rows(chosen, root, path)
    plain = [name for name in frame.columns if name != "geometry"]
    assert other[plain].equals(frame[plain])
    if isinstance(frame, gpd.GeoDataFrame):
        assert (shapely.to_wkb(other.geometry) == shapely.to_wkb(frame.geometry)).all()


@pytest.mark.parametrize("name", BORN_3)
def test_files_of_citygml_3(base, name):
    """Sections and intersections of roads count as their road; triangles as counted."""
    chosen, kind = BORN_3[name]
    path = base / "citygml3" / name
    frame = rows(chosen, path.parent, path, "EPSG:25832", "EPSG:25832")
    assert len(frame) == counted(base, name, kind)
