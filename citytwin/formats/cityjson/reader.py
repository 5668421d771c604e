"""Buildings, roads, land, water, plants and bridges of one CityJSON file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from citytwin.formats.city.affine import TemplateError
from citytwin.formats.city.areas import Outline, outline_of
from citytwin.formats.city.attribute_json import attribute_json, merged
from citytwin.formats.city.buildings import BuildingRow, assemble
from citytwin.formats.city.copies import without_copies
from citytwin.formats.city.draft import Draft, Level, lods_of
from citytwin.formats.city.faces import RawFace
from citytwin.formats.city.frames import ParcelRow, RoadRow
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.parts import building_or_parts
from citytwin.formats.city.recorded import recorded_height, recorded_storeys
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.theme_rows import BridgeRow, PlantRow, WaterRow
from citytwin.formats.cityjson.document import Batch
from citytwin.formats.cityjson.geometry import Geometry, faces_of, plain_geometry
from citytwin.formats.cityjson.parsing import Json
from citytwin.formats.cityjson.templates import Instance, TemplateLibrary
from citytwin.formats.cityjson.theme_objects import bridge_row, object_point, plant_row, water_row
from citytwin.formats.cityjson.values import attributes_of, number_of, text_of

_BUILDING, _PART, _INSTALLATION = "Building", "BuildingPart", "BuildingInstallation"
_ROADS = ("Road", "TransportSquare", "Square", "Track")
_BRIDGES = ("Bridge", "BridgePart")
_SINGLE_PLANT = "SolitaryVegetationObject"
_LAND = {"WaterBody": "water", "PlantCover": "green", "LandUse": "other"}
# 3D BAG: the register's number of the building, the same in every release; and our own exports.
_STABLE = ("identificatie", "stable_key")
_USAGES = ("usage", "function")
_CODE = "usage_code"
"""Of our own exports, where the usage is a text."""
_MOST_DETAILED, _WITH_ROOMS = "3", "4"
"""CityJSON has no level 4; what comes from CityGML is level 3 there, and says so (our own exports)."""
_IN_COLUMNS = ("measuredHeight", "storeysAboveGround", _CODE)

Object = dict[str, Json]


@dataclass(eq=False)
class Found:
    """Rows of one file."""

    buildings: list[BuildingRow] = field(default_factory=list)
    roads: list[RoadRow] = field(default_factory=list)
    bridges: list[BridgeRow] = field(default_factory=list)
    parcels: list[ParcelRow] = field(default_factory=list)
    waters: list[WaterRow] = field(default_factory=list)
    plants: list[PlantRow] = field(default_factory=list)
    unread: dict[str, None] = field(default_factory=dict)
    """Kinds of objects that are not read, in the order of the file."""

    def is_empty(self) -> bool:
        """Whether there is no row."""
        rows = self.buildings, self.roads, self.bridges, self.parcels, self.waters, self.plants
        return not any(rows)


@dataclass(eq=False)
class BatchReader:
    """Reads the objects of one batch."""

    batch: Batch
    site: FileSite
    ledger: Ledger
    templates: TemplateLibrary

    def read(self, found: Found) -> None:
        """Append the rows of the batch.

        Parameters
        ----------
        found
            Rows of the file so far.
        """
        parts = self._by_root(_PART)
        self._installations = self._by_owner()
        for name, item in self.batch.objects.items():
            kind = str(item.get("type"))
            if kind == _BUILDING:
                found.buildings.extend(self._building(name, item, parts.get(name, [])))
            elif kind == _PART and self._root(name) is None:
                if row := assemble(self._draft(name, item, None, None), self.site, self.ledger):
                    row.draft.parent_id = _first_parent(item)
                    found.buildings.append(row)
            elif kind == _SINGLE_PLANT:
                self._single_plant(name, item, found)
            elif kind in _ROADS or kind in _BRIDGES or kind in _LAND:
                self._area(name, item, kind, found)
            elif not item.get("parents"):
                found.unread.setdefault(kind[:80])

    def _root(self, name: str) -> str | None:
        """Building above a part; None when there is none, or the parents run in a circle."""
        seen: set[str] = set()
        current: str | None = name
        while current is not None and current not in seen:
            seen.add(current)
            item = self.batch.objects.get(current)
            if item is None:
                return None
            if item.get("type") == _BUILDING:
                return current
            current = _first_parent(item)
        return None

    def _by_root(self, kind: str) -> dict[str, list[str]]:
        result: dict[str, list[str]] = {}
        for name, item in self.batch.objects.items():
            if item.get("type") == kind and (root := self._root(name)) is not None:
                result.setdefault(root, []).append(name)
        return result

    def _by_owner(self) -> dict[str, list[Object]]:
        result: dict[str, list[Object]] = {}
        for item in self.batch.objects.values():
            owner = _first_parent(item) if item.get("type") == _INSTALLATION else None
            if owner is not None:
                result.setdefault(owner, []).append(item)
        return result

    def _building(self, name: str, item: Object, parts: Iterable[str]) -> list[BuildingRow]:
        own = self._draft(name, item, None, None)
        rows: list[BuildingRow] = []
        names = list(parts)
        for number, part in enumerate(names, start=1):
            draft = self._draft(part, self.batch.objects[part], own, number)
            if row := assemble(draft, self.site, self.ledger):
                rows.append(row)
        if names and not own.levels and own.outline is None:
            return rows
        return building_or_parts(assemble(own, self.site, self.ledger), rows)

    def _draft(self, name: str, item: Object, whole: Draft | None, number: int | None) -> Draft:
        known = attributes_of(item)
        height, defects = recorded_height(number_of(known.get("measuredHeight")))
        storeys = recorded_storeys(number_of(known.get("storeysAboveGround")))
        named = next((n for n in _USAGES if text_of(known.get(n))), None)
        code = text_of(known[named]) if named else None
        stable = next((n for n in _STABLE if text_of(known.get(n))), None)
        draft = Draft(name, self.site.source, defects=list(defects))
        draft.measured_height_m, draft.storeys = height, storeys
        draft.usage, draft.usage_code = code, text_of(known.get(_CODE)) or code
        draft.stable_key = text_of(known[stable]) if stable else None
        draft.offset = self.batch.offset
        own = attribute_json(known, {*_IN_COLUMNS, named, stable})
        draft.attributes = merged(whole.attributes if whole is not None else None, own)
        if whole is not None:
            draft.parent_id = whole.building_id
            if code is None:
                draft.usage, draft.usage_code = whole.usage, whole.usage_code
            if draft.stable_key is None and whole.stable_key is not None:
                draft.stable_key = f"{whole.stable_key}/{number}"
        self._set_levels(draft, name, item)
        if text_of(known.get("lod")) == _WITH_ROOMS:
            _name_rooms(draft)
        return draft

    def _set_levels(self, draft: Draft, name: str, item: Object) -> None:
        shapes = self._shapes(name, item)
        extra = [
            shape
            for owned in self._installations.get(name, [])
            for shape in self._shapes(name, owned)
        ]
        draft.lods = lods_of(shape.lod for shape in shapes)
        lods = sorted({s.lod for s in shapes if s.level >= 1.0}, key=float, reverse=True)
        draft.levels = [
            self._level(lod, [s for s in (*shapes, *extra) if s.lod == lod]) for lod in lods
        ]
        flat = [shape for shape in shapes if shape.level < 1.0]
        if flat:
            # 0.x: of several outlines the most detailed one.
            best = max(flat, key=lambda shape: shape.level)
            draft.outline = self._reader([best])

    def _level(self, lod: str, shapes: list[Geometry | Instance]) -> Level:
        single = shapes[0] if len(shapes) == 1 else None
        is_shell = isinstance(single, Geometry) and single.is_shell
        return Level(lod, self._reader(shapes), lambda: is_shell)

    def _shapes(self, name: str, item: Object) -> list[Geometry | Instance]:
        """Geometries of an object that have surfaces, in the order of the file."""
        found: list[Geometry | Instance] = []
        entries = item.get("geometry")
        for number, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, dict) and entry.get("type") == "GeometryInstance":
                try:
                    found.append(self.templates.instance(entry, self.batch.vertices))
                except TemplateError as error:
                    message = f"geometry[{number}]: {error.message}"
                    self.ledger.reject(self.site.source, name, "template", message)
            elif shape := plain_geometry(entry):
                found.append(shape)
        return found

    def _faces(self, shape: Geometry | Instance, number: int) -> list[RawFace]:
        if isinstance(shape, Instance):
            return self.templates.faces(shape, number)
        return faces_of(shape, self.batch.vertices, number)

    def _reader(self, shapes: list[Geometry | Instance]) -> Callable[[], list[RawFace]]:
        def read() -> list[RawFace]:
            faces = [
                face for number, shape in enumerate(shapes) for face in self._faces(shape, number)
            ]
            return without_copies(faces) if len(shapes) > 1 else faces

        return read

    def _outline(self, name: str, item: Object) -> Outline | None:
        """Area of the best level of detail that has surfaces."""
        shapes = self._shapes(name, item)
        if not shapes:
            if not item.get("children"):
                self.ledger.reject(self.site.source, name, "no-geometry", "no surface")
            return None
        best = max(shapes, key=lambda shape: shape.level)
        faces = self._faces(best, 0)
        return outline_of(faces, name, self.site, self.ledger)

    def _area(self, name: str, item: Object, kind: str, found: Found) -> None:
        outline = self._outline(name, item)
        if outline is None:
            return
        known, source, area = attributes_of(item), self.site.source, outline.area
        if kind in _BRIDGES:
            found.bridges.append(bridge_row(name, known, outline, source))
        elif kind in _LAND:
            code = text_of(known.get("class")) or text_of(known.get("function"))
            found.parcels.append(ParcelRow(name, _LAND[kind], code, source, area))
            if kind == "WaterBody":
                found.waters.append(water_row(name, known, area, source))
            elif kind == "PlantCover":
                found.plants.append(plant_row(name, known, area, source))
        else:
            found.roads.append(
                RoadRow(
                    road_id=name,
                    name=text_of(known.get("name")),
                    function=text_of(known.get("function")) or text_of(known.get("class")),
                    width_m=None,
                    level=0,
                    source=source,
                    area=area,
                )
            )

    def _single_plant(self, name: str, item: Object, found: Found) -> None:
        place = object_point(name, item, self.batch, self.site, self.ledger)
        if place is None:
            outline = self._outline(name, item)
            place = None if outline is None else outline.area.centroid
        if place is not None:
            found.plants.append(plant_row(name, attributes_of(item), place, self.site.source))


def _name_rooms(draft: Draft) -> None:
    """Call level 3 what it is where the building is said to be of level 4."""
    if draft.levels and draft.levels[0].lod == _MOST_DETAILED:
        draft.levels = [replace(draft.levels[0], lod=_WITH_ROOMS), *draft.levels[1:]]
        levels = draft.lods.split(",")
        draft.lods = lods_of(_WITH_ROOMS if lod == _MOST_DETAILED else lod for lod in levels)


def _first_parent(item: Object) -> str | None:
    parents = item.get("parents")
    if isinstance(parents, list) and parents and isinstance(parents[0], str):
        return parents[0].encode("utf-8", "replace").decode("utf-8")
    return None
