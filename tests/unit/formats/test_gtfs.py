"""Timetables of GTFS: departures counted by hand, days of service, ways, and what is wrong with files."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.errors import SourceError
from citytwin.formats.gtfs.format import FORMAT, GtfsParams
from citytwin.model.steps import Dataset, Decoded
from citytwin.model.tables import TRANSIT_LINES
from citytwin.store.tables import conform
from citytwin.transports.finding import find_files

CRS = "EPSG:6677"
TIMETABLE = {
    "routes.txt": "\ufeffroute_id, route_short_name,route_long_name,route_type\r\n"
    'R,"5, 山手",,3\r\nM,,Metro,401\r\nX,,Nowhere,3\r\n',
    "trips.txt": "route_id,service_id,trip_id,direction_id,shape_id\n"
    "R,week,r1,0,s\nR,week,r2,0,s\nR,week,r3,0,\nR,week,r4,0,s\nR,week,back,1,\n"
    "M,week,loop,,\nX,week,lost,,\nR,sunday,r9,0,s\n",
    "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
    "r1,05:10:00,05:10:00,A,1\nr1,05:20:00,05:21:00,B,5\nr1,,,C,7\nr1,05:40:00,05:40:00,D,9\n"
    "r2,05:30:00,05:30:00,A,1\nr2,05:41:00,05:41:00,B,2\nr3,06:05:00,,B,1\nr3,06:10:00,,D,2\n"
    "r4,25:10:00,25:10:00,A,1\nr4,25:21:00,25:21:00,B,2\n"
    "back,07:00:00,07:00:00,D,2\nback,06:50:00,06:50:00,B,1\n"
    "loop,08:00:00,08:00:00,A,1\nloop,08:04:00,08:04:00,D,2\nloop,08:08:00,08:08:00,A,3\n"
    "lost,09:00:00,09:00:00,E,1\nr9,05:10:00,05:10:00,A,1\n",
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nA,a,36.0,139.80\nB,b,36.0,139.81\n"
    "C,c,36.0,139.82\nD,d,36.01,139.82\nE,e,0,0\n",
    "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,"
    "start_date,end_date\nweek,1,1,1,1,1,0,0,20260701,20260731\n"
    "sunday,0,0,0,0,0,0,1,20260701,20260731\n",
    "calendar_dates.txt": "service_id,date,exception_type\nweek,20260701,2\n",
    "frequencies.txt": "trip_id,start_time,end_time,headway_secs\n"
    "loop,10:00:00,11:00:00,600\nloop,22:00:00,25:00:00,1800\n",
    "shapes.txt": "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\n"
    "s,36.0,139.81,2\ns,36.0,139.80,1\ns,36.02,139.81,10\n",
}


def read(folder: Path, *, day: date | None = None, **changes: str | None) -> Decoded:
    """Read a timetable with some files changed; None leaves one out."""
    named = {name.replace("__", "."): content for name, content in changes.items()}
    for name, content in {**TIMETABLE, **named}.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
        else:
            (folder / name).write_text(content, encoding="utf-8", newline="")
    files = find_files(folder, FORMAT.patterns)
    return FORMAT.read(Dataset("tt", folder, files, CRS, "Asia/Tokyo"), GtfsParams(day=day))


def lines(decoded: Decoded) -> dict[str, tuple[object, ...]]:
    """(mode, trips, first, last, headway) by line."""
    frame = conform(TRANSIT_LINES, decoded.tables[TRANSIT_LINES], CRS)
    return {
        row.line_id.removeprefix("urn:citytwin:tt:"): (
            row.mode, row.trips, row.first_departure, row.last_departure, row.headway_min,
        )
        for row in frame.itertuples()
    }  # fmt: skip


def test_departures_of_a_day(tmp_path: Path) -> None:
    """B is served by all trips of R: at 05:21, 05:41, 06:05 and, in the night after, 25:21."""
    decoded = read(tmp_path)
    found = lines(decoded)
    assert found["R:0"] == ("bus", 4, "05:21", "25:21", pytest.approx(24.0))
    assert found["R:1"][1:4] == (1, "06:50", "06:50")
    assert found["R:1"][4] != found["R:1"][4]  # one departure has no headway
    # 10:00 to 11:00 every ten minutes are six, 22:00 to 25:00 every half hour six more; a loop
    # calls twice at A, and whoever waits there takes the first.
    assert found["M:"] == ("subway", 12, "10:00", "24:30", pytest.approx(30.0))
    frame = decoded.tables[TRANSIT_LINES]
    assert frame["name"].tolist() == ["Metro", "5, 山手", "5, 山手"]
    assert set(frame["service_day"]) == {"2026-07-02"}  # the first is a holiday
    assert [(r.record, r.code) for r in decoded.rejects] == [("'X:'", "way")]


def test_the_way_of_a_line(tmp_path: Path) -> None:
    """The shape of most trips by the numbers of its points; else straight from stop to stop."""
    frame = read(tmp_path).tables[TRANSIT_LINES].set_index("line_id").to_crs("EPSG:4326")
    shape = np.array(frame.geometry["urn:citytwin:tt:R:0"].coords)
    assert shape == pytest.approx(np.array([(139.80, 36), (139.81, 36), (139.81, 36.02)]), abs=1e-9)
    straight = np.array(frame.geometry["urn:citytwin:tt:R:1"].coords)
    assert straight == pytest.approx(np.array([(139.81, 36.0), (139.82, 36.01)]), abs=1e-9)


def test_days_of_service(tmp_path: Path) -> None:
    """A Sunday that is asked for; the day on which both services run; exceptions alone."""
    assert set(lines(read(tmp_path, day=date(2026, 7, 19)))) == {"R:0"}
    both = read(tmp_path, calendar_dates__txt="service_id,date,exception_type\n"
                "sunday,20260720,1\n")  # fmt: skip
    assert set(both.tables[TRANSIT_LINES]["service_day"]) == {"2026-07-20"}
    assert lines(both)["R:0"][1] == 5
    only = read(tmp_path, calendar__txt=None, calendar_dates__txt="service_id,date,exception_type\n"
                "week,20260704,1\nsunday,20260703,1\n")  # fmt: skip
    assert set(only.tables[TRANSIT_LINES]["service_day"]) == {"2026-07-04"}


@pytest.mark.parametrize(
    ("day", "changes", "said"),
    [
        (None, {"trips__txt": None}, r"trips\.txt missing beside"),
        (None, {"calendar__txt": None, "calendar_dates__txt": None}, "calendar_dates.txt too"),
        (None, {"stops__txt": "stop_id,stop_lat\n"}, r"stops\.txt: columns stop_lon are missing"),
        (None, {"stops__txt": ""}, "columns stop_id, stop_lat, stop_lon are missing"),
        (None, {"routes__txt": "route_id,route_id,route_type\n"}, "names a column twice"),
        (None, {"trips__txt": "route_id,service_id,trip_id\n"}, "no trip runs on any day"),
        (date(2030, 1, 1), {}, "no trip runs on 2030-01-01"),
    ],
)
def test_timetables_that_cannot_be_used(
    tmp_path: Path, day: date | None, changes: dict[str, str | None], said: str
) -> None:
    """With the file and what to do."""
    with pytest.raises(SourceError, match=said):
        read(tmp_path, day=day, **changes)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """Names in another encoding than UTF-8."""
    read(tmp_path)
    raw = "stop_id,stop_lat,stop_lon\n駅,36,139\n".encode("cp932")
    (tmp_path / "stops.txt").write_bytes(raw)
    files = find_files(tmp_path, FORMAT.patterns)
    with pytest.raises(SourceError, match="no CSV in UTF-8"):
        FORMAT.read(Dataset("tt", tmp_path, files, CRS, "Asia/Tokyo"), GtfsParams())


def test_rows_that_are_wrong_lose_no_others(tmp_path: Path) -> None:
    """Times, places in a trip, headways, days and lines of too many cells; each is told."""
    more = {
        "stop_times__txt": TIMETABLE["stop_times.txt"] + "r1,5:99:00,5:99:00,A,11\nr1,1:00,1:00,A,x\n",
        "frequencies__txt": TIMETABLE["frequencies.txt"] + "loop,10:00:00,11:00:00,0\n"
        "loop,11:00:00,10:00:00,60\nr1,00:00:00,24:00:00,1\n",
        "calendar__txt": TIMETABLE["calendar.txt"] + "odd,1,1,1,1,1,1,1,20260230,20260301\n",
        "calendar_dates__txt": TIMETABLE["calendar_dates.txt"] + "week,20260702,3\n",
        "shapes__txt": TIMETABLE["shapes.txt"] + "s,north,139.8,3\ns,36,139.8,last\n",
        "stops__txt": TIMETABLE["stops.txt"] + "F,f,36.0,139.8,surplus\n",
    }  # fmt: skip
    decoded = read(tmp_path, **more)
    assert lines(decoded)["R:0"] == ("bus", 4, "05:21", "25:21", pytest.approx(24.0))
    assert sorted(r.code for r in decoded.rejects) == [
        "cells", "headway", "headway", "headway", "service", "service", "time", "way",
    ]  # fmt: skip


def test_archives_are_read_in_place(tmp_path: Path) -> None:
    """Two of them, one broken; a member that leads out of its archive is none of it."""
    with zipfile.ZipFile(tmp_path / "good.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in TIMETABLE.items():
            file.writestr(name, content)
        file.writestr("../shapes.txt", "x")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as file:
        file.writestr("routes.txt", TIMETABLE["routes.txt"])
    files = find_files(tmp_path, FORMAT.patterns)
    decoded = FORMAT.read(Dataset("tt", tmp_path, files, CRS, "Asia/Tokyo"), GtfsParams())
    assert set(lines(decoded)) == {"good.zip:M:", "good.zip:R:0", "good.zip:R:1"}
    assert [(r.source, r.code) for r in decoded.rejects if r.code == "unreadable"] == [
        ("other.zip", "unreadable")
    ]
    assert sorted(path.name for path in tmp_path.parent.iterdir() if path.suffix == ".txt") == []


def test_timetables_that_share_a_route_id(tmp_path: Path) -> None:
    """All lines of both stay, although their archives have the same name, each by its place."""
    for operator, kind in (("north", "3"), ("south", "0")):
        (tmp_path / operator).mkdir()
        with zipfile.ZipFile(tmp_path / operator / "gtfs.zip", "w") as file:
            for name, content in TIMETABLE.items():
                file.writestr(name, content.replace(",,3\r\n", f",,{kind}\r\n"))
    files = find_files(tmp_path, FORMAT.patterns)
    root = files[0].parent
    found = lines(FORMAT.read(Dataset("tt", root, files, CRS, "Asia/Tokyo"), GtfsParams()))
    places = ("north%2Fgtfs.zip", "south%2Fgtfs.zip")
    assert set(found) == {f"{place}:{line}" for place in places for line in ("M:", "R:0", "R:1")}
    assert [found[f"{place}:R:0"][0] for place in places] == ["bus", "tram"]


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(sorted(TIMETABLE)), st.data())
def test_no_damage_does_harm(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    """Lines, or the error in words; never anything else."""
    folder = tmp_path_factory.mktemp("tt")
    raw = TIMETABLE[name]
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 12)))
    odd = raw[:start] + data.draw(st.text(max_size=8)) + raw[end:]
    try:
        decoded = read(folder, **{name.replace(".", "__"): odd.encode("utf-8", "replace").decode()})
    except SourceError as error:
        str(error).encode()
        return
    conform(TRANSIT_LINES, decoded.tables[TRANSIT_LINES], CRS)
