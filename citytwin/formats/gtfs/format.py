"""The format ``gtfs``: lines of public transport and their headways from a timetable (GTFS Schedule).

The files lie in a zip archive, which is read in place, or in a folder. Delays and vehicles come with
GTFS-realtime (:mod:`citytwin.formats.gtfs_rt`).
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from urllib.parse import quote

import geopandas as gpd
import pandas as pd

from citytwin.errors import SourceError
from citytwin.formats.feed_file import file_name
from citytwin.formats.feed_json import is_clean
from citytwin.formats.gtfs.members import read_member
from citytwin.formats.gtfs.service_days import WEEKDAYS, ServiceDays
from citytwin.formats.gtfs.shapes import placed, ways
from citytwin.formats.gtfs.timetable import calls_of, departures, runs_of, service_of
from citytwin.formats.observations import reject_of, urn
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import TRANSIT_LINES
from citytwin.model.text import text
from citytwin.transports.files import content_name

_NEEDED = {
    "routes.txt": ("route_id", "route_type"),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "stop_id", "stop_sequence", "departure_time"),
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
}
_USEFUL = {
    "routes.txt": ("route_short_name", "route_long_name"),
    "trips.txt": ("direction_id", "shape_id"),
    "stop_times.txt": ("arrival_time",),
}
_MAY_LACK = {
    "calendar.txt": ("service_id", *WEEKDAYS, "start_date", "end_date"),
    "calendar_dates.txt": ("service_id", "date", "exception_type"),
    "frequencies.txt": ("trip_id", "start_time", "end_time", "headway_secs"),
    "shapes.txt": ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"),
}
_MODES = {0: "tram", 1: "subway", 2: "rail", 3: "bus", 4: "ferry", 5: "tram", 6: "aerial",
          7: "funicular", 11: "bus", 12: "rail"}  # fmt: skip
_EXTENDED = {1: "rail", 2: "bus", 4: "subway", 7: "bus", 8: "bus", 9: "tram", 10: "ferry",
             12: "ferry", 13: "aerial", 14: "funicular"}  # fmt: skip
"""By the hundreds of extended route types."""


class GtfsParams(Params):
    """Which day is counted."""

    day: date | None = None
    """Day of the timetable; by default the first of those with most trips in its first year."""


@dataclass
class _Feed:
    """The files of one timetable."""

    name: str
    owner: str
    """Begins the names of its lines: the source and, where it has several, the timetable."""
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)


def _feed(dataset: Dataset, files: dict[str, Path], name: str, owner: str) -> _Feed:
    feed = _Feed(name, owner)
    lacking = [member for member in _NEEDED if member not in files]
    if lacking:
        msg = f"{', '.join(lacking)} missing beside {', '.join(sorted(files))}"
        raise SourceError(msg, source=name)
    if "calendar.txt" not in files and "calendar_dates.txt" not in files:
        raise SourceError("calendar.txt is missing, and calendar_dates.txt too", source=name)
    for member, needed in {**_NEEDED, **_MAY_LACK}.items():
        if member not in files:
            feed.tables[member] = pd.DataFrame(columns=list(needed), dtype=object)
            continue
        told = file_name(dataset, files[member])
        frame, bad = read_member(files[member], told, needed, _USEFUL.get(member, ()))
        feed.tables[member] = frame
        feed.rejects += bad
    return feed


def _lines(dataset: Dataset, feed: _Feed, day: date | None) -> tuple[gpd.GeoDataFrame, list[Note]]:
    tables, name = feed.tables, feed.name
    services = ServiceDays(tables["calendar.txt"], tables["calendar_dates.txt"], name)
    trips = tables["trips.txt"].drop_duplicates("trip_id")
    counted = day or services.busiest(Counter(trips["service_id"]))
    running = services.on(counted) if counted else frozenset()
    trips = trips[trips["service_id"].isin(running) & (trips["trip_id"] != "")]
    if counted is None or trips.empty:
        told = f"no trip runs on {counted}" if counted else "no trip runs on any day"
        raise SourceError(told, source=name, hint="say another `day`, or fetch the timetable anew")
    known = tables["routes.txt"].drop_duplicates("route_id")
    trips = trips[trips["route_id"].isin(known["route_id"])]
    direction = trips["direction_id"].where(trips["direction_id"].isin(["0", "1"]), "")
    trips = trips.assign(direction_id=direction, line=trips["route_id"] + ":" + direction)
    calls, bad_calls = calls_of(tables["stop_times.txt"], f"{name}/stop_times.txt")
    calls = calls[calls["trip_id"].isin(trips["trip_id"])]
    runs, bad_runs = runs_of(tables["frequencies.txt"], f"{name}/frequencies.txt")
    feed.rejects += [*services.rejects, *bad_calls, *bad_runs]
    served = service_of(departures(trips, calls, runs))
    stops = placed(tables["stops.txt"].drop_duplicates("stop_id"), "stop_lon", "stop_lat",
                   dataset.target_crs)  # fmt: skip
    shapes = tables["shapes.txt"].assign(
        order=pd.to_numeric(tables["shapes.txt"]["shape_pt_sequence"], errors="coerce")
    )
    points = placed(shapes.dropna(subset="order"), "shape_pt_lon", "shape_pt_lat",
                    dataset.target_crs)  # fmt: skip
    drawn = ways(trips, calls, stops[["stop_id", "x", "y"]],
                 points[["shape_id", "order", "x", "y"]], dataset.target_crs)  # fmt: skip
    rows = trips.drop_duplicates("line").merge(known, on="route_id").set_index("line")
    rows = rows.join(served, how="inner").sort_index()
    for line in rows.index.difference(drawn.index):
        message = "its stops and shapes give no way on the map"
        feed.rejects.append(
            Reject(source=name, record=ascii(line)[:80], code="way", message=message)
        )
    rows = rows.loc[rows.index.isin(drawn.index)]
    return _frame(dataset, feed.owner, rows, drawn, counted), [_said(name, counted, len(rows))]


def _frame(
    dataset: Dataset, owner: str, rows: pd.DataFrame, drawn: gpd.GeoSeries, day: date
) -> gpd.GeoDataFrame:
    names = rows["route_short_name"].where(rows["route_short_name"] != "", rows["route_long_name"])
    columns = {
        "line_id": pd.array([urn(owner, line) for line in rows.index], dtype="string"),
        "name": pd.array([n if n and is_clean(n) else None for n in names], dtype="string"),
        "mode": pd.array([_mode(kind) for kind in rows["route_type"]], dtype="string"),
        "direction": pd.array([int(d) if d else None for d in rows["direction_id"]], dtype="Int32"),
        "service_day": pd.array([day.isoformat()] * len(rows), dtype="string"),
        "trips": pd.array([int(n) for n in rows["trips"]], dtype="Int32"),
        "first_departure": pd.array([_clock(s) for s in rows["first_s"]], dtype="string"),
        "last_departure": pd.array([_clock(s) for s in rows["last_s"]], dtype="string"),
        "headway_min": rows["headway_min"].to_numpy(dtype="float64"),
        "source": pd.array([dataset.name] * len(rows), dtype="string"),
    }
    shapes = drawn.reindex(rows.index).array
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=dataset.target_crs)


def _mode(kind: str) -> str:
    number = int(kind) if kind.isdecimal() and len(kind) <= 4 else -1
    return _MODES.get(number) or _EXTENDED.get(number // 100, "other")


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) // 60 % 60:02d}"


def _said(name: str, day: date, lines: int) -> Note:
    return Note(
        severity="info",
        ja=f"{name}: {day.isoformat()} の時刻表から {lines} 路線方向を数えました",
        en=f"{name}: {lines} lines and directions as the timetable has them on {day.isoformat()}",
    )


def _owner(dataset: Dataset, folder: Path, folders: Collection[Path]) -> str:
    """Identifiers of routes are unique within a timetable only, so that each has names of its own:
    by its place below the folder that holds all of them, wherever that lies.
    """
    if len(folders) == 1:
        return dataset.name
    place = folder.relative_to(os.path.commonpath(folders))
    return f"{dataset.name}:{quote(place.as_posix(), safe='')}"


def read(dataset: Dataset, params: GtfsParams) -> Decoded:
    """Read all timetables of a source, each in an archive or folder of its own.

    Parameters
    ----------
    dataset
        Their files.
    params
        Which day is counted.

    Raises
    ------
    SourceError
        If none can be used.
    """
    folders: dict[Path, dict[str, Path]] = {}
    for path in dataset.files:
        folders.setdefault(path.parent, {})[content_name(path).lower()] = path
    frames, notes, rejects, failures = [], [], [], []
    for folder, files in sorted(folders.items()):
        name = folder.name if folder == dataset.root else file_name(dataset, folder)
        try:
            feed = _feed(dataset, files, name, _owner(dataset, folder, folders))
            frame, said = _lines(dataset, feed, params.day)
        except SourceError as error:
            failures.append(error)
            continue
        frames.append(frame)
        notes += said
        rejects += feed.rejects
    if not frames:
        raise failures[0]
    lines = pd.concat(frames, ignore_index=True)
    rejects += [reject_of(error, "unreadable") for error in failures]
    return Decoded({TRANSIT_LINES: lines}, rejects=tuple(rejects), notes=tuple(notes))


FORMAT = Format(
    name="gtfs",
    title=text("GTFS 時刻表（路線と運行間隔）", "GTFS timetable (lines and headways)"),
    patterns=(*_NEEDED, *_MAY_LACK),
    produces=(TRANSIT_LINES,),
    params=GtfsParams,
    read=read,
)
