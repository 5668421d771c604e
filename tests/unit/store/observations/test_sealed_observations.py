"""What a restricted feed reports reaches the disk only sealed, and reads back the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citytwin.alerts.silence import Silence
from citytwin.errors import KeyAccessError, SealError, StoreError
from citytwin.model.tables import Flag
from citytwin.model.warning_levels import WarningLevel
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import KEYS_FILE
from citytwin.security.sealed_streams import SealedReader
from citytwin.store.alert_marks import AlertMarks
from citytwin.store.backup import Places, back_up, restore
from citytwin.store.observations import (
    ALERTS,
    RAW,
    DeadLetter,
    ObservationReader,
    ObservationStore,
    Thing,
    folder_of,
    raw_ref_of,
)
from citytwin.store.observations.manifest import MANIFEST
from citytwin.store.observations.schema import SEGMENT
from citytwin.store.observations.segments import read_segment
from citytwin.store.outbox import HistoryEntry, Outbox, Parcel
from citytwin.store.raw_archive import RawArchive
from citytwin.store.sealed_keys import ensure_sealed
from tests.unit.store.observations.rows import Clock, at, levels

MARK = "SecretPumpingStation"
PAYLOAD = f"a payload of {MARK}".encode()
VALUE = 1234.5678


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder ``out`` with a folder for sealed observations, and its key."""
    keys = tmp_path / "keys"
    write_new_key(keys, "town-2026")
    monkeypatch.setenv("CITYTWIN_KEYS", str(keys))
    sealed_folders.forget_keys()
    ensure_sealed(folder_of(tmp_path / "out/.sealed/town"), "town-2026", open_ring())
    yield tmp_path / "out"
    sealed_folders.forget_keys()


def assert_nothing_in_clear(folder: Path) -> None:
    """No file but the wrapped key can be read by who knows its form."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for secret in (MARK.encode(), np.float64(VALUE).tobytes(), b"PAR1", b"SQLite format"):
            assert secret not in content, (secret, path)


def observe(folder: Path, meanwhile: Callable[[Path], None] = assert_nothing_in_clear) -> None:
    """Everything that the running twin keeps, once."""
    thing = Thing(MARK, "river", MARK, "gauge", 139.7, 35.7)
    letter = DeadLetter("river", "no-value", f"{MARK}: nothing", MARK, raw_ref_of(PAYLOAD))
    with ObservationStore.open(folder, clock=Clock(5)) as store:
        store.append(levels([(MARK, 0, VALUE), (MARK, 1, VALUE + 1), ("b", 0, 2.0)]))
        store.things([thing])
        store.dead_letter(letter)
        store.commit({"river": MARK})
        meanwhile(folder)  # nor in the log that SQLite keeps meanwhile
    with RawArchive(folder / RAW) as archive:
        archive.keep([PAYLOAD])
    with Outbox(folder / ALERTS) as outbox:
        parcel = Parcel("hook", "k", PAYLOAD, "text/plain", target=MARK)
        outbox.record({"rule": MARK}, [HistoryEntry("1", MARK, 1.0, MARK)], [parcel], 1.0)
        until = datetime(2026, 7, 2, tzinfo=UTC)
        silence = Silence("rule", WarningLevel(3), until, MARK, MARK)
        AlertMarks(folder / ALERTS).silence(silence, at(0))
        meanwhile(folder)


def seen(folder: Path) -> list[object]:
    """All that is kept."""
    reader = ObservationReader(folder)
    try:
        history = reader.history(MARK, "water_level", at(-1), at(9)).frame
        state = reader.state(at(9))
        here = state.frame[["thing", "result", "longitude_deg"]].fillna(0.0).to_dict("list")
        found = [history["result"].tolist(), here, reader.dead_letters(), reader.cursors()]
    finally:
        reader.close()
    with RawArchive(folder / RAW) as archive, Outbox(folder / ALERTS) as outbox:
        found += [archive.content(raw_ref_of(PAYLOAD)), outbox.states(), outbox.history()]
        found.append(outbox.first("hook", 2.0))
    return [*found, AlertMarks(folder / ALERTS).decisions()]


def test_nothing_lies_in_clear_and_all_comes_back(out: Path) -> None:
    """The same as from a store in clear; segments put together too."""
    sealed, clear = folder_of(out / ".sealed/town"), folder_of(out / "town")
    assert (sealed, clear) == (out / ".observations/.sealed/town", out / ".observations/town")
    observe(sealed)
    with ObservationStore.open(clear, clock=Clock(5)) as store:
        assert store.cursor("river") is None
    with pytest.raises(AssertionError):
        observe(clear)  # the look for secrets finds them where they are
    assert_nothing_in_clear(sealed)
    before = seen(sealed)
    assert before[0] == [VALUE, VALUE + 1]
    with ObservationStore.open(sealed, clock=Clock(6)) as store:
        assert store.cursor("river") == MARK
        store.append(levels([(MARK, 2, 3.0)], flags=[Flag.SUSPECT]))
        store.commit()
        assert store.compact() == 1
    assert seen(sealed)[0] == [VALUE, VALUE + 1, 3.0]
    assert_nothing_in_clear(sealed)


def test_names_of_payloads_tell_nothing(out: Path) -> None:
    """Who guesses a payload cannot find out by its digest whether it came."""
    sealed, clear = folder_of(out / ".sealed/town") / RAW, out / "raw"
    names = []
    for folder in (sealed, clear):
        with RawArchive(folder) as archive:
            archive.keep([b"42"])
        names.append(next(folder.glob("*/*.zst")).stem)
    assert names[0] != names[1]


def test_only_what_is_asked_for_is_opened(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a segment of many chunks, those of one column."""
    folder = folder_of(out / ".sealed/town")
    rng = np.random.default_rng(7)
    rows = [("a", float(minute), value) for minute, value in enumerate(rng.random(60_000))]
    with ObservationStore.open(folder, clock=Clock(60_000)) as store:
        store.append(levels(rows))
        store.commit()
    (segment,) = folder.rglob("*.parquet")
    opened: list[int] = []
    whole = SealedReader._sealed

    def counted(self: SealedReader, number: int) -> memoryview:
        opened.append(number)
        return whole(self, number)

    monkeypatch.setattr(SealedReader, "_sealed", counted)
    assert read_segment(segment, ["series"]).num_rows == 60_000
    few = len(set(opened))
    assert read_segment(segment, SEGMENT.names).num_rows == 60_000
    assert len(set(opened)) > 3 * few


