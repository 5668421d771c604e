"""A synthetic city as PLATEAU would deliver it: one CityGML 2.0 i-UR file per third-level mesh.

Houses with gables, and blocks with wings and houses on their roofs: each with LOD0 and LOD1, most
with LOD2 (surfaces with semantics, the solid by links), attributes and code lists as in a real
delivery. The same seed gives the same bytes. Buildings of one shape are made at once, as one
array of vertices, and written by one template: about 100 MB of text a second.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.city_shapes import SHAPES, Shape, template, vertices_in_order
from citytwin.testing.codelists import write_code_lists
from citytwin.testing.mesh_code import third_mesh_bounds, third_mesh_code

FloatArray: TypeAlias = NDArray[np.float64]

PER_FILE = 1500
SOUTH_DEG, WEST_DEG = 35.50, 139.50
COLUMNS = 20
"""Meshes side by side."""
FEET_M = (1.0, 30.0)
"""Lowest and highest ground under a building [m]."""
_LOTS = 40
_METRES_PER_DEGREE = 111_000.0
_LOD2 = 0.88
"""Share of buildings with LOD2."""

_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" \
xmlns:bldg="http://www.opengis.net/citygml/building/2.0" xmlns:gml="http://www.opengis.net/gml" \
xmlns:uro="https://www.geospatial.jp/iur/uro/3.1" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:Envelope srsName="http://www.opengis.net/def/crs/EPSG/0/6697" \
srsDimension="3"><gml:lowerCorner>%.8f %.8f -10</gml:lowerCorner><gml:upperCorner>%.8f %.8f 300\
</gml:upperCorner></gml:Envelope></gml:boundedBy>
"""
_TAIL = "</core:CityModel>\n"
_ATTRIBUTES = """<core:cityObjectMember><bldg:Building gml:id="bldg_{id}">
<core:creationDate>2026-03-31</core:creationDate>
<bldg:class codeSpace="../../codelists/Building_class.xml">{kind}</bldg:class>
<bldg:usage codeSpace="../../codelists/Building_usage.xml">{usage}</bldg:usage>
<bldg:yearOfConstruction>{year}</bldg:yearOfConstruction>
<bldg:measuredHeight uom="m">{height:.1f}</bldg:measuredHeight>
<bldg:storeysAboveGround>{storeys}</bldg:storeysAboveGround>
<bldg:storeysBelowGround>0</bldg:storeysBelowGround>
"""
_DETAILS = """<uro:bldgDataQualityAttribute><uro:DataQualityAttribute>
<uro:geometrySrcDescLod0 codeSpace="../../codelists/DataQualityAttribute_geometrySrcDesc.xml">000\
</uro:geometrySrcDescLod0>
<uro:geometrySrcDescLod1 codeSpace="../../codelists/DataQualityAttribute_geometrySrcDesc.xml">000\
</uro:geometrySrcDescLod1>
<uro:thematicSrcDesc codeSpace="../../codelists/DataQualityAttribute_thematicSrcDesc.xml">100\
</uro:thematicSrcDesc>
<uro:lod1HeightType codeSpace="../../codelists/DataQualityAttribute_lod1HeightType.xml">2\
</uro:lod1HeightType>
</uro:DataQualityAttribute></uro:bldgDataQualityAttribute>
<uro:bldgDisasterRiskAttribute><uro:RiverFloodingRiskAttribute>
<uro:description codeSpace="../../codelists/RiverFloodingRiskAttribute_description.xml">1\
</uro:description>
<uro:rank codeSpace="../../codelists/RiverFloodingRiskAttribute_rank.xml">{rank}</uro:rank>
<uro:depth uom="m">{depth:.3f}</uro:depth>
<uro:adminType codeSpace="../../codelists/RiverFloodingRiskAttribute_adminType.xml">2\
</uro:adminType>
<uro:scale codeSpace="../../codelists/RiverFloodingRiskAttribute_scale.xml">1</uro:scale>
<uro:duration uom="hour">{duration:.2f}</uro:duration>
</uro:RiverFloodingRiskAttribute></uro:bldgDisasterRiskAttribute>
<uro:buildingDetailAttribute><uro:BuildingDetailAttribute>
<uro:serialNumberOfBuildingCertification>{serial}</uro:serialNumberOfBuildingCertification>
<uro:siteArea uom="m2">{site:.2f}</uro:siteArea>
<uro:totalFloorArea uom="m2">{floors:.2f}</uro:totalFloorArea>
<uro:buildingFootprintArea uom="m2">{area:.2f}</uro:buildingFootprintArea>
<uro:buildingStructureType \
codeSpace="../../codelists/BuildingDetailAttribute_buildingStructureType.xml">601\
</uro:buildingStructureType>
<uro:districtsAndZonesType codeSpace="../../codelists/Common_districtsAndZonesType.xml">11\
</uro:districtsAndZonesType>
<uro:landUseType codeSpace="../../codelists/Common_landUseType.xml">211</uro:landUseType>
<uro:surveyYear>2025</uro:surveyYear>
</uro:BuildingDetailAttribute></uro:buildingDetailAttribute>
<uro:buildingIDAttribute><uro:BuildingIDAttribute>
<uro:buildingID>14999-bldg-{serial}</uro:buildingID>
<uro:prefecture codeSpace="../../codelists/Common_localPublicAuthorities.xml">14</uro:prefecture>
<uro:city codeSpace="../../codelists/Common_localPublicAuthorities.xml">14999</uro:city>
</uro:BuildingIDAttribute></uro:buildingIDAttribute>
</bldg:Building></core:cityObjectMember>
"""


