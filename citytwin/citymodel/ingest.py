"""From files to a folder of tables: read, write aside, put into place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pandas as pd

from citytwin.citymodel.reading import read_citymodel
from citytwin.recognition.themes import CITY_TABLES
from citytwin.store.model_export import (
    FrameTables,
    export_cityjsonseq,
    export_geopackage,
    export_geoparquet,
)
from citytwin.store.model_folder import ModelDocument, OutputFile, put_in_place, staging
from citytwin.transports.files import sha256_of
from citytwin.version import __version__

Extra = Literal["cityjsonseq", "geopackage"]
_NAMES: dict[Extra, str] = {"cityjsonseq": "buildings.city.jsonl", "geopackage": "citymodel.gpkg"}
REPORT = "report.csv"


@dataclass(frozen=True)
class IngestOptions:
    """What is made of the files."""

    crs: str | None = None
    """CRS of all tables; None = the plane zone or UTM zone of the place."""
    source_crs: str | None = None
    """CRS of files that name none."""
    themes: tuple[str, ...] | None = None
    extras: frozenset[Extra] = frozenset()
    """Files beside GeoParquet."""


def ingest(places: Sequence[str | Path], out: Path, options: IngestOptions) -> ModelDocument:
    """Read a city model into a folder of GeoParquet files.

    Parameters
    ----------
    places
        Files, folders, patterns.
    out
        The folder; ours or new.
    options
        What is made of the files.

    Returns
    -------
    ModelDocument
        What the folder holds now.

    Raises
    ------
    SourceError
        If nothing can be used.
    StoreError
        If the folder cannot be written.
    """
    model = read_citymodel(
        places, crs=options.crs, source_crs=options.source_crs, themes=options.themes
    )
    frames = {table: model.table(table) for table in CITY_TABLES}
    tables = FrameTables(frames, model.crs)
    report = model.report
    with staging(out) as aside:
        rows = export_geoparquet(aside, tables)
        if "geopackage" in options.extras:
            path = aside / _NAMES["geopackage"]
            rows[path] = export_geopackage(path, tables)
        if "cityjsonseq" in options.extras:
            path = aside / _NAMES["cityjsonseq"]
            rows[path] = export_cityjsonseq(path, tables)
        report.to_csv(aside / REPORT, index=False, lineterminator="\n")
        rows[aside / REPORT] = len(report)
        document = ModelDocument(
            citytwin=__version__,
            crs=model.crs,
            features={table.name: len(frame) for table, frame in frames.items() if len(frame)},
            defects=_by_code(report),
            inputs=model.inputs,
            notes=model.notes,
            files=tuple(
                OutputFile(href=path.name, rows=count, sha256=sha256_of(path))
                for path, count in sorted(rows.items())
            ),
        )
        put_in_place(out, aside, document)
    return document


def _by_code(report: pd.DataFrame) -> dict[str, int]:
    counts = report["code"].value_counts()
    return {str(code): int(counts[code]) for code in sorted(counts.index)}
