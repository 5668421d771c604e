"""Water, plants, bridges, zones and inundations of real files, counted independently.

Features come from ``counts.jsonl`` of the samples; polygons, heights and areas are taken from the
files by a plain XML or JSON parser, pyproj and shapely, not by the readers under test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from lxml import etree
from pyproj import Transformer

from citytwin.formats import (
    citygml_bridges,
    citygml_hazards,
    citygml_vegetation,
    citygml_water,
    citygml_zones,
)
from citytwin.formats.cityjson.format import FORMAT as CITYJSON
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import (
    BRIDGES,
    HAZARD_SURFACES,
    LAND_USE,
    VEGETATION,
    WATER_BODIES,
    ZONES,
    Table,
)
from citytwin.store.tables import conform
from tests.real.sample_counts import counts

GML = "{http://www.opengis.net/gml}"
FLD = "plateau/udx/fld/52385721_fld_6697_l1_op.gml"
TNM = "plateau/udx/tnm/523855_tnm_6697_op.gml"
URF = "plateau/udx/urf/533925_urf_6668_kodo_op.gml"
VEG = "plateau/udx/veg/54401008_veg_6697_op.gml"
PLANE = "EPSG:6677"


@pytest.fixture(scope="module")
def base(samples):
    """Folder of the building samples."""
    return samples / "buildings"


def counted(base: Path, name: str) -> dict[str, int]:
    """Features of a file by kind, as counted for the samples."""
    return counts(base)[name]["top"]


def read(base: Path, relative: str, chosen: Format[Any], target: str = PLANE) -> Decoded:
    """What a format gets out of a file."""
    path = base / relative
    root = base / "plateau" if "plateau" in relative else path.parent
    return chosen.read(Dataset("x", root, (path,), target, "Asia/Tokyo"), chosen.params())


def rows(decoded: Decoded, table: Table, target: str = PLANE) -> Any:
    """Rows as the store has them."""
    return conform(table, decoded.tables[table], target)


def rings(base: Path, relative: str) -> list[np.ndarray]:
    """All rings of a file as shape (n, 3): latitude, longitude, height."""
    root = etree.parse(str(base / relative)).getroot()
    return [
        np.array(found.text.split(), dtype=float).reshape(-1, 3)
        for found in root.iter(f"{GML}posList")
    ]


def placed(ring: np.ndarray) -> shapely.Polygon:
    """A ring of degrees in the plane."""
    east, north = Transformer.from_crs(6668, 6677, always_xy=True).transform(ring[:, 1], ring[:, 0])
    return shapely.Polygon(np.column_stack([east, north]))


@pytest.mark.parametrize(
    ("relative", "kind", "scale", "admin"),
    [(FLD, "river_flood", "L1", "national"), (TNM, "tsunami", None, None)],
)
def test_inundations(base, relative, kind, scale, admin):
    """Every triangle at its height, each surface with its rank; areas as in the file."""
    decoded = read(base, relative, citygml_hazards.FORMAT)
    frame = rows(decoded, HAZARD_SURFACES)
    own = rings(base, relative)
    assert frame["surface_id"].nunique() == counted(base, Path(relative).name)["WaterBody"]
    assert len(frame) == len(own)
    corners = np.array(list(frame["triangle"])).reshape(-1, 3, 3)
    assert corners[..., 2].tolist() == [ring[:3, 2].tolist() for ring in own]
    area = shapely.area(shapely.polygons(corners[..., :2])).sum()
    assert area == pytest.approx(sum(placed(ring).area for ring in own), rel=1e-6)
    assert set(frame["kind"]) == {kind}
    assert set(frame["scale"].dropna()) == ({scale} if scale else set())
    assert set(frame["admin"].dropna()) == ({admin} if admin else set())
    assert frame["rank"].str.contains("未満").all()
    assert set(frame["source"]) == {relative.removeprefix("plateau/")}
    assert decoded.rejects == ()


def test_ranks_of_the_flood(base):
    """Two surfaces of the lowest class and one of the second, as the file has them."""
    frame = rows(read(base, FLD, citygml_hazards.FORMAT), HAZARD_SURFACES)
    ranks = frame.drop_duplicates("surface_id")["rank"].tolist()
    assert ranks == ["0.5m未満", "0.5m以上3m未満", "0.5m未満"]


def test_zones(base):
    """Fifteen height control districts of Tokyo (i-UR 1.4), each with its area."""
    decoded = read(base, URF, citygml_zones.FORMAT)
    frame = rows(decoded, ZONES)
    assert len(frame) == counted(base, Path(URF).name)["DistrictsAndZones"]
    assert set(frame["kind"]) == {"DistrictsAndZones"}
    assert set(zip(frame["code"], frame["text"], strict=True)) == {("18", "高度地区")}
    expected = [placed(ring).area for ring in rings(base, URF)]
    assert frame.geometry.area.tolist() == pytest.approx(expected, rel=1e-6)
    assert decoded.rejects == ()


def test_vegetation(base):
    """Two beds of flowers with their heights; the area is that of the LOD1 solids' ground."""
    decoded = read(base, VEG, citygml_vegetation.FORMAT)
    frame = rows(decoded, VEGETATION)
    assert len(frame) == counted(base, Path(VEG).name)["PlantCover"]
    assert frame["height_m"].tolist() == [0.8, 0.3]
    assert frame["plant_class"].tolist() == ["草花", "草花"]
    root = etree.parse(str(base / VEG)).getroot()
    solids = root.iter("{http://www.opengis.net/citygml/vegetation/2.0}lod1MultiSolid")
    for area, solid in zip(frame.geometry.area, solids, strict=True):
        faces = [
            placed(np.array(ring.text.split(), dtype=float).reshape(-1, 3))
            for ring in solid.iter(f"{GML}posList")
        ]
        ground = shapely.union_all([face for face in faces if face.is_valid and face.area > 1e-6])
        assert area == pytest.approx(ground.area, rel=1e-4)
    assert decoded.rejects == ()


