"""Writes ground, streets, land use, the river and the bridge as PLATEAU files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from citytwin.testing import terrain
from citytwin.testing.gml import CREATION_DATE, Model, add, add_code, add_measure
from citytwin.testing.ground_mesh import Triangle3, ground_columns
from citytwin.testing.mesh_code import third_mesh_code
from citytwin.testing.place import (
    Degrees,
    Point2,
    Point3,
    feature_uuid,
)
from citytwin.testing.planar import Ring2, centroid, millimetres, signed_area
from citytwin.testing.solids import prism
from citytwin.testing.streets import StreetPlan
from citytwin.testing.zoning import LAND_USE_CODE, USE_DISTRICT

DECK_THICKNESS_M = 1.4

_WATER_CODE = "204"
_NATURAL_CODE = "205"


@dataclass(frozen=True)
class LandFile:
    """Where a theme goes and how its coordinates become degrees."""

    udx: Path
    mesh: str
    degrees: Degrees


def _flat(ring: Sequence[Point2], z: float = 0.0) -> list[Point3]:
    return [(x, y, z) for x, y in ring]


def write_ground(triangles: tuple[Triangle3, ...], place: LandFile) -> Path:
    """Write the bare earth, one ReliefFeature per third-level mesh."""
    model = Model(f"dem {place.mesh}", place.degrees)
    middles = [
        (sum(p[0] for p in triangle) / 3, sum(p[1] for p in triangle) / 3) for triangle in triangles
    ]
    by_mesh: dict[str, list[Triangle3]] = {}
    for triangle, (lat, lon) in zip(triangles, place.degrees.lat_lon(middles), strict=True):
        by_mesh.setdefault(third_mesh_code(lat, lon), []).append(triangle)
    for mesh in sorted(by_mesh):
        feature = model.member("dem:ReliefFeature", f"dem_{feature_uuid(f'relief {mesh}')}")
        add(feature, "gml:name", mesh)
        add(feature, "core:creationDate", CREATION_DATE)
        add(feature, "dem:lod", "1")
        component = add(feature, "dem:reliefComponent")
        tin = add(component, "dem:TINRelief", gml_id=f"dem_{feature_uuid(f'tin {mesh}')}")
        add(tin, "gml:name", mesh)
        add(tin, "dem:lod", "1")
        model.add_triangles(add(tin, "dem:tin"), by_mesh[mesh])
    return model.write(place.udx / "dem" / f"{place.mesh}_dem_6697_op.gml")


def write_streets(plan: StreetPlan, place: LandFile) -> Path:
    """Write sections and crossings as LOD1 roads, whose height is 0 as PLATEAU has it."""
    model = Model(f"tran {place.mesh}", place.degrees)
    for number, street in enumerate(plan.streets, start=1):
        feature = model.member("tran:Road", f"tran_{feature_uuid(f'street {number}')}")
        add(feature, "gml:name", street.name)
        add_code(feature, "tran:class", "TransportationComplex_class", "1040")
        add_code(feature, "tran:function", "Road_function", street.function_code)
        surface = add(add(feature, "tran:lod1MultiSurface"), "gml:MultiSurface")
        model.add_polygon(surface, [_flat(street.ring)])
        if street.part != "crossing":
            wrapper = add(feature, "uro:roadStructureAttribute")
            structure = add(wrapper, "uro:RoadStructureAttribute")
            add_measure(structure, "uro:width", f"{street.width_m:.1f}")
            add(structure, "uro:numberOfLanes", str(street.lanes))
    return model.write(place.udx / "tran" / f"{place.mesh}_tran_6697_op.gml")


def river_band(low_d_m: float, high_d_m: float) -> Ring2:
    """Strip along the river between two distances from its centreline."""
    columns = ground_columns()
    low = [(u, millimetres(terrain.river_point(u, low_d_m)[1])) for u in columns]
    high = [(u, millimetres(terrain.river_point(u, high_d_m)[1])) for u in columns]
    return (*low, *high[::-1])


def _land_use(model: Model, name: str, code: str, rings: Sequence[Ring2]) -> None:
    feature = model.member("luse:LandUse", f"luse_{feature_uuid(name)}")
    add_code(feature, "luse:class", "Common_landUseType", code)
    surface = add(add(feature, "luse:lod1MultiSurface"), "gml:MultiSurface")
    for ring in rings:
        model.add_polygon(surface, [_flat(ring)])
    wrapper = add(feature, "uro:landUseDetailAttribute")
    detail = add(wrapper, "uro:LandUseDetailAttribute")
    area = sum(signed_area(ring) for ring in rings)
    add_measure(detail, "uro:areaInSquareMeter", f"{area:.1f}", "m2")


def write_land_use(plan: StreetPlan, place: LandFile) -> Path:
    """Write blocks, river and flood berms (streets: see tran); plane, so EPSG:6668."""
    model = Model(f"luse {place.mesh}", place.degrees, plane=True)
    for block in plan.blocks:
        name = f"land {block.district} {block.column} {block.row}"
        _land_use(model, name, LAND_USE_CODE[block.kind], [block.quad])
    water, toe = terrain.LOW_WATER_D_M, terrain.LEVEE_TOE_D_M
    _land_use(model, "land river", _WATER_CODE, [river_band(-water, water)])
    banks = [river_band(-toe, -water), river_band(water, toe)]
    _land_use(model, "land banks", _NATURAL_CODE, banks)
    return model.write(place.udx / "luse" / f"{place.mesh}_luse_6668_op.gml")


def write_zones(plan: StreetPlan, place: LandFile) -> Path:
    """Write the zones of use, each to the middle of the streets around it; EPSG:6668."""
    model = Model(f"urf {place.mesh}", place.degrees, plane=True)
    for zone in sorted(set(USE_DISTRICT.values())):
        code, floor_area, coverage = zone
        feature = model.member("urf:UseDistrict", f"urf_{feature_uuid(f'zone {code}')}")
        add_code(feature, "urf:function", "Common_districtsAndZonesType", code)
        surface = add(add(feature, "urf:lod1MultiSurface"), "gml:MultiSurface")
        for block in plan.blocks:
            if USE_DISTRICT.get(block.kind) == zone:
                model.add_polygon(surface, [_flat(block.cell)])
        add(feature, "urf:buildingCoverageRate", f"{coverage / 100:g}")
        add(feature, "urf:floorAreaRate", f"{floor_area / 100:g}")
    return model.write(place.udx / "urf" / f"{place.mesh}_urf_6668_op.gml")


def write_water(place: LandFile) -> Path:
    """Write the river at low water as a LOD1 surface, whose height is 0 as PLATEAU has it."""
    model = Model(f"wtr {place.mesh}", place.degrees)
    feature = model.member("wtr:WaterBody", f"wtr_{feature_uuid('river')}")
    add(feature, "gml:name", "みずほ川")
    add(feature, "core:creationDate", CREATION_DATE)
    add_code(feature, "wtr:class", "WaterBody_class", "1030")
    surface = add(add(feature, "wtr:lod1MultiSurface"), "gml:MultiSurface")
    model.add_polygon(surface, [_flat(river_band(-terrain.LOW_WATER_D_M, terrain.LOW_WATER_D_M))])
    return model.write(place.udx / "wtr" / f"{place.mesh}_wtr_6697_op.gml")


def bridge_ring(plan: StreetPlan) -> Ring2:
    """Outline of the bridge deck."""
    return next(street.ring for street in plan.streets if street.part == "bridge")


def write_bridge(plan: StreetPlan, place: LandFile) -> Path:
    """Write the deck as a LOD1 solid that spans the river from levee to levee."""
    ring = bridge_ring(plan)
    ((lat, lon),) = place.degrees.lat_lon([centroid(ring)])
    mesh = third_mesh_code(lat, lon)
    model = Model(f"brid {mesh}", place.degrees)
    feature = model.member("brid:Bridge", f"brid_{feature_uuid('bridge 1')}")
    add(feature, "gml:name", "みずほ大橋")
    add(feature, "core:creationDate", CREATION_DATE)
    deck = prism((ring,), terrain.DECK_Z_M - DECK_THICKNESS_M, terrain.DECK_Z_M)
    model.add_solid(add(feature, "brid:lod1Solid"), deck)
    return model.write(place.udx / "brid" / f"{mesh}_brid_6697_op.gml")
