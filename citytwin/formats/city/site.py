"""Where the features of one file lie: its CRS, its Envelope, and the account of misplaced ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city.faces import Face, RawFace, RingFault, open_ring
from citytwin.formats.city.holes import sound_holes
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Envelope, bad_vertices
from citytwin.formats.city.placement import OutOfPlaceError, Placed, place, source_crs

FloatArray = NDArray[np.float64]


@dataclass(eq=False)
class FileSite:
    """Places the features of one file, and remembers how that went."""

    source: str
    """File name."""
    target: str
    """CRS of the city."""
    given: str | None = None
    """CRS the user gave for files that name none."""
    srs_name: str = ""
    """CRS of the whole file, as written."""
    east_first: bool = False
    """For formats that write easting or longitude first whatever the authority says."""
    envelope: Envelope | None = None
    placed: int = 0
    misplaced: int = 0
    swapped: int = 0
    first_misplaced: str = ""
    _codes: dict[str, str] = field(default_factory=dict)

    def crs(self, srs_name: str = "") -> str:
        """Code of the CRS of a geometry.

        Parameters
        ----------
        srs_name
            As written at the geometry; empty for that of the file.

        Raises
        ------
        SourceError
            If it is not known.
        """
        name = srs_name or self.srs_name
        if name not in self._codes:
            self._codes[name] = source_crs(name, self.given, self.source, solid=True)
        return self._codes[name]

    def place(self, raw: FloatArray, srs_name: str = "") -> Placed:
        """Bring points of one feature into the CRS of the city.

        Parameters
        ----------
        raw
            Shape (n, 3): as in the file.
        srs_name
            CRS written at the geometry, if any.

        Raises
        ------
        OutOfPlaceError
            If they lie outside the area of their CRS.
        """
        return place(raw, self.crs(srs_name), self.target, east_first=self.east_first)

    def set_envelope(self, low: FloatArray, high: FloatArray, srs_name: str = "") -> None:
        """Take over the box of the file; a box that makes no sense is ignored.

        Parameters
        ----------
        low, high
            Shape (3,): as in the file; height NaN where not given.
        srs_name
            CRS written at the box.
        """
        rows = np.array([low, high, [low[0], high[1], low[2]], [high[0], low[1], low[2]]])
        try:
            corners = self.place(rows, srs_name)
        except (OutOfPlaceError, SourceError):  # a CRS that is missing shows at the geometries
            return
        if not corners.inside.all():
            return
        bottom, top = corners.xyz.min(axis=0), corners.xyz.max(axis=0)
        if np.isnan([low[2], high[2]]).any() or low[2] >= high[2]:
            bottom[2], top[2] = -np.inf, np.inf
        self.envelope = Envelope(bottom, top)

    def count(self, record: str, ledger: Ledger, error: OutOfPlaceError | None, swap: bool) -> None:
        """Enter how the placing of one feature went.

        Parameters
        ----------
        record
            Identifier of the feature.
        ledger
            Book of the file.
        error
            Why it could not be placed, if so.
        swap
            Whether its axes had to be exchanged.
        """
        if error is not None:
            self.misplaced += 1
            self.first_misplaced = self.first_misplaced or error.message
            ledger.reject(self.source, record, "range", error.message)
            return
        self.placed += 1
        self.swapped += swap

    def finish(self, ledger: Ledger) -> None:
        """Say what was exchanged; refuse the file when nothing in it could be placed.

        Parameters
        ----------
        ledger
            Book of the file.

        Raises
        ------
        SourceError
            If all features lie outside the area of the CRS.
        """
        if self.misplaced and not self.placed:
            raise SourceError(
                self.first_misplaced,
                source=self.source,
                hint="the srsName of the file does not fit its coordinates; correct it",
            )
        if self.swapped:
            ledger.note(
                "fallback",
                f"{self.source} の {{count}} 件は緯度と経度（座標軸）の順序が逆のため、"
                "入れ替えて読み込みました",
                f"{{count}} features of {self.source} have their axes in the wrong order; "
                "they were exchanged",
                self.swapped,
            )


@dataclass(eq=False)
class Settled:
    """The faces of one geometry that could be kept."""

    faces: list[Face]
    faults: list[tuple[str, RingFault]]
    """Surface and fault."""
    swapped: bool
    lost: int
    """Faces dropped."""


def settle(raw_faces: Sequence[RawFace], site: FileSite) -> Settled:
    """Place faces, and drop rings with vertices that cannot belong to the feature.

    Parameters
    ----------
    raw_faces
        Faces of one feature, as read.
    site
        The file.

    Raises
    ------
    OutOfPlaceError
        If the feature lies outside the area of its CRS.
    """
    faults: list[tuple[str, RingFault]] = []
    opened = _clean(raw_faces) or [
        _opened(face, number, faults) for number, face in enumerate(raw_faces, start=1)
    ]
    keep = [(name, face, rings) for name, face, rings in opened if rings]
    lost = len(opened) - len(keep)
    if not keep:
        return Settled([], faults, swapped=False, lost=lost)
    xyz, bad, swapped = _placed([(face, rings) for _, face, rings in keep], site)
    settled: list[Face] = []
    start = 0
    for name, face, rings in keep:
        good: list[FloatArray] = []
        for position, ring in enumerate(rings):
            end = start + len(ring)
            if bad[start:end].any():
                faults.append((name, _spike(ring, bad[start:end])))
                if position == 0:
                    good = []
                    start += sum(len(r) for r in rings)
                    break
            else:
                good.append(xyz[start:end])
            start = end
        if len(good) > 1 and not any(np.isnan(ring).any() for ring in good):
            good, found = sound_holes(good)
            faults.extend((name, fault) for fault in found)
        if good:
            settled.append(Face(face.surface_id, face.semantic, good))
        else:
            lost += 1
    return Settled(settled, faults, swapped, lost)


def _clean(raw_faces: Sequence[RawFace]) -> list[tuple[str, RawFace, list[FloatArray]]] | None:
    """Faces of which :func:`_opened` would only leave out the closing vertices; else None.

    Nearly all features are such, and one look at all their rings is much cheaper than one at each.
    """
    if any(face.broken or face.faults for face in raw_faces):
        return None
    rings = [ring for face in raw_faces for ring in face.rings]
    if not rings or min(len(ring) for ring in rings) < 4:
        return None
    points = np.concatenate(rings)
    if np.isnan(points[:, :2]).any():
        return None
    ends = np.cumsum([len(ring) for ring in rings])
    starts = np.concatenate([[0], ends[:-1]])
    if not _same(points[starts], points[ends - 1]).all():
        return None
    repeated = _same(points[:-1], points[1:])
    repeated[ends[:-1] - 1] = False
    if repeated.any():
        return None
    return [
        (face.surface_id or f"face {number}", face, [ring[:-1] for ring in face.rings])
        for number, face in enumerate(raw_faces, start=1)
    ]


def _same(first: FloatArray, second: FloatArray) -> NDArray[np.bool_]:
    """Which vertices are equal; a height that is not known equals another."""
    equal = (first == second) | (np.isnan(first) & np.isnan(second))
    return np.asarray(equal.all(axis=1))


def _opened(
    face: RawFace, number: int, faults: list[tuple[str, RingFault]]
) -> tuple[str, RawFace, list[FloatArray]]:
    name = face.surface_id or f"face {number}"
    faults.extend((name, fault) for fault in face.faults)
    rings: list[FloatArray] = []
    for position, ring in enumerate([] if face.broken else face.rings):
        points, found = open_ring(ring)
        faults.extend((name, fault) for fault in found)
        if points is not None:
            rings.append(points)
        elif position == 0:
            return name, face, []
    return name, face, rings


def _placed(
    faces: Sequence[tuple[RawFace, list[FloatArray]]], site: FileSite
) -> tuple[FloatArray, NDArray[np.bool_], bool]:
    """Place all rings of a feature, one call for each CRS it names (nearly always one)."""
    sizes = [len(ring) for _, rings in faces for ring in rings]
    raw = np.concatenate([ring for _, rings in faces for ring in rings])
    names = [face.srs_name for face, rings in faces for _ in rings]
    outer = np.repeat([i == 0 for _, rings in faces for i in range(len(rings))], sizes)
    xyz = np.empty_like(raw)
    outside = np.zeros(len(raw), dtype=np.bool_)
    swapped = False
    for srs_name in dict.fromkeys(names):
        rows = np.repeat([name == srs_name for name in names], sizes)
        placed = site.place(raw[rows], srs_name)
        xyz[rows], outside[rows] = placed.xyz, ~placed.inside
        swapped |= placed.swapped
    return xyz, outside | bad_vertices(xyz, outer, site.envelope), swapped


def _spike(ring: FloatArray, bad: NDArray[np.bool_]) -> RingFault:
    vertex = ring[np.flatnonzero(bad)[0]]
    code = "null-vertex" if not np.nan_to_num(vertex).any() else "spike"
    text = " ".join(f"{value:.10g}" for value in vertex if not np.isnan(value))
    return RingFault(code, f"vertex ({text}) lies far off the feature", fatal=True)
