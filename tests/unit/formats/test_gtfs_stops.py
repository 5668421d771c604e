"""Stops of GTFS static, from a text file or an archive."""

from __future__ import annotations

import io
import zipfile

import pytest

from citytwin.errors import SourceError
from citytwin.formats import gtfs_stops
from citytwin.formats.gtfs_stops import Stop, stops_of

TEXT = (
    "\ufeffstop_lon, stop_id,stop_name,stop_lat\r\n"
    '139.7,A,"Main, north",35.6\r\n'
    "139.8,B,,35.7\r\n"
    ",C,Station without position,\r\n"
    "\r\n"
    "east,D,Bad,35.7\r\n"
    "0,E,Null island,0\r\n"
)


def archive(**members):
    """A zip archive; double underscores in names stand for dots."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)
    return buffer.getvalue()


@pytest.mark.parametrize("raw", [TEXT.encode(), archive(stops__txt=TEXT)])
def test_stops_by_id(raw):
    """Byte order mark, quotes and any order of columns; bad rows are set aside with their line."""
    stops, rejects = stops_of(raw, "stops.txt")
    assert stops == {"A": Stop("Main, north", 139.7, 35.6), "B": Stop(None, 139.8, 35.7)}
    assert [(r.record, r.code) for r in rejects] == [("line 6", "stop"), ("line 7", "stop")]
    assert "'D at 35.7, east'" in rejects[0].message


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"stop_id,name\nA,x\n", "columns stop_lat, stop_lon are missing"),
        (b"", "columns stop_id, stop_lat, stop_lon are missing"),
        (b"\xff\xfe", "not UTF-8 at byte 0"),
        (b'stop_id,stop_lat,stop_lon\n"A,1,2\n', "no CSV"),
        (archive(trips__txt="x"), "holds no stops.txt"),
        (archive(stops__txt=TEXT)[:-30], "no usable zip archive"),
        (b"PK\x03\x04junk", "no usable zip archive"),
    ],
)
def test_what_is_no_list_of_stops_is_refused(raw, message):
    """The error names the file and the fault."""
    with pytest.raises(SourceError, match=r"g\.zip") as caught:
        stops_of(raw, "g.zip")
    assert message in str(caught.value)


def test_a_bomb_is_not_unpacked(monkeypatch):
    """Unpacking stops at the limit, whatever the archive promises."""
    monkeypatch.setattr(gtfs_stops, "MAX_BYTES", 1000)
    with pytest.raises(SourceError, match="unpacks to more than 1000 bytes"):
        stops_of(archive(stops__txt="x" * 1001), "g.zip")


@pytest.mark.parametrize("name", ["../stops.txt", "/etc/stops.txt", "feed/stops.txt", "STOPS.TXT"])
def test_a_member_by_another_path_is_not_looked_at(name):
    """Only the member of this very name counts, and nothing is written anywhere."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr(name, TEXT)
    with pytest.raises(SourceError, match=r"the archive holds no stops\.txt"):
        stops_of(buffer.getvalue(), "g.zip")
