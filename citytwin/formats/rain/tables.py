"""Images of rain -> the table ``rain_frames``: one lattice, one row per interval, in order of time."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.feed_file import file_name, read_file
from citytwin.formats.observations import reject_of
from citytwin.formats.quality import few
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import Lattice, RainParams, Sampler, lattice_of
from citytwin.formats.utc_column import utc_column
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded
from citytwin.model.tables import RAIN_FRAMES

Decoder = Callable[[bytes, str], Sequence[RainImage]]


def read_images(dataset: Dataset, params: RainParams, decode: Decoder) -> Decoded:
    """Read the images of a source, one file after the other.

    Parameters
    ----------
    dataset
        The files.
    params
        What is read of them.
    decode
        Gets the bytes and the name of a file; pure.

    Raises
    ------
    SourceError
        The first one met, if no image can be used.
    """
    sampler: Sampler | None = None
    found: list[tuple[RainImage, NDArray[np.float64]]] = []
    failures: list[SourceError] = []
    for path in dataset.files:
        name = file_name(dataset, path)
        try:
            for image in decode(read_file(path, name), name):
                if sampler is None:
                    sampler = Sampler(lattice_of(image, params, dataset.target_crs))
                rate = sampler.on_lattice(image)
                if not np.isfinite(rate).any():
                    raise SourceError("knows nothing of the area", source=name)
                # Of the raster itself nothing is needed any more.
                found.append((replace(image, rate=image.rate[:0]), rate))
        except SourceError as error:
            failures.append(error)
    if sampler is None or not found:
        raise failures[0] if failures else SourceError("holds no image", source=str(dataset.root))
    kept, rejects = _in_order(_with_intervals(found, params))
    unreadable = [reject_of(error, "unreadable") for error in failures]
    synthetic = dataset.synthetic or any(image.synthetic for image, _ in kept)
    return Decoded(
        tables={
            RAIN_FRAMES: table_of(dataset.name, sampler.lattice, kept, synthetic=dataset.synthetic)
        },
        rejects=few([*unreadable, *rejects]),
        notes=_notes(dataset, kept, synthetic=synthetic),
    )


Framed = list[tuple[RainImage, NDArray[np.float64]]]


def _with_intervals(found: Framed, params: RainParams) -> Framed:
    """Give images of an instant the time before them that they stand for."""
    instants = sorted({image.end_s for image, _ in found if image.start_s == image.end_s})
    if not instants:
        return found
    if params.interval_min is not None:
        gap_s = round(params.interval_min * 60)
    elif len(instants) > 1:
        gap_s = int(np.diff(instants).min())
    else:
        image = next(image for image, _ in found if image.start_s == image.end_s)
        hint = "say `interval_min`"
        raise SourceError(
            "a single image of an instant, of no length", source=image.file, hint=hint
        )
    return [
        (replace(image, start_s=image.end_s - gap_s), rate)
        if image.start_s == image.end_s
        else (image, rate)
        for image, rate in found
    ]


def _in_order(found: Framed) -> tuple[Framed, list[Reject]]:
    """Order by time; of overlapping images what was observed, else the latest forecast, counts."""
    by_worth = sorted(
        found,
        key=lambda pair: (pair[0].issued_s is not None, -(pair[0].issued_s or 0), pair[0].start_s),
    )
    kept: Framed = []
    rejects: list[Reject] = []
    taken: list[tuple[int, int]] = []
    for image, rate in by_worth:
        clash = next((t for t in taken if image.start_s < t[1] and t[0] < image.end_s), None)
        if clash is None:
            taken.append((image.start_s, image.end_s))
            kept.append((image, rate))
        elif image.issued_s is None or clash != (image.start_s, image.end_s):
            message = "another image of the source covers a part of its time"
            rejects.append(
                Reject(
                    source=image.file, record=_time(image.end_s), code="overlap", message=message
                )
            )
    return sorted(kept, key=lambda pair: pair[0].start_s), rejects


def _time(seconds: int) -> str:
    return str(np.datetime64(seconds, "s")) + "Z"


def table_of(
    source: str, lattice: Lattice, framed: Framed, *, synthetic: bool = False
) -> gpd.GeoDataFrame:
    """Return images on one lattice as the table ``rain_frames``.

    Parameters
    ----------
    source
        Name of their source.
    lattice
        Where their cells lie.
    framed
        Images in order of time, which do not overlap, each with its rates on the lattice, shape
        (ny, nx) [mm/h]; the rates that it holds itself are not looked at.
    synthetic
        Whether all of them are; otherwise each says so itself.
    """
    count = len(framed)
    images = [image for image, _ in framed]
    east = lattice.x_min_m + lattice.nx * lattice.cell_m
    south = lattice.y_max_m - lattice.ny * lattice.cell_m
    box = shapely.box(lattice.x_min_m, south, east, lattice.y_max_m)
    columns = {
        "source": pd.array([source] * count, dtype="string"),
        "start": utc_column([image.start_s for image in images]),
        "end": utc_column([image.end_s for image in images]),
        "issued": utc_column([image.issued_s for image in images]),
        "rate": [rate.ravel() for _, rate in framed],
        "ny": pd.array([lattice.ny] * count, dtype="Int32"),
        "nx": pd.array([lattice.nx] * count, dtype="Int32"),
        "x_min_m": np.full(count, lattice.x_min_m),
        "y_max_m": np.full(count, lattice.y_max_m),
        "cell_m": np.full(count, lattice.cell_m),
        "synthetic": np.array([synthetic or image.synthetic for image in images]),
        "raw_ref": pd.array([image.raw_ref for image in images], dtype="string"),
    }
    return gpd.GeoDataFrame(columns, geometry=[box] * count, crs=lattice.crs)


def _notes(dataset: Dataset, kept: Framed, *, synthetic: bool) -> tuple[Note, ...]:
    images = [image for image, _ in kept]
    gaps = sum(later.start_s > earlier.end_s for earlier, later in itertools.pairwise(images))
    notes = []
    wild = sum(image.wild for image in images)
    if wild:
        most = f"{p.RAINFALL_RATE.valid_max:g} {p.RAINFALL_RATE.unit}"
        notes.append(
            Note(
                severity="loss",
                ja=f"データ「{dataset.name}」の雨量画像で {most} を超える {wild} 格子は使用しません",
                en=f"Source {dataset.name}: {wild} cells of its images above {most} are not used",
            )
        )
    if gaps:
        notes.append(
            Note(
                severity="loss",
                ja=f"データ「{dataset.name}」の雨量画像に欠けている時間帯が {gaps} か所あります",
                en=f"Source {dataset.name}: {gaps} gaps in time between its images of rain",
            )
        )
    if synthetic:
        notes.append(
            Note(
                severity="synthetic",
                ja=f"データ「{dataset.name}」は合成データで、実測ではありません",
                en=f"Source {dataset.name} is synthetic: generated, not measured",
            )
        )
    return tuple(notes)
