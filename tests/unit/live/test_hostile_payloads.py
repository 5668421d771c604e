"""Every malformed class of every format ends in the dead letters with its reason, and nowhere else."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin import registry
from citytwin.errors import StoreError
from citytwin.live import intake as intake_module
from citytwin.live.intake import Intake, Way
from citytwin.live.recent import Recent
from citytwin.model.steps import Format
from citytwin.store.observations import DeadLetter, DecodedFeed, ObservationReader, ObservationStore
from citytwin.store.observations.queueing import Receipt
from citytwin.store.raw_archive import RawArchive
from citytwin.transports.connector import Delivery, Payload, Standing
from tests.unit.formats.malformed_guard import guarded
from tests.unit.live.format_decoders import decoder, payload
from tests.unit.live.good_payloads import FETCHED, GOOD, Good
from tests.unit.live.hostile import refused

_PAYLOADS = {name: refused(good) for name, good in GOOD.items()}
CLASSES = [(name, kind) for name, payloads in _PAYLOADS.items() for kind in payloads]
SPOILT = [(name, kind) for name, good in GOOD.items() for kind in good.spoilt]


def damaged(good: Good, kind: str) -> bytes:
    """With one thing wrong."""
    old, new = good.spoilt[kind]
    assert old in good.content, "nothing would be spoilt"
    return good.content.replace(old, new)


def letters_of(stored: DecodedFeed | DeadLetter) -> tuple[DeadLetter, ...]:
    """All dead letters of a payload; what is kept beside them can be an observation."""
    if isinstance(stored, DeadLetter):
        return (stored,)
    start, end = stored.rows.times
    assert (start <= end).all()
    assert (end <= (FETCHED + timedelta(minutes=5)).timestamp() * 1e6).all()
    assert not np.isinf(stored.rows.results).any()
    return stored.letters


def test_no_format_is_left_out() -> None:
    """A new one needs a good payload here."""
    assert set(GOOD) == {step.name for step in registry.all_of(Format) if step.decode}


@pytest.mark.parametrize("name", GOOD)
def test_the_payloads_are_good_before_they_are_spoilt(name: str) -> None:
    """Else the tests below would test nothing."""
    batch, stored = decoder(name).decode(payload(name, GOOD[name].content))
    assert batch is not None, stored
    assert letters_of(stored) == ()
    assert bool(batch.images) == GOOD[name].images
    assert batch.readings or batch.images


@pytest.mark.parametrize(("name", "kind"), CLASSES)
def test_what_cannot_be_read_is_a_dead_letter(name: str, kind: str, tmp_path: Path) -> None:
    """With a reason, and no row; nothing outside is opened."""
    with guarded(tmp_path):
        batch, stored = decoder(name).decode(payload(name, _PAYLOADS[name][kind]))
    letters = letters_of(stored)
    assert letters
    assert all(letter.reason != "fault" for letter in letters), letters
    assert all(letter.message for letter in letters)
    assert batch is None or not (batch.readings or batch.images)


@pytest.mark.parametrize(("name", "kind"), SPOILT)
def test_a_record_that_cannot_be_true_is_a_dead_letter(name: str, kind: str) -> None:
    """Told with its reason; what else the payload holds may stay."""
    good = GOOD[name]
    whole, _ = decoder(name).decode(payload(name, good.content))
    batch, stored = decoder(name).decode(payload(name, damaged(good, kind)))
    letters = letters_of(stored)
    assert letters
    assert all(letter.reason != "fault" for letter in letters), letters
    assert whole is not None
    if batch is not None and batch.alerts == whole.alerts:
        assert list(batch.readings) != list(whole.readings)


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=10)
@given(data=st.data())
def test_any_bytes_are_rows_or_letters(name: str, data: st.DataObject) -> None:
    """A stretch of a good payload replaced by others: never an exception, never a fault of ours."""
    raw = GOOD[name].content
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 40)))
    new = data.draw(st.binary(max_size=40) | st.sampled_from([b"NaN", b"-1", b"9" * 400, b"null"]))
    _, stored = decoder(name).decode(payload(name, raw[:start] + new + raw[end:]))
    assert all(letter.reason != "fault" for letter in letters_of(stored))


class _Once:
    """A way in that has one delivery."""

    def __init__(self, name: str, payloads: tuple[Payload, ...]) -> None:
        self.name, self._left = name, [payloads]

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        return Delivery(self._left.pop(), cursor) if self._left else None

    def standing(self) -> Standing:
        return Standing(connected=True)

    def close(self) -> None:
        """Nothing is open."""


def test_all_of_them_at_once_leave_the_store_as_if_only_the_good_had_come(tmp_path: Path) -> None:
    """Good payloads among hostile ones, of all formats: every good row is there, and once."""
    ways, wanted, hostile = [], Counter[str](), 0
    for name, good in GOOD.items():
        decoded, stored = decoder(name).decode(payload(name, good.content))
        assert decoded is not None
        assert isinstance(stored, DecodedFeed)
        wanted[name] = len(stored.rows)
        bad = _PAYLOADS[name].values()
        hostile += len(bad)
        mixed = tuple(itertools.chain.from_iterable((b, good.content) for b in bad))
        ways.append(Way(_Once(name, tuple(payload(name, raw) for raw in mixed)), decoder(name)))
    stop = threading.Event()
    with ObservationStore.open(tmp_path / "obs") as store, RawArchive(tmp_path / "raw") as archive:
        intake = Intake(ways, store, archive, Recent(timedelta(hours=1)), stop)
        intake.start()
        while sum(intake.payloads.values()) < 2 * hostile:
            intake.step(5.0)
        stop.set()
        assert intake.drain(20.0)
        assert len(list(archive.names())) > hostile // 2, "raw payloads are kept, bad ones too"
    reader = ObservationReader(tmp_path / "obs")
    assert reader.totals().stored == sum(wanted.values())
    letters = reader.dead_letters(1 << 20)
    assert len({(x.letter.source, x.letter.raw_ref) for x in letters}) == hostile
    assert {x.letter.source for x in letters} == set(GOOD)
    assert {"fault"}.isdisjoint(x.letter.reason for x in letters)
    reader.close()


def test_a_commit_that_fails_is_told_until_one_succeeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a disk that is full for a while: nothing is lost, and health knows."""
    name, good = next(iter(GOOD.items()))
    way = Way(_Once(name, (payload(name, good.content),)), decoder(name))
    stop, whole, tries = threading.Event(), ObservationStore.commit, itertools.count()

    def commit(store: ObservationStore, cursors: Mapping[str, str] | None = None) -> Receipt:
        if next(tries) < 2:
            raise StoreError("no space left")
        return whole(store, cursors)

    monkeypatch.setattr(ObservationStore, "commit", commit)
    monkeypatch.setattr(intake_module, "_AGAIN_S", 0.01)
    with ObservationStore.open(tmp_path / "obs") as store, RawArchive(tmp_path / "raw") as archive:
        intake = Intake([way], store, archive, Recent(timedelta(hours=1)), stop)
        intake.start()
        receipts, faults = [], []
        while not any(receipts):
            receipts.append(intake.step(5.0))
            faults.append(intake.fault)
        assert "no space left" in faults[0]
        assert faults[-1] == ""
        assert intake.totals["stored"] > 0
        stop.set()
        assert intake.drain(20.0)
