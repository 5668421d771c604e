"""Any order of arrival gives the same state, at every time of the city and of our knowledge.

The expected answers come from a few lines of plain Python that look at all versions at once.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.store.observations import ObservationReader, ObservationStore
from tests.unit.store.observations.facts import FACTS, Fact, expected, found, replayed
from tests.unit.store.observations.rows import at


def stored(folder: Path, facts: Sequence[Fact], sizes: Sequence[int]) -> ObservationReader:
    """Replay facts in batches of some sizes."""
    with ObservationStore.open(folder) as store:
        begin = 0
        for size in (*sizes, len(facts)):
            part = facts[begin : begin + size]
            if part:
                store.append(replayed(part))
                store.commit()
            begin += size
            if sizes and begin > len(facts) // 2:
                store.compact()
    return ObservationReader(folder)


@settings(max_examples=15, deadline=None)
@given(facts=FACTS, seed=st.integers(0, 1 << 30), sizes=st.lists(st.integers(1, 5), max_size=4))
def test_any_order_gives_the_same_state(facts: list[Fact], seed: int, sizes: list[int]) -> None:
    """Shuffled, cut into other batches, and put together into days."""
    shuffled = list(facts)
    random.Random(seed).shuffle(shuffled)
    with TemporaryDirectory() as folder:
        reader = stored(Path(folder) / "a", facts, ())
        other = stored(Path(folder) / "b", shuffled, sizes)
        for minute in (0, 1, 1499, 1500):
            for known in range(-1, 7):
                want = expected(facts, minute, known)
                assert found(reader, minute, known) == want
                assert found(other, minute, known) == want
        pd.testing.assert_frame_equal(
            reader.state(at(1500)).frame, other.state(at(1500)).frame, check_exact=True
        )
        reader.close()
        other.close()
