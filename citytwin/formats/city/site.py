"""Where the features of one file lie: its CRS, its Envelope, and the account of misplaced ones."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Envelope
from citytwin.formats.city.placement import OutOfPlaceError, Placed, place, source_crs
from citytwin.model.crs import (
    METRE,
    HeightUnit,
    UnknownCrsError,
    height_unit,
    heights_from_srs_name,
    turn_between_deg,
)

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
    metric_heights: bool = False
    """Whether heights are given in metres, whatever the unit of the CRS."""
    envelope: Envelope | None = None
    placed: int = 0
    misplaced: int = 0
    swapped: int = 0
    first_misplaced: str = ""
    _codes: dict[str, str] = field(default_factory=dict)
    _units: dict[str, HeightUnit] = field(default_factory=dict)

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
            self._codes[name] = source_crs(name, self.given, self.source)
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
        return place(
            raw,
            self.crs(srs_name),
            self.target,
            east_first=self.east_first,
            height_unit_m=self.height_unit(srs_name).metres,
        )

    def height_unit(self, srs_name: str = "") -> HeightUnit:
        """Unit of the heights of a geometry.

        Parameters
        ----------
        srs_name
            CRS written at the geometry, if any.

        Raises
        ------
        SourceError
            If it is not known.
        """
        if self.metric_heights:
            return METRE
        name = srs_name or self.srs_name
        if name not in self._units:
            self._units[name] = _height_unit(name, self.crs(srs_name))
        return self._units[name]

    def axes_at(self, x: float, y: float, srs_name: str = "") -> FloatArray:
        """How vectors along the axes of a CRS of the file are turned to those of the city.

        Metres beside a point in degrees count towards true east and north; grid north is another
        direction.

        Parameters
        ----------
        x, y
            Place in the CRS of the city [m].
        srs_name
            CRS written at the geometry, if any.

        Returns
        -------
        array
            Shape (3, 3).
        """
        angle = np.radians(turn_between_deg(x, y, self.target, self.crs(srs_name)))
        cos, sin = np.cos(angle), np.sin(angle)
        return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])

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
        if self.placed:
            self._tell_feet(ledger)
        if self.swapped:
            ledger.note(
                "fallback",
                f"{self.source} の {{count}} 件は緯度と経度（座標軸）の順序が逆のため、"
                "入れ替えて読み込みました",
                f"{{count}} features of {self.source} have their axes in the wrong order; "
                "they were exchanged",
                self.swapped,
            )

    def _tell_feet(self, ledger: Ledger) -> None:
        for unit in sorted(set(self._units.values()) - {METRE}):
            ledger.note(
                "info",
                f"{self.source} の高さは座標系の単位（{unit.name}）で書かれているものとして、"
                "メートルに換算しました",
                f"heights of {self.source} are in the unit of its CRS ({unit.name}), and were "
                "converted to metres",
            )


def _height_unit(srs_name: str, code: str) -> HeightUnit:
    heights = heights_from_srs_name(srs_name)
    try:
        return height_unit(code if heights is None else heights)
    except UnknownCrsError:  # heights of a name that PROJ does not know, as in many cities
        return height_unit(code)
