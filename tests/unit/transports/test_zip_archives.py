"""Archives read in place: members at their paths, whatever their names and depth."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import pickle
import random
import tempfile
import threading
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from zip_files import archive_of, entry, unicode_path, zipped

from citytwin.errors import SourceError
from citytwin.transports import archives, spooling
from citytwin.transports.files import (
    children,
    content_name,
    is_file,
    is_folder,
    is_plain,
    open_binary,
    open_seekable,
    read_whole,
    sha256_of,
    size_of,
    stamp_of,
)
from citytwin.transports.finding import find_files, set_aside

GML = b"<x>" + random.Random(1).randbytes(70_000).hex().encode() + b"</x>"
CITY = {
    "udx/bldg/1_bldg.gml": GML,
    "udx/bldg/1_bldg_appearance/a.jpg": b"picture",
    "codelists/Building_usage.xml": b"<d/>",
}


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """An archive of a small city."""
    path = tmp_path / "city.zip"
    path.write_bytes(zipped(CITY))
    return path


def contents(path: Path) -> bytes:
    """All of a file."""
    with open_binary(path) as file:
        return file.read()


def test_a_member_is_a_file_at_a_path(city: Path) -> None:
    """Path, folder, size, content, digest; and the path is a plain one that can be sent away."""
    path = pickle.loads(pickle.dumps(city / "udx/bldg/1_bldg.gml"))  # noqa: S301 - our own bytes
    assert is_file(path)
    assert not is_folder(path)
    assert not is_plain(path)
    assert is_plain(city)
    assert contents(path) == GML
    assert size_of(path) == len(GML)
    assert sha256_of(path) == hashlib.sha256(GML).hexdigest()
    assert stamp_of(path) == (city.stat().st_size, city.stat().st_mtime_ns)
    assert [p.relative_to(city).as_posix() for p in children(city / "udx" / "bldg")] == [
        "udx/bldg/1_bldg.gml",
        "udx/bldg/1_bldg_appearance",
    ]
    assert is_folder(city / "udx")
    assert contents(city / "udx/bldg/../../codelists/Building_usage.xml") == b"<d/>"


@pytest.mark.parametrize("below", ["none.gml", "udx/none.gml", "udx/bldg/1_bldg.gml/x", "../none"])
def test_nothing_there(city: Path, below: str) -> None:
    """As on the disk."""
    assert not is_file(city / below)
    assert not is_folder(city / below)
    for look in (open_binary, size_of, sha256_of):
        with pytest.raises(FileNotFoundError, match="No such file"):
            look(city / below)
    with pytest.raises(SourceError, match="No such file"):
        read_whole(city / below, 9)


def test_paths_that_are_none(tmp_path: Path) -> None:
    """A null byte, a name too long: no file, no error."""
    for name in ("a\0b", "x" * 5000, "x.zip/a\0b"):
        assert not is_file(tmp_path / name)
        assert not is_folder(tmp_path / name)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_in_archives(tmp_path: Path, method: int) -> None:
    """Three deep, stored (read as sections) or compressed (spooled once); not four."""
    inner = zipped(CITY)
    middle = zipped({"deep/inner.zip": inner}, method)
    outer = zipped({"middle.zip": middle, "9_bldg.gml": b"<y/>"}, method)
    path = tmp_path / "outer.zip"
    path.write_bytes(outer)
    leaf = path / "middle.zip/deep/inner.zip/udx/bldg/1_bldg.gml"
    assert contents(leaf) == GML
    assert find_files(path, ("*_bldg.gml",)) == (path / "9_bldg.gml", leaf)
    assert stamp_of(leaf) == stamp_of(path)
    path.write_bytes(zipped({"more.zip": outer}, method))
    with pytest.raises(SourceError, match=r"inner\.zip: is an archive in 3 others, at most 2"):
        contents(path / "more.zip/middle.zip/deep/inner.zip/udx/bldg/1_bldg.gml")


def test_no_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has to be unpacked goes into a file without a name, at most so large."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped({"inner.zip": zipped(CITY), "a.bin": GML}))
    assert contents(path / "inner.zip/codelists/Building_usage.xml") == b"<d/>"
    with open_seekable(path / "a.bin") as file:
        file.seek(-4, io.SEEK_END)
        assert file.read() == GML[-4:]
        assert list(scratch.iterdir()) == []
    monkeypatch.setattr(spooling, "SPOOL_BYTES", 1000)
    with pytest.raises(SourceError, match=r"a\.bin: would take \d+ bytes .*, more than 1000"):
        open_seekable(path / "a.bin")


def test_compressed_files(tmp_path: Path) -> None:
    """A gzip file is what it unpacks to, on the disk and in an archive; its digest is its own."""
    packed = gzip.compress(GML[:50_000]) + gzip.compress(GML[50_000:]) + bytes(9)
    path = tmp_path / "x.gml.gz"
    path.write_bytes(packed)
    (tmp_path / "y.zip").write_bytes(zipped({"a/x.gml.gz": packed}))
    for file in (path, tmp_path / "y.zip/a/x.gml.gz"):
        assert contents(file) == GML
        assert content_name(file) == "x.gml"
        assert size_of(file) == len(GML)
        assert sha256_of(file) == hashlib.sha256(packed).hexdigest()
        with open_seekable(file) as seekable:
            seekable.seek(100)
            assert seekable.read(10) == GML[100:110]


def test_a_changed_archive_is_read_anew(city: Path) -> None:
    """Its directory is remembered only as long as size and time stamp hold."""
    path = city / "udx/bldg/1_bldg.gml"
    assert contents(path) == GML
    city.write_bytes(zipped({"udx/bldg/1_bldg.gml": b"<new/>"}))
    os.utime(city, ns=(1, 1))
    assert contents(path) == b"<new/>"
    city.unlink()
    assert not is_file(path)


def test_many_readers(tmp_path: Path) -> None:
    """Threads read members of one inner archive at once, each at its own place."""
    members = {f"{n}.bin": random.Random(n).randbytes(200_000) for n in range(8)}
    path = tmp_path / "outer.zip"
    path.write_bytes(zipped({"inner.zip": zipped(members, zipfile.ZIP_STORED)}))
    found: dict[str, bytes] = {}

    def take(name: str) -> None:
        found[name] = contents(path / "inner.zip" / name)

    threads = [threading.Thread(target=take, args=(name,)) for name in members]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == members


def test_a_forgotten_archive_is_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process remembers few archives; a reader of one that it forgets goes on to the end."""
    monkeypatch.setattr(archives, "_KEPT", 1)
    inner = zipped({"x": GML})
    (tmp_path / "a.zip").write_bytes(zipped({"inner.zip": inner}))
    (tmp_path / "b.zip").write_bytes(zipped({"inner.zip": inner}))
    for _ in range(2):
        with open_binary(tmp_path / "a.zip/inner.zip/x") as one:
            start = one.read(1000)
            assert contents(tmp_path / "b.zip/inner.zip/x") == GML
            assert start + one.read() == GML


