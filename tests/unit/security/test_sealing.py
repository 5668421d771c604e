"""Sealed files: any range reads back, any damage is found, another key says which is needed."""

import io
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import SealError
from citytwin.security.sealed_streams import (
    SealedReader,
    SealingWriter,
    opened_bytes,
    sealed_bytes,
)
from citytwin.security.sealing import HEAD_BYTES, TAG_BYTES, FolderKey, begin_file, open_head

KEY = FolderKey(bytes(range(16)), bytes(range(32)))
SMALL_LOG2 = 4
"""Chunks of 16 bytes, so that short contents have many."""
CHUNK = 1 << SMALL_LOG2


def in_small_chunks(content: bytes, name: str = "a/b", key: FolderKey = KEY) -> bytes:
    """Seal in chunks of 16 bytes, chunk by chunk."""
    head, cipher = begin_file(key, name, SMALL_LOG2)
    parts = [content[i : i + CHUNK] for i in range(0, len(content), CHUNK)] or [b""]
    sealed = [cipher.seal(i, p, last=i == len(parts) - 1) for i, p in enumerate(parts)]
    return b"".join([head, *sealed])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for one file at a time."""
    return tmp_path_factory.mktemp("sealed")


def reader(folder: Path, sealed: bytes, name: str = "a/b", key: FolderKey = KEY) -> SealedReader:
    """Open bytes as a file."""
    path = folder / "file"
    path.write_bytes(sealed)
    return SealedReader(path, key, name)


@given(st.binary(max_size=100), st.lists(st.tuples(st.integers(0, 110), st.integers(0, 110))))
def test_any_range_is_that_of_the_plain_file(
    folder: Path, content: bytes, ranges: list[tuple[int, int]]
) -> None:
    """Sizes, places and ends are those of the content, whatever was read before."""
    with reader(folder, in_small_chunks(content)) as sealed, io.BytesIO(content) as plain:
        assert sealed.size == len(content)
        for begin, length in ranges:
            assert sealed.seek(begin) == plain.seek(begin)
            assert sealed.read(length) == plain.read(length)
            assert sealed.tell() == plain.tell()
        assert sealed.seek(0) == 0
        assert sealed.readall() == content


@given(st.lists(st.binary(max_size=200_000), max_size=3))
def test_what_is_written_piece_by_piece_reads_back(folder: Path, pieces: list[bytes]) -> None:
    """The writer cuts into chunks of 64 KiB whatever the pieces were."""
    with io.BytesIO() as target:
        with SealingWriter(target, KEY, "a/b") as writer:
            for piece in pieces:
                assert writer.write(piece) == len(piece)
        sealed = target.getvalue()
    whole = b"".join(pieces)
    chunks = max(1, -(-len(whole) // 65536))
    assert len(sealed) == HEAD_BYTES + len(whole) + chunks * TAG_BYTES
    with reader(folder, sealed) as file:
        assert file.readall() == whole
    assert opened_bytes(KEY, "a/b", sealed) == whole


@given(st.binary(min_size=1, max_size=60), st.data())
def test_any_flipped_bit_is_found(folder: Path, content: bytes, data: st.DataObject) -> None:
    """In the head, in a chunk or in a tag: reading it all never ends well."""
    sealed = bytearray(in_small_chunks(content))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealError):
        _read(folder, bytes(sealed))


@given(st.binary(max_size=100), st.data())
def test_any_cut_is_found_on_opening(folder: Path, content: bytes, data: st.DataObject) -> None:
    """As a power cut leaves a file: no prefix of it opens, also one that ends with a chunk."""
    sealed = in_small_chunks(content)
    end = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(SealError):
        reader(folder, sealed[:end])


@given(st.integers(2, 5), st.data())
def test_chunks_in_other_places_are_found(folder: Path, number: int, data: st.DataObject) -> None:
    """Swapped, repeated, left out, appended, or taken from another file of the same key."""
    content = bytes(range(CHUNK * number))
    head, *chunks = _parted(in_small_chunks(content))
    _, *others = _parted(in_small_chunks(content))
    moved = data.draw(
        st.one_of(
            st.permutations(chunks),
            st.just([*chunks[:-1], chunks[0], chunks[-1]]),
            st.just([*chunks, chunks[-1]]),
            st.just(chunks[1:]),
            st.just([others[0], *chunks[1:]]),
        ).filter(lambda found: found != chunks)
    )
    with pytest.raises(SealError):
        _read(folder, b"".join([head, *moved]))


def test_a_cut_is_found_whatever_was_read_before(folder: Path) -> None:
    """Chunks that are at hand from the whole file stand for none of a shorter one."""
    content = bytes(range(100))
    sealed = in_small_chunks(content)
    with reader(folder, sealed) as whole:
        assert whole.read(100) == content
    for end in range(HEAD_BYTES + TAG_BYTES, len(sealed)):
        with pytest.raises(SealError):
            reader(folder, sealed[:end])


@pytest.mark.parametrize("left", [0, 1, TAG_BYTES, CHUNK + TAG_BYTES - 1])
@pytest.mark.parametrize("size", [CHUNK, CHUNK - 1])
def test_a_cut_after_opening_is_found(folder: Path, left: int, size: int) -> None:
    """Of a chunk that is read whole, into its place, and of one that is read in part."""
    sealed = in_small_chunks(bytes(range(3 * CHUNK)))
    with reader(folder, sealed) as file:
        os.truncate(folder / "file", HEAD_BYTES + CHUNK + TAG_BYTES + left)
        file.seek(CHUNK)
        with pytest.raises(SealError, match="cut off"):
            file.read(size)


def test_a_file_in_the_place_of_another_is_found(folder: Path) -> None:
    """Also where both were sealed with the same key."""
    with pytest.raises(SealError, match="another file under this name"):
        reader(folder, in_small_chunks(b"heights", "tiles/0/0"), "tiles/0/1")


def test_a_file_of_another_folder_is_named(folder: Path) -> None:
    """The message says which folder key it was sealed with, and which is here."""
    other = FolderKey(b"another folder..", KEY.secret)
    with pytest.raises(SealError, match=f"{KEY.id.hex()}, not {other.id.hex()}"):
        reader(folder, in_small_chunks(b"x"), key=other)


def test_what_lies_in_clear_is_refused(folder: Path) -> None:
    """Never taken for content, however it came there."""
    with pytest.raises(SealError, match="no sealed file"):
        reader(folder, b"II*\0" + bytes(500))


def test_the_form_is_the_one_described(folder: Path) -> None:
    """A chunk opens with the bare cipher, its nonce and its number, as the document says."""
    sealed = in_small_chunks(b"0123456789abcdefXYZ")
    head, first, last = _parted(sealed)
    nonce, wrapped = head[44:56], head[56:104]
    data_key = AESGCM(KEY.secret).decrypt(nonce, wrapped, head[:44] + b"a/b")
    file_id = head[28:44]
    cipher = AESGCM(data_key)
    bound = [file_id + number.to_bytes(8, "big") for number in (0, 1)]
    assert cipher.decrypt(bytes(12), first, bound[0] + b"\0") == b"0123456789abcdef"
    assert cipher.decrypt(bytes(10) + b"\1\1", last, bound[1] + b"\1") == b"XYZ"
    assert open_head(KEY, head, "a/b").file_id == file_id


def test_equal_contents_are_sealed_differently() -> None:
    """Nobody sees from outside that two files, or two nights, are the same."""
    one, other = sealed_bytes(KEY, "n", b"same"), sealed_bytes(KEY, "n", b"same")
    assert one[HEAD_BYTES:] != other[HEAD_BYTES:]


def test_what_is_half_written_never_opens(folder: Path) -> None:
    """A writer that ends by an error seals no last chunk."""
    target = io.BytesIO()

    def fail_midway() -> None:
        with SealingWriter(target, KEY, "a/b") as writer:
            writer.write(bytes(70_000))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_midway()
    with pytest.raises(SealError):
        reader(folder, target.getvalue())


def _read(folder: Path, sealed: bytes) -> bytes:
    with reader(folder, sealed) as file:
        return file.readall()


def _parted(sealed: bytes) -> list[bytes]:
    body, whole = sealed[HEAD_BYTES:], CHUNK + TAG_BYTES
    return [sealed[:HEAD_BYTES], *(body[i : i + whole] for i in range(0, len(body), whole))]
