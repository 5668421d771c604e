"""Buildings of one CityGML file."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.formats.city.attribute_json import merged
from citytwin.formats.city.buildings import BuildingRow, assemble
from citytwin.formats.city.draft import Draft
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.parts import building_or_parts
from citytwin.formats.citygml.attributes import Attributes, read_attributes
from citytwin.formats.citygml.levels import index_levels, levels_of, lods_in, outline_of
from citytwin.formats.gml.code_lists import CodeLists
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.xml import Element, local_name

UNITS = ("Building", "BuildingPart")
_PART_HOLDERS = ("consistsOfBuildingPart", "buildingPart")


@dataclass(eq=False)
class BuildingReader:
    """Reads the buildings of one file."""

    file: GmlFile
    lists: CodeLists
    ledger: Ledger

    def rows(self) -> list[BuildingRow]:
        """Rows of all buildings, in the order of the file."""
        return [row for unit in self.file.features(UNITS) for row in self.rows_of(unit)]

    def rows_of(self, unit: Element) -> list[BuildingRow]:
        """Rows of a building and its parts; parts of parts are taken as parts.

        Parameters
        ----------
        unit
            An outermost building.
        """
        own = self._draft(unit, None, None)
        parts = _parts(unit)
        rows: list[BuildingRow] = []
        for number, part in enumerate(parts, start=1):
            draft = self._draft(part, own, number)
            if row := assemble(draft, self.file.site, self.ledger):
                rows.append(row)
        # A mere bracket around its parts is no building without geometry.
        if parts and not own.levels and own.outline is None:
            return rows
        return building_or_parts(assemble(own, self.file.site, self.ledger), rows)

    def _draft(self, unit: Element, whole: Draft | None, number: int | None) -> Draft:
        attributes = read_attributes(unit, self.file.path, self.lists, self.ledger)
        name = self.file.feature_id(unit)
        draft = Draft(name, self.file.path.name, defects=list(attributes.defects))

        def on_fault(code: str, message: str) -> None:
            if code not in draft.defects:
                draft.defects.append(code)
            self.ledger.reject(self.file.path.name, name, code, message)

        found = index_levels(unit)
        for message in found.unread:
            self.ledger.reject(self.file.path.name, name, "template", message)
        draft.levels = levels_of(found, self.file, on_fault)
        draft.outline = outline_of(found, self.file, on_fault)
        draft.outline_is_roof = found.outline_is_roof
        draft.measured_height_m = attributes.height_m
        draft.storeys = attributes.storeys
        draft.lods = lods_in(found)
        _describe(draft, attributes, whole, number)
        return draft


def _describe(
    draft: Draft, attributes: Attributes, whole: Draft | None, number: int | None
) -> None:
    """Usage, key and further attributes; what a part lacks it takes from the whole building."""
    draft.attributes = merged(whole.attributes if whole is not None else None, attributes.others)
    draft.usage, draft.usage_code = attributes.usage, attributes.usage_code
    draft.stable_key = attributes.stable_key
    if whole is None:
        return
    draft.parent_id = whole.building_id
    if draft.usage is None:
        draft.usage, draft.usage_code = whole.usage, whole.usage_code
    if draft.stable_key is None and whole.stable_key is not None:
        draft.stable_key = f"{whole.stable_key}/{number}"


def _parts(unit: Element) -> list[Element]:
    return [
        part
        for part in unit.iter("{*}BuildingPart")
        if part is not unit
        and (holder := part.getparent()) is not None
        and local_name(holder) in _PART_HOLDERS
    ]