def test_names(tmp_path: Path) -> None:
    """With the flag, with the extra field, UTF-8 without either, code page 932 and 437."""
    raw = "東京/建物_bldg.gml".encode("cp932")
    other = b"D\x81sseldorf\xff_bldg.gml"  # no cp932: 0xff begins no character of it
    apart = "か\u3099_bldg.gml".encode()
    path = tmp_path / "names.zip"
    path.write_bytes(
        archive_of(
            entry("横浜_bldg.gml".encode(), b"1", flags=0x800),
            entry(b"?_bldg.gml", b"2", extra=unicode_path(b"?_bldg.gml", "大阪_bldg.gml")),
            entry("札幌_bldg.gml".encode(), b"3"),
            entry(raw, b"4"),
            entry(other, b"5"),
            entry(apart, b"6"),
            entry(b"./a\\b//c_bldg.gml", b"7"),
            entry(b"d_bldg.gml", b"8", extra=unicode_path(b"other", "wrong.gml")),
        )
    )
    names = {f.relative_to(path).as_posix(): contents(f) for f in find_files(path, ("*.gml",))}
    assert names == {
        "横浜_bldg.gml": b"1", "大阪_bldg.gml": b"2", "札幌_bldg.gml": b"3",
        "東京/建物_bldg.gml": b"4", "Düsseldorf\u00a0_bldg.gml": b"5", "が_bldg.gml": b"6",
        "a/b/c_bldg.gml": b"7", "d_bldg.gml": b"8",
    }  # fmt: skip
    assert contents(path / "か\u3099_bldg.gml") == b"6"


