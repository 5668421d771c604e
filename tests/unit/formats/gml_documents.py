"""Small CityGML documents with known truths, written by hand for the tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from citytwin.model.steps import Dataset

NAMESPACES = {
    "core": "http://www.opengis.net/citygml/2.0",
    "bldg": "http://www.opengis.net/citygml/building/2.0",
    "brid": "http://www.opengis.net/citygml/bridge/2.0",
    "dem": "http://www.opengis.net/citygml/relief/2.0",
    "tran": "http://www.opengis.net/citygml/transportation/2.0",
    "luse": "http://www.opengis.net/citygml/landuse/2.0",
    "gml": "http://www.opengis.net/gml",
    "xlink": "http://www.w3.org/1999/xlink",
    "uro": "https://www.geospatial.jp/iur/uro/3.1",
}
UTM = "urn:ogc:def:crs:EPSG::25832"
"""Easting first, so that the truths can be read off."""
X0, Y0 = 458_868.0, 5_438_343.0
"""South-west corner of the boxes."""


def posted(points, decimals=6):
    """Coordinates as the content of a posList."""
    return " ".join(f"{value:.{decimals}f}" for point in points for value in point)


def ring(points, name="exterior"):
    """A closed ring from its open vertices."""
    text = points if isinstance(points, str) else posted([*points, points[0]])
    return (
        f"<gml:{name}><gml:LinearRing><gml:posList>{text}</gml:posList>"
        f"</gml:LinearRing></gml:{name}>"
    )


def polygon(points, holes=(), gml_id=None):
    """A polygon with holes."""
    identifier = f' gml:id="{gml_id}"' if gml_id else ""
    inner = "".join(ring(hole, "interior") for hole in holes)
    return f"<gml:Polygon{identifier}>{ring(points)}{inner}</gml:Polygon>"


def multi_surface(*polygons):
    """A MultiSurface of polygons."""
    members = "".join(f"<gml:surfaceMember>{p}</gml:surfaceMember>" for p in polygons)
    return f"<gml:MultiSurface>{members}</gml:MultiSurface>"


def solid(*polygons):
    """A solid of polygons, or of links when given as ``#id``."""
    members = "".join(
        f'<gml:surfaceMember xlink:href="{p}"/>'
        if p.startswith(("#", "http", "file", "other"))
        else f"<gml:surfaceMember>{p}</gml:surfaceMember>"
        for p in polygons
    )
    return (
        "<gml:Solid><gml:exterior><gml:CompositeSurface>"
        f"{members}</gml:CompositeSurface></gml:exterior></gml:Solid>"
    )


def rectangle(x0, y0, x1, y1, z=None):
    """Open ring, counter-clockwise from above."""
    corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    return corners if z is None else [(x, y, z) for x, y in corners]


def box(x0, y0, x1, y1, bottom, top):
    """Open rings of the six faces of a box, facing outwards: ground, roof, four walls."""
    low, high = rectangle(x0, y0, x1, y1, bottom), rectangle(x0, y0, x1, y1, top)
    walls = [[low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]] for i in range(4)]
    return [low[::-1], high, *walls]


def lod1(faces):
    """LOD1 solid of some rings."""
    return f"<bldg:lod1Solid>{solid(*(polygon(face) for face in faces))}</bldg:lod1Solid>"


def lod0(points, name="lod0FootPrint"):
    """LOD0 polygon."""
    return f"<bldg:{name}>{multi_surface(polygon(points))}</bldg:{name}>"


def thematic(kind, surface, lod=2):
    """Boundary surface with one polygon."""
    return (
        f"<bldg:boundedBy><bldg:{kind}><bldg:lod{lod}MultiSurface>{multi_surface(surface)}"
        f"</bldg:lod{lod}MultiSurface></bldg:{kind}></bldg:boundedBy>"
    )


def lod2(faces, prefix="p"):
    """LOD2 shell of a box by boundary surfaces, and the solid that links to them, first."""
    kinds = ["GroundSurface", "RoofSurface", *["WallSurface"] * (len(faces) - 2)]
    names = [f"{prefix}{number}" for number in range(len(faces))]
    shell = "".join(
        thematic(kind, polygon(face, gml_id=name))
        for kind, face, name in zip(kinds, faces, names, strict=True)
    )
    return f"<bldg:lod2Solid>{solid(*(f'#{n}' for n in names))}</bldg:lod2Solid>{shell}"


def building(body, gml_id="b1", kind="Building"):
    """A building element."""
    identifier = f' gml:id="{gml_id}"' if gml_id else ""
    return f"<bldg:{kind}{identifier}>{body}</bldg:{kind}>"


def part(body, gml_id):
    """A building part inside its property."""
    return (
        "<bldg:consistsOfBuildingPart>"
        f"{building(body, gml_id, 'BuildingPart')}</bldg:consistsOfBuildingPart>"
    )


def city_model(*members, srs_name=UTM, corners=None, dimension=3):
    """A whole document; `corners` are the two corners of its Envelope as texts."""
    named = f' srsName="{srs_name}"' if srs_name else ""
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    low, high = corners or ("0 0 0", "0 0 0")
    envelope = (
        f'<gml:boundedBy><gml:Envelope{named} srsDimension="{dimension}">'
        f"<gml:lowerCorner>{low}</gml:lowerCorner><gml:upperCorner>{high}</gml:upperCorner>"
        "</gml:Envelope></gml:boundedBy>"
    )
    content = "".join(f"<core:cityObjectMember>{m}</core:cityObjectMember>" for m in members)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<core:CityModel {spaces}>{envelope}'
        f"{content}</core:CityModel>"
    )


def write(folder: Path, content: str | bytes, name="tile_bldg_25832.gml") -> Path:
    """Write a document where a PLATEAU data set has it."""
    path = folder / "udx" / "bldg" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def dataset(root, *paths, target="EPSG:25832", source=None):
    """Data set of some files."""
    return Dataset("city", root, tuple(paths), target, "Asia/Tokyo", source)


def box_document():
    """A box of 10 m x 6 m x 4 m with its LOD0, as every lexical variant must be read."""
    faces = box(X0, Y0, X0 + 10, Y0 + 6, 112.0, 116.0)
    footprint = rectangle(X0, Y0, X0 + 10, Y0 + 6, 112.0)
    return city_model(building(lod0(footprint) + lod1(faces)))


def stacked(frame):
    """Coordinates of all surfaces, shape (n, 3)."""
    return np.concatenate(list(frame["xyz"])).reshape(-1, 3)
