"""CityJSON documents of a box, plain, in sequences and by templates, and reading them."""

from __future__ import annotations

import json

from citytwin.formats.cityjson.format import FORMAT, CityJsonParams
from citytwin.model.steps import Dataset
from citytwin.store.tables import conform

X0, Y0 = 85_000.0, 447_500.0
RD = "https://www.opengis.net/def/crs/EPSG/0/7415"
# A box of 10 m x 6 m from 1 m to 5 m above NAP, in millimetres from its corner.
VERTICES = [
    [x, y, z] for z in (1000, 5000) for x, y in ((0, 0), (10000, 0), (10000, 6000), (0, 6000))
]
FACES = [
    [[3, 2, 1, 0]],
    [[4, 5, 6, 7]],
    [[0, 1, 5, 4]],
    [[1, 2, 6, 5]],
    [[2, 3, 7, 6]],
    [[3, 0, 4, 7]],
]
KINDS = ["GroundSurface", "RoofSurface", "WallSurface"]


def solid(lod="2.2", faces=FACES):
    """Solid of the box with semantics."""
    return {
        "type": "Solid",
        "lod": lod,
        "boundaries": [faces],
        "semantics": {"surfaces": [{"type": k} for k in KINDS], "values": [[0, 1, 2, 2, 2, 2]]},
    }


def flat(lod, ring=(0, 1, 2, 3), holes=()):
    """MultiSurface of one polygon."""
    return {"type": "MultiSurface", "lod": lod, "boundaries": [[list(ring), *holes]]}


def model(objects, vertices=VERTICES, version="2.0", reference=RD):
    """A whole document."""
    root = {
        "type": "CityJSON",
        "version": version,
        "CityObjects": objects,
        "vertices": vertices,
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [X0, Y0, 0.0]},
    }
    if reference is not None:
        root["metadata"] = {"referenceSystem": reference}
    return root


def house(*geometry, **attributes):
    """A building."""
    return {"type": "Building", "geometry": list(geometry), "attributes": attributes}


def sequence(*lines):
    """CityJSONSeq: a header and one feature per line."""
    header = model({}, [])
    return "\n".join([json.dumps(header), *lines])


def feature(name, vertices=VERTICES):
    """A line of a sequence."""
    return json.dumps(
        {
            "type": "CityJSONFeature",
            "id": name,
            "CityObjects": {name: house(solid())},
            "vertices": vertices,
        }
    )


# A box of 2 m x 1 m x 3 m from the origin of its template; lod 2.
TEMPLATE_POINTS = [[x, y, z] for z in (0, 3) for x, y in ((0, 0), (2, 0), (2, 1), (0, 1))]
PLAIN = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
# A quarter turn to the left, twice as high, then 5 m to the east.
TURNED = [0, -1, 0, 5, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]


def instance(matrix=PLAIN, anchor=0, template=0):
    """An instance of a template at a vertex of the file."""
    place = {"boundaries": [anchor], "transformationMatrix": matrix}
    return {"type": "GeometryInstance", "template": template, **place}


def templated(objects, shapes=None, points=TEMPLATE_POINTS, **more):
    """A document with templates."""
    root = model(objects, **more)
    root["geometry-templates"] = {
        "templates": shapes or [solid("2")],
        "vertices-templates": points,
    }
    return root


def read_document(folder, root, params=None, source=None, name="x.city.json"):
    """Tables of a document by their schema, and the result."""
    path = folder / name
    if isinstance(root, bytes):
        path.write_bytes(root)
    else:
        path.write_text(root if isinstance(root, str) else json.dumps(root), encoding="utf-8")
    data = Dataset("city", folder, (path,), "EPSG:28992", "Europe/Amsterdam", source)
    decoded = FORMAT.read(data, params or CityJsonParams())
    frames = {t: conform(t, frame, "EPSG:28992") for t, frame in decoded.tables.items()}
    return frames, decoded