def test_names_that_lead_astray_are_left_out_and_told(tmp_path: Path) -> None:
    """Upwards, absolute, with a drive or null byte, links, devices: no file anywhere is touched."""
    path = tmp_path / "evil.zip"
    secret = tmp_path / "secret.gml"
    secret.write_text("s")
    bad = [
        b"../secret.gml",
        b"/etc/x.gml",
        b"C:\\x.gml",
        b"a/../../x.gml",
        b"n\0.gml",
        b"..\\x.gml",
    ]
    path.write_bytes(
        archive_of(
            *(entry(name, b"<evil/>") for name in bad),
            entry(b"link.gml", b"/etc/passwd", mode=0o120777),
            entry(b"pipe.gml", b"", mode=0o010644),
            entry(b"good.gml", b"<a/>", mode=0o100644),
            entry(b"good.gml", b"<b/>"),
        )
    )
    found = find_files(path, ("*.gml",))
    assert found == (path / "good.gml",)
    assert contents(found[0]) == b"<b/>"
    members = set_aside(found, ("*.gml",))
    told = [f"{archive.name}: {name!a} {reason}" for archive, (name, reason) in members]
    assert set_aside(found, ("*.xml",)) == []
    assert len(told) == len(bad) + 3
    for words in ("leads out", "absolute path", "control characters", "symbolic link", "no file"):
        assert any(words in line for line in told), words
    assert any("there twice" in line for line in told)
    assert all(line.startswith("evil.zip: ") and "\n" not in line for line in told)
    assert secret.read_text() == "s"


HUGE = 1 << 31


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ([entry(b"a", b"x", flags=1)], "is encrypted"),
        ([entry(b"a", b"x", method=99)], "is encrypted"),
        ([entry(b"a", b"x", method=9, packed=b"x")], "compressed with Deflate64, which is not"),
        ([entry(b"a", b"x", method=77, packed=b"x")], "compressed with method 77"),
        ([entry(b"a", b"x", size=HUGE)], f"unpacks from 1 bytes to {HUGE} or more, over 200 times"),
        ([entry(b"a", b"x" * 500, method=8, size=400)], "unpacks to more than the 400 bytes its"),
        ([entry(b"a", b"x" * 500, method=8, size=600)], "unpacks to 500 bytes, its archive names 600"),
        ([entry(b"a", b"x" * 500, crc=7)], "has the checksum [0-9a-f]{8}, its archive names 00000007"),
        ([entry(b"a", b"", method=8, packed=b"\xff" * 40, size=5)], "does not unpack: Error -3"),
        ([entry(b"a", b"y" * 99, method=8, packed=b"\x00", size=5)], "is cut off: its compressed"),
    ],
)  # fmt: skip
def test_members_that_are_refused(tmp_path: Path, entries: list, reason: str) -> None:
    """One member, with its path and the numbers met; the others can be read."""
    path = tmp_path / "x.zip"
    path.write_bytes(archive_of(*entries, entry(b"good", b"g")))
    with pytest.raises(SourceError, match=rf"x\.zip/a: .*{reason}"):
        contents(path / "a")
    assert contents(path / "good") == b"g"


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    """150 MB of zeros in gzip, which names no size in advance; and in a member that does not lie."""
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(bytes(150_000_000), 9))
    with pytest.raises(SourceError, match=r"x\.gz: unpacks from \d+ bytes to 1\d{8} or more"):
        size_of(path)
    archive = tmp_path / "x.zip"
    archive.write_bytes(zipped({"a": bytes(150_000_000)}))
    with pytest.raises(SourceError, match=r"x\.zip/a: unpacks from \d+ bytes to 150000000"):
        open_binary(archive / "a")


