"""The format ``citygml_hazards``: water surfaces of expected inundations (PLATEAU ``fld`` etc.).

The triangles lie at the height of the water above the vertical datum, not at its depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.faces import RawFace, RingFault, open_ring
from citytwin.formats.city.frames import triangle_column
from citytwin.formats.gml.areas import first_text
from citytwin.formats.gml.inundation import folders_below_theme, inundation_kind
from citytwin.formats.gml.theme import Theme, ThemeFile, read_theme
from citytwin.formats.gml.triangles import Triangles, far_off, place_triangles
from citytwin.formats.xml import Element
from citytwin.model.steps import Dataset, Decoded, Format, NoParams, always
from citytwin.model.tables import DEFECTS, HAZARD_SURFACES
from citytwin.model.text import text

FloatArray = NDArray[np.float64]

_THEME = Theme("浸水想定", "expected inundations")
_SCALE_OF_CODE = {"L1": "L1", "L2": "L2", "1": "L1", "2": "L2"}
_SCALE_IN_NAME = re.compile(r"_(l[12])(?=_|\.|$)", re.IGNORECASE)
_ADMIN_OF_CODE = {"1": "national", "2": "prefectural"}
_ADMIN_OF_FOLDER = {"natl": "national", "pref": "prefectural"}
_GEOMETRY = re.compile(r"^\{.*\}lod[0-4]\w+$")


@dataclass(frozen=True, eq=False)
class _Surface:
    """What one feature says of its triangles, and the triangles, shape (n, 9) [m]."""

    surface_id: str
    kind: str
    event: str | None
    scale: str | None
    admin: str | None
    rank_code: str | None
    rank: str | None
    source: str
    rows: FloatArray


def _surfaces(of: ThemeFile, source: str) -> list[_Surface]:
    found: list[_Surface] = []
    water = 0
    for feature in of.file.features(("WaterBody",)):
        kind = inundation_kind(feature, of.file.path)
        if kind is None:
            water += 1
            continue
        name = of.file.feature_id(feature)
        found.append(_surface(feature, name, kind, of, source))
    if water:
        of.ledger.note(
            "loss",
            f"{of.source} の WaterBody {water} 件は浸水想定ではありません"
            "（形式 citygml_water で読み込めます）",
            f"{water} WaterBody of {of.source} are water, not expected inundations; "
            "the format citygml_water reads them",
        )
    return _without_far_ones(found, of)


def _surface(feature: Element, name: str, kind: str, of: ThemeFile, source: str) -> _Surface:
    rank_code, rank = _rank(feature, of)
    return _Surface(
        surface_id=name,
        kind=kind,
        event=_event(feature, of),
        scale=_scale(feature, of),
        admin=_admin(feature, of),
        rank_code=rank_code,
        rank=rank,
        source=source,
        rows=_triangles(feature, name, of),
    )


def _rank(feature: Element, of: ThemeFile) -> tuple[str | None, str | None]:
    """Class of depth of the uniform list, else of the list of the mapping authority."""
    for name in ("rank", "rankOrg"):
        code, element = first_text(feature, name)
        if code is not None:
            return code, of.meaning(code, element)
    return None, None


def _event(feature: Element, of: ThemeFile) -> str | None:
    """River or map by the description; the folder of the river where no list explains the code."""
    code, element = first_text(feature, "description")
    meaning = of.meaning(code, element)
    if meaning is not None and meaning != code:
        return meaning
    folders = [f for f in folders_below_theme(of.file.path) if f.lower() not in _ADMIN_OF_FOLDER]
    return folders[-1] if folders else meaning


def _scale(feature: Element, of: ThemeFile) -> str | None:
    code, element = first_text(feature, "scale")
    meaning = of.meaning(code, element) or ""
    if "想定最大" in meaning:
        return "L2"
    if "計画規模" in meaning:
        return "L1"
    if code is not None and code.upper() in _SCALE_OF_CODE:
        return _SCALE_OF_CODE[code.upper()]
    match = _SCALE_IN_NAME.search(of.source)
    return match[1].upper() if match else None


def _admin(feature: Element, of: ThemeFile) -> str | None:
    code, element = first_text(feature, "adminType")
    meaning = of.meaning(code, element) or ""
    if "都道府県" in meaning:
        return "prefectural"
    if meaning == "国":
        return "national"
    if code in _ADMIN_OF_CODE:
        return _ADMIN_OF_CODE[code]
    folders = (_ADMIN_OF_FOLDER.get(f.lower()) for f in folders_below_theme(of.file.path))
    return next((admin for admin in folders if admin is not None), None)


def _triangles(feature: Element, name: str, of: ThemeFile) -> FloatArray:
    """Triangles of the plainest level that has any, shape (n, 9)."""
    walk = of.file.walk()
    properties = [e for e in feature.iter("{*}*") if _GEOMETRY.match(e.tag)]
    for lod in sorted({_level(e) for e in properties}, key=lambda lod: (lod == "0", lod)):
        for element in properties:
            if _level(element) == lod:
                walk.gather(element)
        if walk.faces:
            break
    for fault in walk.faults:
        of.ledger.reject(of.source, name, fault.code, fault.message)
    placed = [
        place_triangles(batch, name, of.file, of.ledger)
        for batch in _batches(walk.faces, name, of)
        if batch.corners
    ]
    if not placed:
        of.ledger.reject(of.source, name, "no-geometry", "no usable triangle")
        return np.empty((0, 9))
    return np.concatenate(placed)


def _level(element: Element) -> str:
    return str(element.tag).rpartition("}")[2][3]


def _batches(faces: Sequence[RawFace], name: str, of: ThemeFile) -> Iterator[Triangles]:
    for srs_name, group in groupby(faces, key=lambda face: face.srs_name):
        batch = Triangles(srs_name)
        for number, face in enumerate(group, start=1):
            record = f"{name} {face.surface_id or f'face {number}'}"
            cut = _cut(face)
            if isinstance(cut, RingFault):
                of.ledger.reject(of.source, record, cut.code, cut.message)
                continue
            for corners in cut:
                batch.add(corners, record)
        yield batch


def _cut(face: RawFace) -> list[FloatArray] | RingFault:
    """Triangles of a face, shape (3, 3) each; nearly always it is one itself."""
    fatal = next((fault for fault in face.faults if fault.fatal), None)
    if face.broken and fatal is not None:
        return fatal
    rings = [points for ring in face.rings if (points := open_ring(ring)[0]) is not None]
    if not rings:
        return RingFault("101", "face has fewer than three different vertices", fatal=True)
    if np.isnan(rings[0][:, 2]).any():
        return RingFault("no-height", "water surface without heights", fatal=True)
    if len(rings) == 1 and len(rings[0]) == 3:
        return [rings[0]]
    area = shapely.Polygon(rings[0][:, :2], [ring[:, :2] for ring in rings[1:]])
    if not area.is_valid or area.area == 0.0:
        return RingFault("204", "face is no plain polygon seen from above", fatal=True)
    height = {(x, y): z for ring in rings for x, y, z in ring}
    return [
        np.array([(x, y, height[x, y]) for x, y in part.exterior.coords[:3]])
        for part in shapely.get_parts(shapely.constrained_delaunay_triangles(area))
    ]


def _without_far_ones(surfaces: list[_Surface], of: ThemeFile) -> list[_Surface]:
    if not surfaces:
        return []
    bad = far_off(np.concatenate([s.rows for s in surfaces]), of.file, of.ledger)
    ends = np.cumsum([len(s.rows) for s in surfaces])[:-1]
    kept = zip(surfaces, np.split(~bad, ends), strict=True)
    return [replace(surface, rows=surface.rows[good]) for surface, good in kept if good.any()]


def _frame(surfaces: Sequence[_Surface]) -> pd.DataFrame:
    counts = [len(surface.rows) for surface in surfaces]
    columns: dict[str, pd.Series] = {
        "triangle": triangle_column([surface.rows for surface in surfaces])
    }
    for name in HAZARD_SURFACES.column_names[1:]:
        own = pd.Series([getattr(surface, name) for surface in surfaces], dtype="string")
        columns[name] = own.repeat(counts).reset_index(drop=True)
    return pd.DataFrame(columns, columns=list(HAZARD_SURFACES.column_names))


def read(dataset: Dataset, params: NoParams) -> Decoded:
    """Read the water surfaces of expected inundations.

    Parameters
    ----------
    dataset
        The files.
    params
        None needed.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    del params

    def surfaces(of: ThemeFile) -> list[_Surface]:
        path = of.file.path
        below = path.is_relative_to(dataset.root)
        return _surfaces(of, path.relative_to(dataset.root).as_posix() if below else path.name)

    result = read_theme(dataset, _THEME, surfaces)
    found = [surface for _, own in result.files for surface in own]
    return result.decoded({HAZARD_SURFACES: _frame(found)})


FORMAT = Format(
    name="citygml_hazards",
    title=text("CityGML（浸水想定）", "CityGML expected inundations"),
    patterns=("*_fld_*.gml", "*_ifld_*.gml", "*_htd_*.gml", "*_tnm_*.gml", "*_rfld_*.gml"),
    produces=(HAZARD_SURFACES, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=read,
)
