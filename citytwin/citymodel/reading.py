"""Reads files of a city, of any format and theme, into the tables of one city model."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from citytwin.citymodel.joining import joined_tables
from citytwin.citymodel.model import CityModel, SourceFile
from citytwin.errors import CityTwinError, ConfigError, SourceError
from citytwin.model.crs import require_metric
from citytwin.model.notes import Note, Reject
from citytwin.model.raster import Raster
from citytwin.model.steps import Decoded
from citytwin.model.tables import Table
from citytwin.recognition.files import LookedAt, look_at_places
from citytwin.recognition.plane import lies_off, plane_crs
from citytwin.recognition.sources import CitySource, sources_of
from citytwin.recognition.themes import given_by
from citytwin.store.tables import conform
from citytwin.transports.files import sha256_of, size_of

Place = str | Path


@dataclass(frozen=True, eq=False)
class _Outcome:
    """What a source gave, or why it gave nothing."""

    source: CitySource
    tables: Mapping[Table, pd.DataFrame]
    rasters: Mapping[str, Raster]
    rejects: tuple[Reject, ...] = ()
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
        A file, a folder, a pattern such as ``udx/bldg/*.gml``, or several of these: CityGML (of
        PLATEAU or any other city), CityJSON, footprints, relief, elevation rasters, laser points.
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
    files = look_at_places(places, given=source_crs)
    sources = sources_of(files, wanted)
    if not sources:
        raise _nothing(files)
    plane = _plane(files, crs)
    with ThreadPoolExecutor(max_workers=min(len(sources), os.cpu_count() or 1) or 1) as pool:
        outcomes = list(pool.map(lambda source: _read(source, plane, source_crs, wanted), sources))
        hashes = list(pool.map(lambda file: sha256_of(file.path), files))
    errors = [outcome.error for outcome in outcomes if outcome.error is not None]
    if len(errors) == len(outcomes):
        raise errors[0]
    tables, said = joined_tables([(o.source.name, o.tables) for o in outcomes], plane)
    return CityModel(
        crs=plane,
        tables=tables,
        rasters={name: raster for o in outcomes for name, raster in o.rasters.items()},
        source_files=tuple(map(_source_file, files, hashes)),
        notes=(
            *(note for o in outcomes for note in o.notes),
            *said,
            *_notes_of_looks(files, plane),
        ),
        rejects=(*_refused(files), *(reject for o in outcomes for reject in _rejects(o))),
    )


def _plane(files: Sequence[LookedAt], crs: str | None) -> str:
    if crs is not None:
        return require_metric(crs)
    found = plane_crs([file.look for file in files if file.look.uses])
    if found is not None:
        return found
    if any(file.look.fault for file in files):
        raise _nothing(files)
    raise SourceError(
        "names no coordinate reference system",
        source=", ".join(file.path.name for file in files if file.look.uses),
        hint="say which it is: `source_crs`",
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
            if table in wanted
        },
        {_raster_name(source, role): raster for role, raster in decoded.rasters.items()},
        decoded.rejects,
        decoded.notes,
    )


def _raster_name(source: CitySource, role: str) -> str:
    return source.files[0].stem if len(source.files) == 1 else f"{source.name}_{role}"


def _nothing(files: Sequence[LookedAt]) -> SourceError:
    """Why no format reads any of the files; what could be a model says more than the others."""
    for file in sorted(files, key=lambda file: file.look.stray):
        if file.look.fault:
            hint = "give files of a city model"
            return SourceError(file.look.fault, source=file.path.name, hint=hint)
    return SourceError(
        "hold nothing of the themes wanted",
        source=", ".join(file.path.name for file in files[:3]),
        hint="leave out `themes`, or give other files",
    )


def _refused(files: Sequence[LookedAt]) -> list[Reject]:
    return [
        Reject(source=file.path.name, record="file", code="not-recognised", message=look.fault)
        for file in files
        if not (look := file.look).uses and (file.asked or not look.stray)
    ]


def _rejects(outcome: _Outcome) -> tuple[Reject, ...]:
    if outcome.error is None:
        return outcome.rejects
    message = str(outcome.error)
    return tuple(
        Reject(source=file.name, record="file", code="file-refused", message=message)
        for file in outcome.source.files
    )


def _notes_of_looks(files: Sequence[LookedAt], crs: str) -> list[Note]:
    far = [file.path.name for file in files if file.look.uses and lies_off(file.look, crs)]
    stray = sum(1 for file in files if file.look.stray and not file.asked)
    said = [
        Note(
            severity="loss",
            ja=f"{file.path.name} の {', '.join(file.look.unread)} を読み込む形式はありません",
            en=f"{', '.join(file.look.unread)} of {file.path.name} are read by no format",
        )
        for file in files
        if file.look.unread
    ]
    if far:
        named = ", ".join(far[:3]) + (" ..." if len(far) > 3 else "")
        said.append(
            Note(
                severity="fallback",
                ja=f"{len(far)} ファイル（{named}）は {crs} の適用範囲から遠く、長さと面積が"
                "正しくありません",
                en=f"{len(far)} files ({named}) lie far from where {crs} is used: lengths and "
                "areas in them are wrong; read them by themselves",
            )
        )
    if stray:
        said.append(
            Note(
                severity="info",
                ja=f"都市モデルではない {stray} ファイルは読み込んでいません",
                en=f"{stray} files that are no city models were not read",
            )
        )
    return said


def _source_file(file: LookedAt, sha256: str) -> SourceFile:
    return SourceFile(
        path=file.path,
        formats=tuple(use.format_name for use in file.look.uses),
        crs=file.look.crs,
        bytes=size_of(file.path),
        sha256=sha256,
    )
