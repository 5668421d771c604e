"""A sound city of four buildings in every notation, and the grids it must give.

A gable with boundary surfaces (LOD2), a block around a courtyard and a low block (LOD1), an outline
with a recorded height (LOD0). Edges lie off the centres of the cells, so that no rounding decides.
"""

from __future__ import annotations

import json

import gml_documents as gml
import numpy as np

from citytwin.grids import surface
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Decoded, GridTask, NoParams

X0, Y0 = 458_868.0, 5_438_343.0
CRS = "EPSG:25832"
GRID = GridSpec(CRS, X0 - 5.0, Y0 + 35.0, 0.5, 80, 130)
GROUND_M = 100.0

COURT = gml.rectangle(X0 + 26.1, Y0 + 6.1, X0 + 30.1, Y0 + 10.1)


def gable() -> list[tuple[str, list]]:
    """Faces with their kinds: eaves at 106 m, ridge at 109 m from west to east."""
    west, south, east, north = X0 + 0.1, Y0 + 0.1, X0 + 12.1, Y0 + 8.1
    middle = (south + north) / 2
    sw, se, ne, nw = (np.array([x, y, 102.0]) for x, y in
                      ((west, south), (east, south), (east, north), (west, north)))  # fmt: skip
    up = np.array([0.0, 0.0, 4.0])
    ridge_w, ridge_e = np.array([west, middle, 109.0]), np.array([east, middle, 109.0])
    faces = {
        "GroundSurface": [[sw, nw, ne, se]],
        "RoofSurface": [[sw + up, se + up, ridge_e, ridge_w], [ne + up, nw + up, ridge_w, ridge_e]],
        "WallSurface": [
            [sw, se, se + up, sw + up],
            [se, ne, ne + up, ridge_e, se + up],
            [ne, nw, nw + up, ne + up],
            [nw, sw, sw + up, ridge_w, nw + up],
        ],
    }
    return [(kind, [[tuple(map(float, p)) for p in ring]])
            for kind, rings in faces.items() for ring in rings]  # fmt: skip


def courtyard() -> list[tuple[str, list]]:
    """Block from 101 m to 112 m with a hole of 4 m x 4 m."""
    outer = gml.box(X0 + 20.1, Y0 + 0.1, X0 + 36.1, Y0 + 16.1, 101.0, 112.0)
    inner = gml.box(X0 + 26.1, Y0 + 6.1, X0 + 30.1, Y0 + 10.1, 101.0, 112.0)
    ground, roof = [outer[0], inner[0][::-1]], [outer[1], inner[1][::-1]]
    walls = [[w] for w in outer[2:]] + [[w[::-1]] for w in inner[2:]]
    kinds = ["GroundSurface", "RoofSurface", *["WallSurface"] * len(walls)]
    return list(zip(kinds, [ground, roof, *walls], strict=True))


LOW_CORNER = X0 + 42.1, Y0 + 0.1
"""South-west corner of the low block."""


def low() -> list[tuple[str, list]]:
    """Block of 6 m x 5 m from 101 m to 105 m."""
    faces = gml.box(X0 + 42.1, Y0 + 0.1, X0 + 48.1, Y0 + 5.1, 101.0, 105.0)
    kinds = ["GroundSurface", "RoofSurface", *["WallSurface"] * 4]
    return [(kind, [face]) for kind, face in zip(kinds, faces, strict=True)]


OUTLINE = gml.rectangle(X0 + 42.1, Y0 + 12.1, X0 + 50.1, Y0 + 18.1, 101.5)
"""Of the building of which only this and its height of 7 m are known."""


# --- CityGML -----------------------------------------------------------------------------------
def _polygons(faces: list[tuple[str, list]]) -> list[str]:
    return [gml.polygon(rings[0], rings[1:]) for _, rings in faces]


def _lod2(faces: list[tuple[str, list]], version: str) -> str:
    """Boundary surfaces, and before them the solid that links to them."""
    names = [f"s{n}" for n in range(len(faces))]
    shell = ""
    for (kind, rings), name in zip(faces, names, strict=True):
        content = gml.multi_surface(gml.polygon(rings[0], rings[1:], name))
        shell += (
            f"<core:boundary><con:{kind}><core:lod2MultiSurface>{content}</core:lod2MultiSurface>"
            f"</con:{kind}></core:boundary>"
            if version == "3.0"
            else f"<bldg:boundedBy><bldg:{kind}><bldg:lod2MultiSurface>{content}"
            f"</bldg:lod2MultiSurface></bldg:{kind}></bldg:boundedBy>"
        )
    prefix = "core" if version == "3.0" else "bldg"
    links = gml.solid(*(f"#{name}" for name in names))
    return f"<{prefix}:lod2Solid>{links}</{prefix}:lod2Solid>{shell}"


