"""From the points of files to rasters in the CRS of the city."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Z_MAX_M, Z_MIN_M
from citytwin.formats.city.placement import OutOfPlaceError, place
from citytwin.formats.lidar.cells import CellStatistic, Statistic
from citytwin.formats.lidar.header import Header, read_header
from citytwin.formats.lidar.points import Points, points_of
from citytwin.formats.lidar.reference import HeightUnit, Reference, reference_of
from citytwin.model import crs as crs_of
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.model.raster import Raster, RasterRole

FloatArray = NDArray[np.float64]

_MAX_CELLS = 100_000_000
"""Cells of one raster; 12 bytes each while points are read."""
_EDGE = 1e-6
"""Share of a cell: points are written as multiples of a millimetre or so, and those that lie on
the edge between two cells must not fall to either side by the rounding of a double."""
_OUTSIDE = 0.5
"""A header that holds fewer of its points is wrong."""


@dataclass(frozen=True)
class Band:
    """What makes one raster."""

    role: RasterRole
    classes: tuple[int, ...]
    statistic: Statistic


@dataclass(eq=False)
class Surveyed:
    """What the points of one file gave."""

    source: str
    bands: dict[RasterRole, CellStatistic]
    classes: Counter[int] = field(default_factory=Counter)
    """Points by class."""
    dropped: int = 0
    outside: int = 0
    absurd: int = 0


@dataclass(eq=False)
class Survey:
    """How point clouds become rasters, and what memory the files read so far take."""

    bands: tuple[Band, ...]
    cell_m: float
    target: str
    """CRS of the city."""
    given: str | None
    """CRS the user gave for files that name none."""
    unit: HeightUnit | None
    """Unit the user gave for heights of files that name none."""
    bounds: Bounds | None
    """Part of the city wanted [m]."""
    used: int = 0
    """Cells that hold points of the files read so far."""

    def read(self, path: Path, ledger: Ledger) -> Surveyed:
        """Read one file.

        Parameters
        ----------
        path
            The file.
        ledger
            Receives what was left out.

        Raises
        ------
        SourceError
            If it cannot be used as a whole.
        """
        header = read_header(path)
        if not header.points:
            raise SourceError("holds no point", source=path.name, hint="leave the file out")
        reference = reference_of(header, self.given, self.unit, path.name)
        swapped = self._swapped(header, reference, path.name)
        bands = {band.role: CellStatistic(band.statistic) for band in self.bands}
        surveyed = Surveyed(path.name, bands)
        for points in points_of(path, header):
            self._take(points, surveyed, header, reference, swapped)
        _tell(surveyed, header, swapped, ledger)
        self.used += max(cells.cells for cells in bands.values())
        return surveyed

    def _swapped(self, header: Header, reference: Reference, source: str) -> bool:
        """Whether the axes must be exchanged; refuses a box where its CRS is not used."""
        corners = np.array(np.meshgrid(*np.column_stack([header.low, header.high])))
        try:
            placed = place(corners.reshape(3, -1).T, reference.crs, self.target, east_first=True)
        except OutOfPlaceError as error:
            hint = "the CRS of the file does not fit its coordinates; correct it"
            raise SourceError(error.message, source=source, hint=hint) from error
        if not placed.inside.all():
            raise SourceError(
                f"says that its points lie between {header.low} and {header.high}, which leaves "
                f"the area of {reference.crs}",
                source=source,
                hint="the header is damaged; write the file again",
            )
        return placed.swapped

    def _take(
        self,
        points: Points,
        surveyed: Surveyed,
        header: Header,
        reference: Reference,
        swapped: bool,
    ) -> None:
        surveyed.dropped += points.dropped
        z = points.z * reference.metres_per_unit
        slack = 1e-3 * (header.high[:2] - header.low[:2]) + 1e-6 * np.abs(header.high[:2])
        low, high = header.low[:2] - slack, header.high[:2] + slack
        inside = (points.x >= low[0]) & (points.x <= high[0])
        inside &= (points.y >= low[1]) & (points.y <= high[1])
        possible = (z >= Z_MIN_M) & (z <= Z_MAX_M)
        surveyed.outside += int((~inside).sum())
        surveyed.absurd += int((inside & ~possible).sum())
        keep = inside & possible
        first, second = points.x[keep], points.y[keep]
        east, north = (second, first) if swapped else (first, second)
        x, y = crs_of.transform(east, north, reference.crs, self.target)
        wanted = self._wanted(x, y)
        x, y, z = x[wanted], y[wanted], z[keep][wanted]
        nudge = _EDGE * self.cell_m
        rows, cols = self._lattice.cells_of(x + nudge, y - nudge)
        classes = points.classes[keep][wanted]
        counts = np.bincount(classes, minlength=256)
        surveyed.classes.update({int(n): int(counts[n]) for n in np.flatnonzero(counts)})
        for band in self.bands:
            chosen = np.isin(classes, band.classes)
            cells = surveyed.bands[band.role]
            if not cells.add(rows[chosen], cols[chosen], z[chosen], _MAX_CELLS - self.used):
                raise _too_many(surveyed.source)

    @property
    def _lattice(self) -> GridSpec:
        """The cells of every raster are counted from the origin of the CRS."""
        return GridSpec(crs_of.horizontal(self.target), 0.0, 0.0, self.cell_m, 0, 0)

    def _wanted(self, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
        box = self.bounds
        if box is None:
            return np.ones(len(x), dtype=np.bool_)
        return (x >= box.x_min) & (x <= box.x_max) & (y >= box.y_min) & (y <= box.y_max)

    def rasters(
        self, parts: Sequence[Surveyed], name: str, ledger: Ledger
    ) -> dict[RasterRole, Raster]:
        """Join what the files gave; points of several files in one cell count together.

        Parameters
        ----------
        parts
            One per file.
        name
            Name of the source.
        ledger
            Receives what must be said.

        Raises
        ------
        SourceError
            If the files lie too far apart, or no point is of a class wanted.
        """
        if not parts:
            return {}
        found: dict[RasterRole, Raster] = {}
        for band in self.bands:
            whole, *others = [part.bands[band.role] for part in parts]
            for other in others:
                whole.merge(other)
            window = whole.extent()
            if window is None:
                continue
            if window.shape[0] * window.shape[1] > _MAX_CELLS:
                raise _too_many(f"source {name}")
            found[band.role] = self._raster(whole, window, parts)
        _tell_classes(self.bands, parts, found, ledger)
        if not found:
            met = ", ".join(map(str, sorted(sum((p.classes for p in parts), Counter()))))
            raise SourceError(
                f"has points of the classes {met or 'none'}, and none of those wanted",
                source=parts[0].source,
                hint="give `terrain_classes` and `surface_classes`, or classify the points",
            )
        return found

    def _raster(self, whole: CellStatistic, window: Tile, parts: Sequence[Surveyed]) -> Raster:
        box = self._lattice.bounds_of(window)
        more = f" and {len(parts) - 1} more" if len(parts) > 1 else ""
        return Raster(
            values=whole.values(window),
            crs=self._lattice.crs,
            x_min=box.x_min,
            y_max=box.y_max,
            cell_x_m=self.cell_m,
            cell_y_m=self.cell_m,
            source=f"{parts[0].source}{more}",
        )


def _too_many(source: str) -> SourceError:
    return SourceError(
        f"spans more than {_MAX_CELLS} cells",
        source=source,
        hint="give larger cells (`cell_m`), or `bounds`",
    )


def _tell(surveyed: Surveyed, header: Header, swapped: bool, ledger: Ledger) -> None:
    name = surveyed.source
    if surveyed.outside > _OUTSIDE * header.points:
        raise SourceError(
            f"has {surveyed.outside} of {header.points} points outside the box of its header, "
            f"{header.low} to {header.high}",
            source=name,
            hint="the header is damaged; write the file again",
        )
    if swapped:
        ledger.note(
            "fallback",
            f"{name} は座標軸の順序が逆のため、入れ替えて読み込みました",
            f"the axes of {name} are in the wrong order; they were exchanged",
        )
    if surveyed.outside:
        ledger.note(
            "loss",
            f"{name} の {surveyed.outside} 点はヘッダーの範囲の外にあるため使いません",
            f"{surveyed.outside} points of {name} lie outside the box of its header and are left out",
        )
    if surveyed.absurd:
        ledger.note(
            "loss",
            f"{name} の {surveyed.absurd} 点は標高としてあり得ない値のため使いません",
            f"{surveyed.absurd} points of {name} have impossible heights and are left out",
        )


def _tell_classes(
    bands: Sequence[Band],
    parts: Sequence[Surveyed],
    found: dict[RasterRole, Raster],
    ledger: Ledger,
) -> None:
    total = sum((part.classes for part in parts), Counter[int]())
    used = {number for band in bands for number in band.classes}
    unused = {number: total[number] for number in sorted(total) if number not in used}
    if unused:
        listed = ", ".join(f"{number}: {count}" for number, count in unused.items())
        ledger.note(
            "info",
            f"使わない分類の点があります（分類番号: 点数）: {listed}",
            f"points of classes that are not used (class: points): {listed}",
        )
    dropped = sum(part.dropped for part in parts)
    if dropped:
        ledger.note(
            "info",
            f"ノイズまたは使用不可とされた {dropped} 点は使いません",
            f"{dropped} points marked as noise or withheld are left out",
        )
    for band in bands:
        if band.role not in found:
            listed = ", ".join(map(str, band.classes))
            ledger.note(
                "loss",
                f"分類 {listed} の点がないため {band.role} は作れません",
                f"there is no point of class {listed}, so no {band.role}",
            )