_SHARES = (0.40, 0.32, 0.28)
"""Of the three outlines."""


def write_city(folder: Path, files: int, seed: int) -> list[Path]:
    """Write the first meshes of the city.

    Parameters
    ----------
    folder
        Root of the data set.
    files
        How many, each of `PER_FILE` buildings.
    seed
        Of all random numbers.
    """
    return write_meshes(folder, range(files), seed)


def write_meshes(
    folder: Path, numbers: Iterable[int], seed: int, feet_m: tuple[float, float] = FEET_M
) -> list[Path]:
    """Write some meshes of the city, one after the other; memory stays that of one file.

    Parameters
    ----------
    folder
        Root of the data set.
    numbers
        Of the meshes, `COLUMNS` to a row.
    seed
        Of all random numbers.
    feet_m
        Lowest and highest ground under a building [m].
    """
    write_code_lists(folder / "codelists")
    written = []
    for number in numbers:
        mesh = _mesh(number)
        path = folder / "udx" / "bldg" / f"{mesh}_bldg_6697_op.gml"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8") as file:
            south, west, north, east = third_mesh_bounds(mesh)
            file.write(_HEAD % (south, west, north, east))
            file.writelines(buildings(number, seed, feet_m))
            file.write(_TAIL)
        written.append(path)
    return written


def write_large_file(folder: Path, megabytes: int, seed: int) -> Path:
    """Write as many meshes into one file as it takes for its size.

    Parameters
    ----------
    folder
        Root of the data set.
    megabytes
        Size of the file.
    seed
        Of all random numbers.
    """
    write_code_lists(folder / "codelists")
    path = folder / "udx" / "bldg" / f"{_mesh(0)[:6]}_bldg_6697_op.gml"
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    with path.open("w", encoding="utf-8") as file:
        file.write(_HEAD % (SOUTH_DEG, WEST_DEG, SOUTH_DEG + 0.5, WEST_DEG + 0.5))
        while file.tell() < megabytes * 1_000_000:
            file.writelines(buildings(number, seed))
            number += 1
        file.write(_TAIL)
    return path


def _mesh(number: int) -> str:
    row, column = divmod(number, COLUMNS)
    return third_mesh_code(SOUTH_DEG + (row + 0.5) / 120.0, WEST_DEG + (column + 0.5) / 80.0)


def buildings(number: int, seed: int, feet_m: tuple[float, float] = FEET_M) -> Iterator[str]:
    """Yield the members of a mesh.

    Parameters
    ----------
    number
        Of the mesh.
    seed
        Of all random numbers.
    feet_m
        Lowest and highest ground under a building [m].
    """
    rng = np.random.default_rng((seed, number))
    plain = rng.random(PER_FILE) >= _LOD2
    outline = rng.choice(len(_SHARES), PER_FILE, p=_SHARES)
    shape_of = outline + len(_SHARES) * plain
    for place, shape in enumerate(SHAPES):
        lots = np.flatnonzero(shape_of == place)
        yield from _of_shape(shape, lots, number, rng, feet_m)