def citygml(version: str = "2.0", srs_name: str | None = gml.UTM) -> str:
    """The city as CityGML 1.0, 2.0 or 3.0."""
    solid, outline = ("core:lod1Solid", "core:lod0MultiSurface") if version == "3.0" else (
        "bldg:lod1Solid", "bldg:lod0FootPrint")  # fmt: skip
    blocks = [
        f"<{solid}>{gml.solid(*_polygons(faces))}</{solid}>" for faces in (courtyard(), low())
    ]
    flat = f"<{outline}>{gml.multi_surface(gml.polygon(OUTLINE))}</{outline}>"
    height = '<bldg:measuredHeight uom="m">7.0</bldg:measuredHeight>'
    text = gml.city_model(
        gml.building(_lod2(gable(), version), "gable"),
        gml.building(blocks[0], "court"),
        gml.building(blocks[1], "low"),
        gml.building(height + flat, "outline"),
        srs_name=srs_name,
        corners=(f"{X0} {Y0} 100", f"{X0 + 60} {Y0 + 30} 115"),
    )
    if version == "1.0":
        return text.replace("/2.0", "/1.0")
    if version == "3.0":
        text = text.replace("/2.0", "/3.0")
        text = text.replace('"http://www.opengis.net/gml"', '"http://www.opengis.net/gml/3.2"')
        con = 'xmlns:con="http://www.opengis.net/citygml/construction/3.0" '
        return text.replace("xmlns:bldg", con + "xmlns:bldg", 1)
    return text


# --- CityJSON ----------------------------------------------------------------------------------
def cityjson(version: str = "2.0") -> dict:
    """The city as CityJSON, in millimetres from its corner."""
    vertices: list[list[int]] = []

    def index(point: tuple[float, float, float]) -> int:
        step = [round(1000 * (p - o)) for p, o in zip(point, (X0, Y0, 0.0), strict=True)]
        if step not in vertices:
            vertices.append(step)
        return vertices.index(step)

    def rings(faces: list[tuple[str, list]]) -> list:
        return [[[index(p) for p in ring] for ring in face] for _, face in faces]

    kinds = ["GroundSurface", "RoofSurface", "WallSurface"]

    def house(faces: list[tuple[str, list]], lod: str) -> dict:
        values = [[kinds.index(kind) for kind, _ in faces]]
        semantics = {"surfaces": [{"type": kind} for kind in kinds], "values": values}
        solid = {"type": "Solid", "lod": lod, "boundaries": [rings(faces)], "semantics": semantics}
        return {"type": "Building", "geometry": [solid]}

    flat = {"type": "MultiSurface", "lod": "0", "boundaries": rings([("", [OUTLINE])])}
    objects = {
        "gable": house(gable(), "2"),
        "court": house(courtyard(), "1"),
        "low": house(low(), "1"),
        "outline": {"type": "Building", "geometry": [flat], "attributes": {"measuredHeight": 7.0}},
    }
    return {
        "type": "CityJSON",
        "version": version,
        "transform": {"scale": [0.001] * 3, "translate": [X0, Y0, 0.0]},
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/25832"},
        "CityObjects": objects,
        "vertices": vertices,
    }


def sequence(root: dict) -> list[str]:
    """Lines of CityJSONSeq: the header, and a feature for each building."""
    header = {**root, "CityObjects": {}, "vertices": []}
    lines = [json.dumps(header)]
    for name, value in root["CityObjects"].items():
        feature = {"type": "CityJSONFeature", "id": name, "CityObjects": {name: value},
                   "vertices": root["vertices"]}  # fmt: skip
        lines.append(json.dumps(feature))
    return lines


EXTENT = X0 + 0.1, Y0 + 0.1, X0 + 50.1, Y0 + 18.1
"""West, south, east and north of all buildings."""


def assert_extent(decoded: Decoded) -> None:
    """The footprints keep their box to a centimetre, and no vertex of a face is far from it."""
    box = decoded.tables[t.BUILDINGS].total_bounds
    np.testing.assert_allclose(box, EXTENT, atol=0.01, rtol=0.0)
    points = gml.stacked(decoded.tables[t.SURFACES])
    assert (points.min(axis=0) > np.array([EXTENT[0] - 5.0, EXTENT[1] - 5.0, GROUND_M])).all()
    assert (points.max(axis=0) < np.array([EXTENT[2] + 5.0, EXTENT[3] + 5.0, 115.0])).all()


# --- grids -------------------------------------------------------------------------------------
def grids(decoded: Decoded) -> tuple[np.ndarray, np.ndarray]:
    """Surface and mask of what was read, on level ground."""
    ground = {f.TERRAIN: np.full(GRID.shape, GROUND_M, dtype=np.float32)}
    task = GridTask(GRID, GRID.whole, decoded.tables, {}, ground)
    made = surface.GRIDDER.run(task, NoParams()).fields
    return made[f.SURFACE_HEIGHT], made[f.BUILDING_MASK]


def truth() -> tuple[np.ndarray, np.ndarray]:
    """Surface and mask by arithmetic."""
    x, y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))
    u, v = x - X0, y - Y0
    height = np.full(GRID.shape, GROUND_M)

    def within(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
        return (u > x0) & (u < x1) & (v > y0) & (v < y1)

    roof = 109.0 - 3.0 * np.abs(v - 4.1) / 4.0
    height = np.where(within(0.1, 0.1, 12.1, 8.1), roof, height)
    height[within(20.1, 0.1, 36.1, 16.1) & ~within(26.1, 6.1, 30.1, 10.1)] = 112.0
    height[within(42.1, 0.1, 48.1, 5.1)] = 105.0
    height[within(42.1, 12.1, 50.1, 18.1)] = 108.5
    return height, height > GROUND_M