def test_another_database_damage_and_a_missing_key_are_told(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In words; nothing is made anew in their place."""
    folder = folder_of(out / ".sealed/town")
    observe(folder)
    manifest, alerts = folder / MANIFEST, folder / ALERTS
    kept = manifest.read_bytes()
    manifest.write_bytes(alerts.read_bytes())
    with pytest.raises(SealError, match="sealed under another name"):
        ObservationReader(folder)
    manifest.write_bytes(bytes([*kept[:20], kept[20] ^ 1, *kept[21:]]))
    with pytest.raises(SealError, match="damaged"):
        ObservationStore.open(folder)
    manifest.write_bytes(kept[: len(kept) // 4096 // 2 * 4096])
    with pytest.raises(StoreError):
        ObservationReader(folder).state(at(9))
    monkeypatch.delenv("CITYTWIN_KEYS")
    sealed_folders.forget_keys()
    manifest.write_bytes(kept)
    with pytest.raises(KeyAccessError, match="town-2026"):
        ObservationReader(folder)
    assert manifest.read_bytes() == kept
    (folder / KEYS_FILE).unlink()
    with pytest.raises(KeyAccessError, match="missing"):
        ObservationStore.open(folder)


def test_a_backup_is_sealed_too_and_comes_back(out: Path, tmp_path: Path) -> None:
    """Into the same place elsewhere, with the key of the folder."""
    observe(folder_of(out / ".sealed/town"))
    config = tmp_path / "city.yaml"
    config.write_text("city: {id: town}\n")
    here = _places(out)
    made = back_up(here, config, tmp_path / "vault", datetime(2026, 7, 2, tzinfo=UTC))
    assert_nothing_in_clear(made.folder / "observations")
    there = _places(tmp_path / "other")
    restore(made.folder, there)
    assert seen(there.observations) == seen(here.observations)


def _places(out: Path) -> Places:
    city = out / ".sealed/town"
    return replace(Places("town", city, folder_of(city), out / "journal"), private=True)
