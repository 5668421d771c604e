"""Writes buildings as PLATEAU ``bldg`` files, one per third-level mesh."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from citytwin.testing import terrain
from citytwin.testing.buildings import ROOF_CODE, Building, Part
from citytwin.testing.gml import (
    Model,
    add,
    add_code,
    add_linked_solid,
    add_measure,
)
from citytwin.testing.mesh_code import third_mesh_code
from citytwin.testing.place import CITY_CODE, Degrees, feature_uuid
from citytwin.testing.planar import centroid
from citytwin.testing.solids import prism

_RANK_DEPTHS_M = (0.5, 3.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True)
class NumberedBuilding:
    """A building with the names it bears in the files."""

    number: int
    building: Building
    mesh: str

    @property
    def gml_id(self) -> str:
        """Identifier of the feature."""
        return f"bldg_{feature_uuid(f'building {self.number}')}"

    @property
    def building_id(self) -> str:
        """Stable identifier of i-UR."""
        return f"{CITY_CODE}-bldg-{self.number}"


def number_buildings(
    buildings: tuple[Building, ...], degrees: Degrees
) -> tuple[NumberedBuilding, ...]:
    """Number the buildings from 1 and assign each to the mesh of its centre."""
    centres = [centroid(b.parts[0].footprint[0]) for b in buildings]
    return tuple(
        NumberedBuilding(number, building, third_mesh_code(lat, lon))
        for number, (building, (lat, lon)) in enumerate(
            zip(buildings, degrees.lat_lon(centres), strict=True), start=1
        )
    )


def flood_depth_m(building: Building) -> float:
    """Depth of still water at the planning level over the floor; 0 outside the low quarter."""
    u, v = centroid(building.parts[0].footprint[0])
    in_quarter = terrain.river_distance(u, v) > 0 and u > terrain.AVENUE_U_M
    depth = terrain.LOW_QUARTER_FLOOD_LEVEL_M - building.parts[0].bottom_z
    return round(max(depth, 0.0), 2) if in_quarter else 0.0


def flood_rank(depth_m: float) -> str:
    """Code of the public rank list for an inundation depth."""
    return str(1 + sum(depth_m >= limit for limit in _RANK_DEPTHS_M))


def _height_m(parts: tuple[Part, ...]) -> float:
    return max(p.top_z for p in parts) - min(p.bottom_z for p in parts)


class BuildingFile:
    """One ``<mesh>_bldg_6697_op.gml``."""

    def __init__(self, mesh: str, degrees: Degrees) -> None:
        self.mesh = mesh
        self._model = Model(f"bldg {mesh}", degrees)

    def add(self, item: NumberedBuilding) -> None:
        """Append one building, with its parts if it has more than one."""
        building = item.building
        feature = self._model.member("bldg:Building", item.gml_id)
        if building.name:
            add(feature, "gml:name", building.name)
        if len(building.parts) == 1:
            self._attributes(feature, building, building.parts)
            self._geometry(feature, f"p{item.number}", building.has_lod2, building.parts[0])
            self._details(feature, item, "")
            return
        self._attributes(feature, building, building.parts)
        for index, part in enumerate(building.parts, start=1):
            gml_id = f"bldg_{feature_uuid(f'building {item.number} part {index}')}"
            wrapper = add(feature, "bldg:consistsOfBuildingPart")
            child = add(wrapper, "bldg:BuildingPart", gml_id=gml_id)
            self._attributes(child, building, (part,))
            self._geometry(child, f"p{item.number}_{index}", building.has_lod2, part)
            self._details(child, item, str(index))
        self._details(feature, item, "")

    def _attributes(
        self, feature: etree._Element, building: Building, parts: tuple[Part, ...]
    ) -> None:
        wooden = building.structure_code == "601"
        add_code(feature, "bldg:class", "Building_class", "3001" if wooden else "3002")
        add_code(feature, "bldg:usage", "Building_usage", building.usage_code)
        add(feature, "bldg:yearOfConstruction", str(building.year))
        if building.has_lod2:
            add_code(feature, "bldg:roofType", "Building_roofType", ROOF_CODE[parts[0].roof])
        add_measure(feature, "bldg:measuredHeight", f"{_height_m(parts):.1f}")
        add(feature, "bldg:storeysAboveGround", str(building.storeys))

    def _geometry(self, feature: etree._Element, prefix: str, has_lod2: bool, part: Part) -> None:
        model = self._model
        surface = add(add(feature, "bldg:lod0FootPrint"), "gml:MultiSurface")
        rings = [[(x, y, part.bottom_z) for x, y in ring] for ring in part.footprint]
        model.add_polygon(surface, rings)
        block = prism(part.footprint, part.bottom_z, part.lod1_top_z)
        model.add_solid(add(feature, "bldg:lod1Solid"), block)
        if not has_lod2:
            return
        names = [f"{prefix}_{index}" for index in range(len(part.faces))]
        add_linked_solid(add(feature, "bldg:lod2Solid"), names)
        for name, face in zip(names, part.faces, strict=True):
            boundary = add(add(feature, "bldg:boundedBy"), f"bldg:{face.kind}Surface")
            surface = add(add(boundary, "bldg:lod2MultiSurface"), "gml:MultiSurface")
            model.add_polygon(surface, face.rings, name)

    def _details(self, feature: etree._Element, item: NumberedBuilding, part_id: str) -> None:
        building = item.building
        if part_id or len(building.parts) == 1:
            quality = add(add(feature, "uro:bldgDataQualityAttribute"), "uro:DataQualityAttribute")
            add_code(quality, "uro:lod1HeightType", "DataQualityAttribute_lod1HeightType", "2")
        depth = flood_depth_m(building)
        if depth > 0 and not part_id:
            risk = add(
                add(feature, "uro:bldgDisasterRiskAttribute"), "uro:RiverFloodingRiskAttribute"
            )
            name = "RiverFloodingRiskAttribute"
            add_code(risk, "uro:description", f"{name}_description", "1")
            add_code(risk, "uro:rank", f"{name}_rank", flood_rank(depth))
            add_measure(risk, "uro:depth", f"{depth:.2f}")
            add_code(risk, "uro:adminType", f"{name}_adminType", "2")
            add_code(risk, "uro:scale", f"{name}_scale", "1")
        detail = add(add(feature, "uro:buildingDetailAttribute"), "uro:BuildingDetailAttribute")
        add_code(
            detail,
            "uro:buildingStructureType",
            "BuildingDetailAttribute_buildingStructureType",
            building.structure_code,
        )
        identity = add(add(feature, "uro:buildingIDAttribute"), "uro:BuildingIDAttribute")
        add(identity, "uro:buildingID", item.building_id)
        if part_id:
            add(identity, "uro:partID", part_id)
        add_code(identity, "uro:city", "Common_localPublicAuthorities", CITY_CODE)

    def write(self, udx: Path) -> Path:
        """Write the file below ``udx/bldg``."""
        return self._model.write(udx / "bldg" / f"{self.mesh}_bldg_6697_op.gml")


def write_buildings(
    items: tuple[NumberedBuilding, ...], udx: Path, degrees: Degrees
) -> tuple[Path, ...]:
    """Write all meshes that hold a building."""
    files = {mesh: BuildingFile(mesh, degrees) for mesh in sorted({i.mesh for i in items})}
    for item in items:
        files[item.mesh].add(item)
    return tuple(file.write(udx) for file in files.values())
