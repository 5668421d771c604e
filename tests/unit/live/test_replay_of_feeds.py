"""Payloads of all formats replayed in any order: the same state to the bit, whatever came twice or late."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from citytwin.store.observations import DeadLetter, DecodedFeed, ObservationReader, ObservationStore
from citytwin.store.observations.observed import Observed
from tests.unit.live.format_decoders import decoder, payload
from tests.unit.live.good_payloads import FETCHED, GOOD
from tests.unit.live.hostile import refused

MINUTES = (0, 1, 2)
"""When each payload became known after it was fetched: first, corrected, and as at first again."""
Delivery = Observed | DeadLetter


def versions(rows: Observed) -> list[Observed]:
    """The rows as they were, each value one larger a minute later, and as they were."""
    known_us = round(FETCHED.timestamp() * 1e6)
    return [
        replace(
            rows,
            result=rows.results + (minute == 1),
            known_us=np.full(len(rows), known_us + minute * 60_000_000),
        )
        for minute in MINUTES
    ]


@pytest.fixture(scope="module")
def deliveries() -> list[Delivery]:
    """All that all formats bring, good and malformed, in the order in which it became known."""
    good: list[Observed] = []
    letters: list[DeadLetter] = []
    for name, one in GOOD.items():
        _, stored = decoder(name).decode(payload(name, one.content))
        assert isinstance(stored, DecodedFeed)
        good += versions(stored.rows)
        for content in refused(one).values():
            _, bad = decoder(name).decode(payload(name, content))
            letters += [bad] if isinstance(bad, DeadLetter) else bad.letters
    good.sort(key=lambda rows: int(np.asarray(rows.known_us)[0]))
    return [*good, *letters]


def kept(folder: Path, deliveries: Sequence[Delivery], sizes: Sequence[int]) -> ObservationReader:
    """Keep deliveries in commits of some sizes, and put segments together halfway."""
    with ObservationStore.open(folder) as store:
        begin = 0
        for size in (*sizes, len(deliveries)):
            for delivery in deliveries[begin : begin + size]:
                if isinstance(delivery, DeadLetter):
                    store.dead_letter(delivery)
                else:
                    store.append(delivery)
            store.commit()
            begin += size
        store.compact()
    return ObservationReader(folder)


def answers(reader: ObservationReader) -> list[pd.DataFrame]:
    """What was known before, at first, after the correction, and after it was taken back."""
    ends: list[datetime] = [FETCHED + timedelta(minutes=minute) for minute in (-1, *MINUTES)]
    ever = timedelta(days=20_000)
    return [reader.state(FETCHED, known, lookback=ever).frame for known in ends]


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_all_formats(deliveries: list[Delivery], seed: int, tmp_path: Path) -> None:
    """Every delivery three times, shuffled, in commits of any size, some of them late by all others."""
    chance = random.Random(seed)
    mixed = [delivery for delivery in deliveries for _ in range(3)]
    chance.shuffle(mixed)
    sizes = [chance.randint(1, 60) for _ in range(8)]
    plain, other = kept(tmp_path / "a", deliveries, ()), kept(tmp_path / "b", mixed, sizes)
    rows = [delivery for delivery in deliveries if isinstance(delivery, Observed)]
    for want, got in zip(answers(plain), answers(other), strict=True):
        pd.testing.assert_frame_equal(got, want, check_exact=True)
    before, first, corrected, last = answers(other)
    assert before.empty
    assert set(first["source"]) == {one.source for one in rows if len(one)}
    known = first["result"].notna()
    assert known.any()
    assert (corrected.loc[known, "result"] - first.loc[known, "result"]).to_numpy() == (
        pytest.approx(1.0, rel=1e-9)
    )
    pd.testing.assert_series_equal(last["result"], first["result"], check_exact=True)
    letters = {delivery for delivery in deliveries if isinstance(delivery, DeadLetter)}
    for reader in (plain, other):
        assert {found.letter for found in reader.dead_letters(1 << 20)} == letters
        assert reader.totals().dead_letters == len(letters)
        reader.close()
