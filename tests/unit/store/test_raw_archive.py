"""Raw payloads are kept by their content, and come back byte for byte."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.errors import StoreError
from citytwin.store.raw_archive import RawArchive


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=300), max_size=12))
def test_what_is_kept_comes_back(
    tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]
) -> None:
    """By the whole name, and by the 16 bytes that observations carry; also in another life."""
    folder = tmp_path_factory.mktemp("raw")
    with RawArchive(folder) as archive:
        names = archive.keep(contents)
    with RawArchive(folder) as archive:
        for name, content in zip(names, contents, strict=True):
            assert name == hashlib.sha256(content).digest()
            assert archive.content(name) == archive.content(name[:16]) == content
            assert archive.name_of(name[:16]) == name
        assert set(archive.names()) == set(names)


def test_the_same_is_kept_once(tmp_path: Path) -> None:
    """Within a batch and between two; a batch with nothing new writes no file."""
    with RawArchive(tmp_path) as archive:
        archive.keep([b"a", b"b", b"a"])
        archive.keep([b"b", b"c"])
        archive.keep([b"a", b"c"])
        assert len(list(tmp_path.glob("*/*.zst"))) == 2
        assert len(list(archive.names())) == 3


def test_damage_and_absence_are_told(tmp_path: Path) -> None:
    """Never another content in its place."""
    with RawArchive(tmp_path) as archive:
        (name,) = archive.keep([b"rain" * 100])
        with pytest.raises(StoreError, match="no payload"):
            archive.content(b"\0" * 32)
        assert archive.name_of(b"\0" * 16) is None
        with pytest.raises(StoreError, match="name no payload"):
            archive.content(b"abc")
        (file,) = tmp_path.glob("*/*.zst")
        whole = file.read_bytes()
        file.write_bytes(whole[:-5])
        with pytest.raises(StoreError, match=file.name):
            archive.content(name)
        file.unlink()
        with pytest.raises(StoreError, match=file.name):
            archive.content(name)
