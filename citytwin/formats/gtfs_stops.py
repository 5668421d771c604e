"""Positions of stops: the file ``stops.txt``, alone or inside a GTFS static archive."""

from __future__ import annotations

import csv
import io
import math
import zipfile
import zlib
from dataclasses import dataclass
from lzma import LZMAError

from citytwin.errors import SourceError
from citytwin.formats.feed_file import MAX_BYTES
from citytwin.formats.feed_json import is_clean
from citytwin.formats.observations import on_earth
from citytwin.model.notes import Reject

MEMBER = "stops.txt"


@dataclass(frozen=True)
class Stop:
    """A stop or platform."""

    name: str | None
    longitude_deg: float
    latitude_deg: float


def stops_of(raw: bytes, file: str) -> tuple[dict[str, Stop], list[Reject]]:
    """Read the stops.

    Parameters
    ----------
    raw
        ``stops.txt``, or a zip archive that holds it; nothing is unpacked to disk.
    file
        Name of the file, for messages.

    Returns
    -------
    tuple
        Stops by id, and the rows that cannot be used.

    Raises
    ------
    SourceError
        If it is no list of stops.
    """
    if raw[:4] == b"PK\x03\x04":
        raw, file = _member(raw, file), f"{file}/{MEMBER}"
    try:
        lines = io.StringIO(raw.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise SourceError(f"not UTF-8 at byte {error.start}", source=file) from error
    rows = csv.reader(lines, strict=True)
    stops: dict[str, Stop] = {}
    rejects: list[Reject] = []
    try:
        header = [name.strip() for name in next(rows, [])]
        lacking = [n for n in ("stop_id", "stop_lat", "stop_lon") if n not in header]
        if lacking:
            raise SourceError(f"columns {', '.join(lacking)} are missing", source=file)
        for cells in rows:
            if cells:
                _take(dict(zip(header, cells, strict=False)), rows.line_num, file, stops, rejects)
    except csv.Error as error:
        raise SourceError(
            f"no CSV: {error}", source=file, record=f"line {rows.line_num}"
        ) from error
    return stops, rejects


def _take(
    row: dict[str, str], line: int, file: str, stops: dict[str, Stop], rejects: list[Reject]
) -> None:
    identifier = row.get("stop_id", "").strip()
    lat, lon = row.get("stop_lat", "").strip(), row.get("stop_lon", "").strip()
    if identifier and not lat and not lon:
        return  # stations and boarding areas may leave their position to others
    try:
        latitude_deg, longitude_deg = float(lat), float(lon)
    except ValueError:
        latitude_deg = longitude_deg = math.nan
    name = row.get("stop_name", "").strip()
    usable = identifier and is_clean(identifier) and is_clean(name)
    if not usable or not on_earth(longitude_deg, latitude_deg):
        shown = ascii(f"{identifier} at {lat}, {lon}")[:120]
        message = f"no stop with a position: {shown}"
        rejects.append(Reject(source=file, record=f"line {line}", code="stop", message=message))
        return
    stops[identifier] = Stop(name or None, longitude_deg, latitude_deg)


def _member(raw: bytes, file: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            info = archive.getinfo(MEMBER)
            with archive.open(info) as member:
                content = member.read(MAX_BYTES + 1)
    except KeyError as error:
        raise SourceError(f"the archive holds no {MEMBER}", source=file) from error
    except (zipfile.BadZipFile, zlib.error, LZMAError, EOFError, RuntimeError) as error:
        raise SourceError(f"no usable zip archive: {error}", source=file) from error
    except (ValueError, OSError) as error:
        raise SourceError(f"damaged zip archive: {error}", source=file) from error
    if len(content) > MAX_BYTES:
        raise SourceError(f"{MEMBER} unpacks to more than {MAX_BYTES} bytes", source=file)
    return content
