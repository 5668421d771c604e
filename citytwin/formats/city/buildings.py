"""Turns what a format read about a building into a row of the buildings table and its faces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.formats.city import footprint
from citytwin.formats.city.draft import Draft, HeightFrom
from citytwin.formats.city.faces import Face, RawFace, block, points_of
from citytwin.formats.city.keys import outline_key
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.city.settling import Settled, settle
from citytwin.formats.city.site import FileSite
from citytwin.model.identities import digest_of_points

FloatArray = NDArray[np.float64]

_SOUND_COVERAGE = 0.9
_DIFFERS_M, _DIFFERS_SHARE = 3.0, 0.3


@dataclass(eq=False)
class BuildingRow:
    """A building as the tables have it."""

    draft: Draft
    lod: str
    ground_z_m: float | None
    """None where only an outline without heights is known: it stands on the terrain."""
    roof_z_m: float | None
    height_m: float | None
    height_from: HeightFrom | None
    """What gave the height; None where there is none."""
    footprint: shapely.MultiPolygon
    faces: list[Face]
    defects: list[str]
    building_id: str
    """As in the draft, or with a suffix where two buildings had one id."""
    is_shell: bool = False
    """Whether the faces are the whole outer shell of one solid of the file."""

    def digest(self) -> str:
        """Hash of the faces to the millimetre; the same for the same building in two files."""
        points = points_of(self.faces) if self.faces else shapely.get_coordinates(self.footprint)
        return digest_of_points(np.asarray(points))

    def stable_key(self) -> str:
        """Recorded key, else a hash of the footprint to the decimetre."""
        return self.draft.stable_key or outline_key(self.footprint)


def assemble(draft: Draft, site: FileSite, ledger: Ledger) -> BuildingRow | None:
    """Choose the best sound level of detail and measure the building.

    Parameters
    ----------
    draft
        What the format read.
    site
        The file.
    ledger
        Receives dropped faces and buildings.

    Returns
    -------
    BuildingRow or None
        None when no geometry could be used; the ledger says why.
    """
    try:
        return _Assembly(draft, site, ledger).row()
    except OutOfPlaceError as error:
        site.count(draft.building_id, ledger, error, swap=False)
        return None
    finally:
        # The readers of the levels hold on to the document; the row outlives it.
        draft.levels, draft.outline = (), None


class _Assembly:
    def __init__(self, draft: Draft, site: FileSite, ledger: Ledger) -> None:
        self.draft, self.site, self.ledger = draft, site, ledger
        self.defects = draft.defects
        self.swapped = False
        self.height_from: HeightFrom | None = None
        self.is_shell = False
        self.outline = self._settled(draft.outline) if draft.outline else None
        rings = [face.rings for face in self.outline.faces] if self.outline else []
        self.area = footprint.union_of_rings(rings) if rings else shapely.MultiPolygon()
        if not self.area.is_empty and not footprint.are_sound(rings):
            self._mark("lod0-repaired")

    def row(self) -> BuildingRow | None:
        lod, faces = self._best_level()
        row = self._of_faces(lod, faces) if faces else self._of_outline()
        if row is None:
            self.ledger.reject(
                self.site.source, self.draft.building_id, "no-geometry", "no usable geometry"
            )
            return None
        self.site.count(self.draft.building_id, self.ledger, None, self.swapped)
        if self.swapped:
            self._mark("axes-swapped")
        self._compare_heights(row)
        return row

    def _mark(self, code: str) -> None:
        if code not in self.defects:
            self.defects.append(code)

    def _settled(self, read: Callable[[], list[RawFace]]) -> Settled:
        settled = settle(read(), self.site)
        self.swapped |= settled.swapped
        for surface, fault in settled.faults:
            self._mark(fault.code)
            if fault.fatal or fault.code == "103":
                record = f"{self.draft.building_id} {surface}"
                self.ledger.reject(self.site.source, record, fault.code, fault.message)
        return settled

    def _best_level(self) -> tuple[str, list[Face]]:
        """The best level whose faces cover the building; else a rebuilt one, or nothing."""
        damaged: list[Face] | None = None
        partial: tuple[str, list[Face]] | None = None
        for level in self.draft.levels:
            settled = self._settled(level.faces)
            faces = _with_height(settled.faces)
            if not faces:
                continue
            doubtful = settled.lost or level.lod[0] in "34"
            if doubtful and not covers(faces, self.area):
                if settled.lost:
                    damaged = damaged or faces
                else:
                    partial = partial or (level.lod, faces)
                continue
            if damaged or partial:
                self._mark("lod-fallback")
            mended = any(fault.fatal for _, fault in settled.faults)
            whole = not settled.lost and not mended and len(faces) == len(settled.faces)
            self.is_shell = whole and level.is_shell()
            return level.lod, faces
        if damaged is not None:
            self._mark("rebuilt")
            return "1", self._rebuilt(damaged)  # a block, whatever it was made from
        return partial or ("0", [])

    def _rebuilt(self, faces: list[Face]) -> list[Face]:
        """Block between the lowest and the highest vertex left, over the footprint."""
        z = points_of(faces)[:, 2]
        area = self.area if not self.area.is_empty else footprint.of_faces(faces)
        top = float(z.max())
        if top - float(z.min()) < 0.1 and self.draft.measured_height_m:
            top = float(z.min()) + self.draft.measured_height_m
            self.height_from = "attribute"
        return _blocks(area, float(z.min()), top)

    def _of_faces(self, lod: str, faces: list[Face]) -> BuildingRow | None:
        area = self.area
        if area.is_empty:
            if self.draft.outline:
                self._mark("lod0-invalid")
            area = footprint.of_faces(faces)
        if area.is_empty:
            return None
        z = points_of(faces)[:, 2]
        low, high = float(z.min()), float(z.max())
        self.height_from = self.height_from or "geometry"
        return self._row(lod, (low, high), high - low, area, faces)

    def _of_outline(self) -> BuildingRow | None:
        """Block over the LOD0 outline with the recorded height."""
        if self.outline is None or self.area.is_empty:
            return None
        height = self._outline_height()
        z = points_of(self.outline.faces)[:, 2]
        known = bool(np.isfinite(z).any()) and bool(np.nanmin(z) != 0.0)
        if not known:
            self._mark("ground-unknown")
        if height is None:
            self._mark("height-unknown")
        if not known:
            # A block from 0 m would lie deep in the ground of most cities.
            return self._row("0", (None, None), height, self.area, [])
        level = float(np.nanmin(z))
        if height is None:
            return self._row("0", (level, level), None, self.area, [])
        low = level - height if self.draft.outline_is_roof else level
        faces = _blocks(self.area, low, low + height)
        return self._row("0", (low, low + height), height, self.area, faces)

    def _outline_height(self) -> float | None:
        draft = self.draft
        if draft.measured_height_m is not None:
            self._mark("height-recorded")
            self.height_from = "attribute"
            return draft.measured_height_m
        if draft.storeys is not None:
            self._mark("height-from-storeys")
            self.height_from = "storeys"
            return draft.storeys * draft.storey_m
        if draft.assumed_height_m is not None:
            self._mark("height-assumed")
            self.height_from = "assumed"
        return draft.assumed_height_m

    def _row(
        self,
        lod: str,
        z_m: tuple[float | None, float | None],
        height_m: float | None,
        area: shapely.MultiPolygon,
        faces: list[Face],
    ) -> BuildingRow:
        draft = self.draft
        return BuildingRow(
            draft=draft,
            lod=lod,
            ground_z_m=z_m[0],
            roof_z_m=z_m[1],
            height_m=height_m,
            height_from=self.height_from,
            footprint=area,
            faces=faces,
            defects=self.defects,
            building_id=draft.building_id,
            is_shell=self.is_shell,
        )

    def _compare_heights(self, row: BuildingRow) -> None:
        recorded = self.draft.measured_height_m
        if recorded is None or row.height_m is None or row.lod == "0":
            return
        if differs(np.array([row.height_m]), np.array([recorded])).any():
            self._mark("height-differs")


def covers(faces: list[Face], outline: shapely.MultiPolygon) -> bool:
    """Whether the faces above the ground cover a building, so that they may stand for it.

    Parameters
    ----------
    faces
        Faces of one level of detail, with heights.
    outline
        Area of the building; where it is empty, that of all faces seen from above.
    """
    whole = outline if not outline.is_empty else footprint.seen_from_above(faces)
    bottom = points_of(faces)[:, 2].min() + 0.1
    above = [face for face in faces if face.rings[0][:, 2].max() > bottom]
    cover = footprint.seen_from_above(above)
    return bool(shapely.intersection(cover, whole).area >= _SOUND_COVERAGE * whole.area)


def differs(height_m: FloatArray, recorded_m: FloatArray) -> NDArray[np.bool_]:
    """Whether recorded heights are not those of the geometry.

    Parameters
    ----------
    height_m
        Shape (n,): of the geometry [m].
    recorded_m
        Shape (n,): as recorded, NaN for unknown [m].
    """
    difference = np.abs(height_m - recorded_m)
    return np.asarray((difference > _DIFFERS_M) | (difference > _DIFFERS_SHARE * recorded_m))


def _with_height(faces: Sequence[Face]) -> list[Face]:
    return [face for face in faces if not any(np.isnan(ring[:, 2]).any() for ring in face.rings)]


def _blocks(area: shapely.MultiPolygon, bottom_m: float, top_m: float) -> list[Face]:
    return [face for rings in footprint.rings_of(area) for face in block(rings, bottom_m, top_m)]