def _of_shape(
    shape: Shape,
    lots: NDArray[np.intp],
    number: int,
    rng: np.random.Generator,
    feet_m: tuple[float, float],
) -> Iterator[str]:
    count = len(lots)
    length, width = rng.uniform(8.0, 18.0, count), rng.uniform(7.0, 15.0, count)
    bottom = rng.uniform(*feet_m, count)
    storeys = rng.integers(1, 4 if shape.gable else 12, count)
    top = bottom + 3.1 * storeys
    rise = 0.35 * width if shape.gable else np.full(count, 2.5)
    vertices = _vertices(shape, lots, number, (length, width, bottom, top, rise), rng)
    height = top - bottom + (rise if shape.lod2 else 0.0)
    order = vertices_in_order(shape)
    texts = vertices[:, order].reshape(count, -1).tolist()
    usage = rng.choice(["411", "412", "402", "401", "441"], count)
    year, rank = rng.integers(1950, 2026, count), rng.integers(1, 6, count)
    depth = rng.uniform(0.1, 8.0, count)
    geometry = template(shape)
    for k in range(count):
        serial = number * PER_FILE + int(lots[k])
        name = str(uuid.UUID(int=rng.bit_generator.random_raw() << 64 | serial))
        area = float(length[k] * width[k])
        yield _ATTRIBUTES.format(
            id=name, kind="3001", usage=usage[k], year=year[k],
            height=height[k], storeys=storeys[k],
        )  # fmt: skip
        yield (geometry % tuple(texts[k])).replace("$", name[-12:])
        yield _DETAILS.format(
            rank=rank[k], depth=depth[k], duration=depth[k] * 3.0, serial=serial,
            site=area * 1.8, floors=area * storeys[k], area=area,
        )  # fmt: skip


def _vertices(
    shape: Shape,
    lots: NDArray[np.intp],
    number: int,
    sizes: tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray],
    rng: np.random.Generator,
) -> FloatArray:
    """Latitude, longitude and height of all vertices of buildings, shape (n, vertices, 3)."""
    length, width, bottom, top, rise = sizes
    corners = np.array(shape.corners)
    east = corners[:, 0] * length[:, None]
    north = corners[:, 1] * width[:, None]
    if shape.gable:
        more_east, more_north = length[:, None] * [0.0, 1.0], width[:, None] * [0.5, 0.5]
        more_up = np.repeat((top + rise)[:, None], 2, axis=1)
    else:
        more_east = length[:, None] * np.tile([0.05, 0.25, 0.25, 0.05], 2)
        more_north = width[:, None] * np.tile([0.05, 0.05, 0.3, 0.3], 2)
        more_up = np.repeat(np.stack([top, top + rise], axis=1), 4, axis=1)
    x = np.concatenate([east, east, more_east], axis=1)
    y = np.concatenate([north, north, more_north], axis=1)
    n = shape.size
    z = np.concatenate(
        [np.repeat(bottom[:, None], n, 1), np.repeat(top[:, None], n, 1), more_up], 1
    )
    angle = rng.uniform(-0.2, 0.2, len(lots))[:, None]
    row, column = divmod(lots, _LOTS)
    place_x = column[:, None] * 28.0 + 5.0 + x * np.cos(angle) - y * np.sin(angle)
    place_y = row[:, None] * 24.0 + 5.0 + x * np.sin(angle) + y * np.cos(angle)
    mesh_row, mesh_column = divmod(number, COLUMNS)
    latitude = SOUTH_DEG + mesh_row / 120.0 + place_y / _METRES_PER_DEGREE
    per_degree = _METRES_PER_DEGREE * math.cos(math.radians(SOUTH_DEG))
    longitude = WEST_DEG + mesh_column / 80.0 + place_x / per_degree
    return np.stack([latitude, longitude, z], axis=2)
