"""Triangles at absolute heights: of the ground, and of water over it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Z_MAX_M, Z_MIN_M
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.gml.document import GmlFile

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_FAR_M = 100_000.0


@dataclass(eq=False)
class Triangles:
    """Triangles of one CRS, as in the file."""

    srs_name: str = ""
    """As written at the geometry, if anywhere."""
    corners: list[FloatArray] = field(default_factory=list)
    """Shape (3, 3) each."""
    names: list[str] = field(default_factory=list)
    """Of each triangle, for messages."""

    def add(self, corners: FloatArray, name: str) -> None:
        """Append a triangle.

        Parameters
        ----------
        corners
            Shape (3, 3): as in the file.
        name
            For messages.
        """
        self.corners.append(corners)
        self.names.append(name)


def place_triangles(batch: Triangles, record: str, file: GmlFile, ledger: Ledger) -> FloatArray:
    """Bring triangles into the CRS of the city; those that lie nowhere are set aside.

    Parameters
    ----------
    batch
        At least one triangle.
    record
        Name of the whole batch, for messages.
    file
        The file.
    ledger
        Receives what was set aside.

    Returns
    -------
    array
        Shape (n, 9) [m]: x y z thrice.
    """
    points = np.concatenate(batch.corners)
    try:
        placed = file.site.place(points, batch.srs_name)
    except OutOfPlaceError as error:
        file.site.count(record, ledger, error, swap=False)
        return np.empty((0, 9))
    file.site.count(record, ledger, None, placed.swapped)
    height = points[:, 2].reshape(-1, 3)
    good = placed.inside.reshape(-1, 3).all(axis=1)
    good &= ((height >= Z_MIN_M) & (height <= Z_MAX_M)).all(axis=1)
    for index in np.flatnonzero(~good):
        vertex = " ".join(f"{value:.10g}" for value in points[3 * index])
        message = f"vertices such as ({vertex})"
        ledger.reject(file.path.name, batch.names[index], "spike", message)
    return np.asarray(placed.xyz.reshape(-1, 9)[good])


def far_off(rows: FloatArray, file: GmlFile, ledger: Ledger) -> BoolArray:
    """Mark triangles with a corner that lies nowhere near the others of the file.

    Parameters
    ----------
    rows
        Shape (n, 9) [m]: all triangles of the file.
    file
        Its Envelope counts where it holds the middle of the triangles.
    ledger
        Receives those marked.

    Returns
    -------
    array
        Shape (n,).
    """
    if not len(rows):
        return np.zeros(0, dtype=np.bool_)
    points = rows.reshape(-1, 3, 3)
    middle = np.median(points[:, 0], axis=0)
    distance = np.hypot(points[..., 0] - middle[0], points[..., 1] - middle[1]).max(axis=1)
    bad = distance > _FAR_M
    envelope = file.site.envelope
    if envelope is not None and bool(envelope.holds(middle[None])[0]):
        bad |= ~envelope.holds(points.reshape(-1, 3)).reshape(-1, 3).all(axis=1)
    for index in np.flatnonzero(bad):
        vertex = " ".join(f"{value:.10g}" for value in rows[index])
        ledger.reject(file.path.name, f"at ({vertex})", "spike", "triangle far off the others")
    return np.asarray(bad)
