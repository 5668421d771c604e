"""Reads files of a city, of any format and theme, into the tables of one city model."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from citytwin.citymodel.joining import joined_tables
from citytwin.citymodel.model import CityModel
from citytwin.errors import CityTwinError, ConfigError, SourceError
from citytwin.formats.city.defects import defect_frame
from citytwin.model.notes import Note, Reject
from citytwin.model.notes import refused as refused_file
from citytwin.model.raster import Raster
from citytwin.model.steps import Decoded
from citytwin.model.tables import DEFECTS, Table
from citytwin.recognition.city_files import find_city_files, input_file
from citytwin.recognition.sources import CitySource
from citytwin.recognition.themes import given_by
from citytwin.store.tables import conform
from citytwin.transports.files import sha256_of

Place = str | Path


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What a source gave, or why it gave nothing."""

    source: CitySource
    tables: Mapping[Table, pd.DataFrame]
    rasters: Mapping[str, Raster]
    notes: tuple[Note, ...] = ()
    error: CityTwinError | None = None


def read_citymodel(
    path: Place | Sequence[Place],
    *,
    crs: str | None = None,
    source_crs: str | None = None,
    themes: Sequence[str] | None = None,
) -> CityModel:
    """Read a city model: which format reads which file is found by itself.

    Parameters
    ----------
    path
        A file, a folder, a zip archive or a place in one, a pattern such as ``udx/bldg/*.gml``, or
        several of these: CityGML (of PLATEAU or any other city), CityJSON, footprints, relief,
        elevation rasters, laser points.
    crs
        Projected CRS in metres for all tables; without it the plane zone in Japan, elsewhere the
        projected CRS of the files, else the UTM zone.
    source_crs
        CRS of the files that name none.
    themes
        Themes wanted, of bldg, dem, tran, brid, luse, wtr, veg, urf, fld; all when not given.

    Returns
    -------
    CityModel
        Its tables, and the report of what was wrong in the files.

    Raises
    ------
    SourceError
        If nothing is there, or no file can be used: the first reason.
    ConfigError
        If `crs` is not projected in metres, or a theme is not known.
    """
    wanted = given_by(themes)
    places = [path] if isinstance(path, str | Path) else list(path)
    found = find_city_files(places, wanted, crs=crs, given=source_crs)
    plane = found.plane
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        hashes = [pool.submit(sha256_of, file.path) for file in found.files]
        outcomes = list(pool.map(lambda s: _read(s, plane, source_crs, wanted), found.sources))
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if len(errors) == len(outcomes):
        raise errors[0]
    lost = [*found.refused, *(reject for o in outcomes for reject in _refused(o))]
    of_files = {DEFECTS: conform(DEFECTS, defect_frame({}, lost, None, plane), plane)}
    parts = [("files", of_files), *((o.source.name, o.tables) for o in outcomes)]
    tables, said = joined_tables(parts, plane)
    return CityModel(
        crs=plane,
        tables=tables,
        rasters={name: raster for o in outcomes for name, raster in o.rasters.items()},
        inputs=tuple(map(input_file, found.files, (digest.result() for digest in hashes))),
        notes=(*(note for o in outcomes for note in o.notes), *said, *found.notes),
    )


def _read(source: CitySource, crs: str, given: str | None, wanted: Collection[object]) -> _Outcome:
    try:
        decoded: Decoded = source.format.read(source.dataset(crs, given), source.params)
    except (SourceError, ConfigError) as error:
        return _Outcome(source, {}, {}, error=error)
    return _Outcome(
        source,
        {
            table: conform(table, frame, crs)
            for table, frame in decoded.tables.items()
            if table in wanted or table is DEFECTS
        },
        {_raster_name(source, role): raster for role, raster in decoded.rasters.items()},
        decoded.notes,
    )


def _raster_name(source: CitySource, role: str) -> str:
    return source.files[0].stem if len(source.files) == 1 else f"{source.name}_{role}"


def _refused(outcome: _Outcome) -> list[Reject]:
    """Every file of a source of which nothing could be used."""
    error = outcome.error
    return (
        [] if error is None else [refused_file(file.name, error) for file in outcome.source.files]
    )
