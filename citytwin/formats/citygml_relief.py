"""The format ``citygml_relief``: triangles of the ground from CityGML relief (PLATEAU ``dem``)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.faces import RingFault
from citytwin.formats.city.frames import relief_frame
from citytwin.formats.gml.rings import inherited, read_ring
from citytwin.formats.gml.theme import Theme, ThemeFile, read_theme
from citytwin.formats.gml.triangles import Triangles, far_off, place_triangles
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Dataset, Decoded, Format, NoParams, always
from citytwin.model.tables import DEFECTS, RELIEF
from citytwin.model.text import text

FloatArray = NDArray[np.float64]

_THEME = Theme("起伏", "triangulated relief")
_BATCH = 50_000
_OTHER_RELIEF = ("MassPointRelief", "BreaklineRelief", "RasterRelief")


def _triangles(of: ThemeFile) -> FloatArray:
    """Triangles of one file, shape (n, 9)."""
    placed = [
        place_triangles(
            batch, f"triangles {batch.names[0]} to {batch.names[-1]}", of.file, of.ledger
        )
        for batch in _batches(of)
    ]
    if not placed:
        return np.empty((0, 9))
    rows = np.concatenate(placed)
    return np.asarray(rows[~far_off(rows, of.file, of.ledger)])


def _batches(of: ThemeFile) -> Iterator[Triangles]:
    """Triangles in the coordinates of the file, in pieces to bound the memory."""
    batch = Triangles()
    for number, (srs_name, corners) in enumerate(_corners(of), start=1):
        if batch.corners and (srs_name != batch.srs_name or len(batch.corners) >= _BATCH):
            yield batch
            batch = Triangles()
        batch.srs_name = srs_name
        if corners is not None:
            batch.add(corners, f"triangle {number}")
    if batch.corners:
        yield batch


def _corners(of: ThemeFile) -> Iterator[tuple[str, FloatArray | None]]:
    """CRS and corners (3, 3) of every triangle, as in the file; None where one is unusable."""
    skipped: set[str] = set()
    for element in of.file.parts(("Triangle", *_OTHER_RELIEF)):
        name = local_name(element)
        if name != "Triangle":
            skipped.add(name)
            continue
        yield inherited(element, "srsName") or "", _read(element, of)
    for name in sorted(skipped):
        of.ledger.note(
            "loss",
            f"{of.source} の {name} は読み込めません（三角網だけを使います）",
            f"{name} of {of.source} is not read; only triangulated relief is used",
        )


def _read(triangle: Element, of: ThemeFile) -> FloatArray | None:
    points = read_ring(triangle, of.file.srs_dimension)
    if isinstance(points, RingFault):
        fault = points
    elif len(points) not in (3, 4) or np.isnan(points[:3]).any():
        fault = RingFault("101", f"triangle has {len(points)} vertices or no height", fatal=True)
    else:
        return points[:3]
    of.ledger.reject(of.source, f"line {triangle.sourceline}", fault.code, fault.message)
    return None


def read(dataset: Dataset, params: NoParams) -> Decoded:
    """Read the triangulated relief of CityGML files.

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
    result = read_theme(dataset, _THEME, _triangles)
    frame = relief_frame([(path.name, rows) for path, rows in result.files])
    return result.decoded({RELIEF: frame})


FORMAT = Format(
    name="citygml_relief",
    title=text("CityGML（起伏）", "CityGML relief"),
    patterns=("*_dem_*.gml",),
    produces=(RELIEF, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=read,
)