@pytest.mark.parametrize(
    ("relative", "chosen", "held"),
    [
        (FLD, citygml_water.FORMAT, "3 WaterBody"),
        (URF, citygml_bridges.FORMAT, "no bridges but DistrictsAndZones"),
        (VEG, citygml_zones.FORMAT, "no zones of urban planning but PlantCover"),
    ],
)
def test_real_files_under_a_wrong_format_are_named(base, relative, chosen, held):
    """No rows, and one note that says what the file holds."""
    decoded = read(base, relative, chosen)
    assert not any(len(frame) for frame in decoded.tables.values())
    (note,) = decoded.notes
    assert held in note.en
    assert Path(relative).name in note.en


DELFT = ["delft/delft.city.json", "delft/3dfier_testarea.json"]
KINDS = {"WaterBody": WATER_BODIES, "PlantCover": VEGETATION, "Bridge": BRIDGES}


def shapes(document: dict[str, Any], item: dict[str, Any]) -> tuple[float, float, float]:
    """Area, lowest and highest point of an object of plain MultiSurfaces."""
    transform = document.get("transform", {"scale": [1, 1, 1], "translate": [0, 0, 0]})
    faces = item["geometry"][0]["boundaries"]
    used = np.array([document["vertices"][i] for face in faces for i in face[0]], dtype=float)
    used = used * transform["scale"] + transform["translate"]
    ends = np.cumsum([len(face[0]) for face in faces])[:-1]
    polygons = [shapely.Polygon(part[:, :2]) for part in np.split(used, ends)]
    area = shapely.union_all([p for p in polygons if p.is_valid and p.area > 0]).area
    return area, float(used[:, 2].min()), float(used[:, 2].max())


@pytest.mark.parametrize("relative", DELFT)
def test_delft(base, relative):
    """Every body of water, plant cover and bridge, with areas, classes and heights of the file."""
    rd = "EPSG:28992"
    document = json.loads((base / relative).read_text(encoding="utf-8"))
    decoded = read(base, relative, CITYJSON, rd)
    for kind, table in KINDS.items():
        own = {k: v for k, v in document["CityObjects"].items() if v["type"] == kind}
        assert len(own) == counted(base, "delft.city.json")[kind]
        frame = rows(decoded, table, rd).set_index(table.columns[0].name)
        assert set(frame.index) == set(own)
        for name, item in own.items():
            area, low, high = shapes(document, item)
            assert frame.geometry[name].area == pytest.approx(area, rel=1e-3, abs=0.05)
            if table is BRIDGES:
                assert frame.loc[name, "bottom_z_m"] == pytest.approx(low, abs=1e-6)
                assert frame.loc[name, "top_z_m"] == pytest.approx(high, abs=1e-6)
                level = int(item["attributes"]["relatievehoogteligging"])
                assert frame.loc[name, "level"] == max(level, 1)
    water = rows(decoded, WATER_BODIES, rd)
    assert set(water["water_class"]) == {"waterloop"}
    parcels = rows(decoded, LAND_USE, rd)
    assert (parcels["use"] == "water").sum() == len(water)