def overlapping() -> bytes:
    """Two names for the same bytes."""
    return archive_of(entry(b"a", b"x" * 100), entry(b"b", b"x" * 100, offset=0))


def misplaced() -> bytes:
    """A member that begins where none does."""
    return archive_of(entry(b"pad", b"x" * 500), entry(b"a", b"y", offset=600))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (zipped(CITY)[:-1000], "cannot be read as a zip archive"),
        (b"", "cannot be read as a zip archive"),
        (b"PK\x03\x04 and no more", "cannot be read as a zip archive"),
        (overlapping(), "has members that overlap: 'a' and 'b'"),
        (archive_of(entry(b"a", b"x", size=HUGE)), ""),
        (misplaced(), "ends at byte|does not begin at byte"),
        (archive_of(entry(b"\xff\xfe", b"x", flags=0x800)), "cannot be read as a zip archive"),
    ],
)
def test_archives_that_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    """The whole archive, in one line with its name."""
    path = tmp_path / "broken.zip"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=rf"broken\.zip.*{reason}") as refused:
        contents(path / "a")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("MOST_MEMBERS", 2, "has 3 members, more than 2"),
        ("MOST_DIRECTORY_BYTES", 99, r"has a directory of \d+ bytes, more than 99"),
        ("LARGEST_TOTAL", 1000, r"says that it unpacks to \d+ bytes, more than 1000"),
    ],
)
def test_limits(
    city: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, reason: str
) -> None:
    """Members, directory and declared sizes, with the numbers met."""
    monkeypatch.setattr(f"citytwin.transports.zip_index.{limit}", value)
    with pytest.raises(SourceError, match=rf"city\.zip: {reason}"):
        contents(city / "udx/bldg/1_bldg.gml")


@pytest.mark.parametrize("cut", [1, 8, 9, 100, 5000])
def test_gzip_cut_off(tmp_path: Path, cut: int) -> None:
    """A clear refusal, however little is missing."""
    path = tmp_path / "x.gml.gz"
    path.write_bytes(gzip.compress(GML)[:-cut])
    with pytest.raises(SourceError, match=r"x\.gml\.gz: is cut off"):
        contents(path)


def test_no_gzip(tmp_path: Path) -> None:
    """Only the name says so."""
    path = tmp_path / "x.gml.gz"
    for content, reason in ((GML, "does not unpack"), (b"", "is cut off")):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=reason):
            contents(path)


SOUND = zipped(
    {
        "a/1.gml": b"<x/>" * 50,
        "b.zip": zipped({"2.gml": b"<y/>" * 50}),
        "3.gml.gz": gzip.compress(b"<z/>"),
    }
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.binary(max_size=4)), max_size=6))
def test_any_damage_is_told_or_harmless(tmp_path: Path, damage: list[tuple[int, bytes]]) -> None:
    """An archive with bytes overwritten: its members as they were, or a refusal; nothing else."""
    raw = bytearray(SOUND)
    for at, new in damage:
        raw[at : at + len(new)] = new
    path = tmp_path / "x.zip"
    path.write_bytes(raw)
    os.utime(path, ns=(hash(bytes(raw)) % 10**15, hash(bytes(raw)) % 10**15))
    told, read = [], []
    try:
        found = find_files(path, ("*.gml",))
    except SourceError as error:
        found, told = (), [str(error)]
    for file in found:
        try:
            read.append(contents(file))
        except SourceError as error:
            told.append(str(error))
    assert told or read
    assert all("x.zip" in line and "\n" not in line for line in told)
    assert set(read) <= {b"<x/>" * 50, b"<y/>" * 50, b"<z/>"}
