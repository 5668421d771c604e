"""The format ``citygml_relief``: triangles of the ground from CityGML relief (PLATEAU ``dem``)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.batch import read_files
from citytwin.formats.city.faces import RingFault
from citytwin.formats.city.frames import relief_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.outliers import Z_MAX_M, Z_MIN_M
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.gml.document import GmlFile, read_gml
from citytwin.formats.gml.rings import inherited, read_ring
from citytwin.formats.xml import Element, local_name
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.tables import RELIEF
from citytwin.model.text import text

FloatArray = NDArray[np.float64]

_BATCH = 50_000
_FAR_M = 100_000.0
_OTHER_RELIEF = ("MassPointRelief", "BreaklineRelief", "RasterRelief")


def _triangles(file: GmlFile, ledger: Ledger) -> FloatArray:
    """Triangles of one file, shape (n, 9), placed in batches to bound the memory."""
    done: list[FloatArray] = []
    batch: list[FloatArray] = []
    numbers: list[int] = []
    crs = ""
    for number, (srs_name, corners) in enumerate(_corners(file, ledger), start=1):
        if batch and (srs_name != crs or len(batch) >= _BATCH):
            done.append(_placed(batch, numbers, crs, file, ledger))
            batch, numbers = [], []
        crs = srs_name
        batch.append(corners)
        numbers.append(number)
    if batch:
        done.append(_placed(batch, numbers, crs, file, ledger))
    return _without_far_ones(np.concatenate(done), file, ledger) if done else np.empty((0, 9))


def _corners(file: GmlFile, ledger: Ledger) -> Iterator[tuple[str, FloatArray]]:
    """CRS and corners (3, 3) of every triangle, as in the file; NaN where one is unusable."""
    skipped: set[str] = set()
    for element in file.parts(("Triangle", *_OTHER_RELIEF)):
        name = local_name(element)
        if name != "Triangle":
            skipped.add(name)
            continue
        yield inherited(element, "srsName") or "", _read(element, file, ledger)
    for name in sorted(skipped):
        ledger.note(
            "loss",
            f"{file.path.name} の {name} は読み込めません（三角網だけを使います）",
            f"{name} of {file.path.name} is not read; only triangulated relief is used",
        )


def _read(triangle: Element, file: GmlFile, ledger: Ledger) -> FloatArray:
    points = read_ring(triangle, file.srs_dimension)
    if isinstance(points, RingFault):
        fault = points
    elif len(points) not in (3, 4) or np.isnan(points[:3]).any():
        fault = RingFault("101", f"triangle has {len(points)} vertices or no height", fatal=True)
    else:
        return points[:3]
    ledger.reject(file.path.name, f"line {triangle.sourceline}", fault.code, fault.message)
    return np.full((3, 3), np.nan)


def _placed(
    batch: list[FloatArray], numbers: list[int], srs_name: str, file: GmlFile, ledger: Ledger
) -> FloatArray:
    corners = np.stack(batch)
    usable = ~np.isnan(corners).any(axis=(1, 2))
    points = corners[usable].reshape(-1, 3)
    if not len(points):
        return np.empty((0, 9))
    record = f"triangles {numbers[0]} to {numbers[-1]}"
    try:
        placed = file.site.place(points, srs_name)
    except OutOfPlaceError as error:
        file.site.count(record, ledger, error, swap=False)
        return np.empty((0, 9))
    file.site.count(record, ledger, None, placed.swapped)
    rows = placed.xyz.reshape(-1, 9)
    height = points[:, 2].reshape(-1, 3)
    good = placed.inside.reshape(-1, 3).all(axis=1)
    good &= ((height >= Z_MIN_M) & (height <= Z_MAX_M)).all(axis=1)
    for index in np.flatnonzero(~good):
        number = np.asarray(numbers)[usable][index]
        vertex = " ".join(f"{value:.10g}" for value in points[3 * index])
        ledger.reject(file.path.name, f"triangle {number}", "spike", f"vertices such as ({vertex})")
    return np.asarray(rows[good])


def _without_far_ones(rows: FloatArray, file: GmlFile, ledger: Ledger) -> FloatArray:
    """Drop triangles with a corner that lies nowhere near the others."""
    if not len(rows):
        return rows
    points = rows.reshape(-1, 3, 3)
    middle = np.median(points[:, 0], axis=0)
    distance = np.hypot(points[..., 0] - middle[0], points[..., 1] - middle[1]).max(axis=1)
    bad = distance > _FAR_M
    if file.site.envelope is not None and bool(file.site.envelope.holds(middle[None])[0]):
        bad |= ~file.site.envelope.holds(points.reshape(-1, 3)).reshape(-1, 3).all(axis=1)
    for index in np.flatnonzero(bad):
        vertex = " ".join(f"{value:.10g}" for value in rows[index])
        ledger.reject(file.path.name, f"at ({vertex})", "spike", "triangle far off the others")
    return np.asarray(rows[~bad])


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
    ledger = Ledger()
    found = read_files(dataset, lambda path, own: read_gml(path, dataset, _triangles, own), ledger)
    frame = relief_frame([(path.name, rows) for path, rows in found])
    return Decoded({RELIEF: frame}, rejects=ledger.all_rejects(), notes=tuple(ledger.notes))


FORMAT = Format(
    name="citygml_relief",
    title=text("CityGML（起伏）", "CityGML relief"),
    patterns=("*_dem_*.gml",),
    produces=(RELIEF,),
    params=NoParams,
    read=read,
)
