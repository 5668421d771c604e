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

from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import ObservationReader, ObservationStore
from tests.unit.store.observations.rows import at, levels

Fact = tuple[str, int, int, Flag, int]
"""Thing, minute, result, flag, minute from which on it is known."""
FACTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.sampled_from([0, 1, 1500]),
        st.integers(0, 3),
        st.sampled_from([Flag.GOOD, Flag.GOOD, Flag.BAD]),
        st.integers(0, 6),
    ),
    min_size=1,
    max_size=14,
)


def stored(folder: Path, facts: Sequence[Fact], sizes: Sequence[int]) -> ObservationReader:
    """Replay facts in batches of some sizes."""
    with ObservationStore.open(folder) as store:
        begin = 0
        for size in (*sizes, len(facts)):
            part = facts[begin : begin + size]
            if part:
                rows = [(thing, minute, float(value)) for thing, minute, value, _, _ in part]
                flags, known = [fact[3] for fact in part], [2000 + fact[4] for fact in part]
                store.append(levels(rows, flags=flags, known=known))
                store.commit()
            begin += size
            if sizes and begin > len(facts) // 2:
                store.compact()
    return ObservationReader(folder)


def expected(facts: Sequence[Fact], minute: int, known: int) -> dict[str, tuple[object, ...]]:
    """Latest good value of each thing, since when it is known, and whether it corrects another."""
    answer = {}
    for thing in ("a", "b"):
        for moment in sorted({f[1] for f in facts if f[0] == thing and f[1] <= minute}):
            # Of versions that became known at once the larger result comes later, as the store
            # says; positive floats are ordered as their bits are.
            versions = sorted(
                (f[4], f[2], f[3]) for f in set(facts)
                if f[0] == thing and f[1] == moment and f[4] <= known
            )  # fmt: skip
            if not versions or versions[-1][2] is not Flag.GOOD:
                continue
            said = [version[1:] for version in versions]
            begin = len(said) - 1
            while begin and said[begin - 1] == said[-1]:
                begin -= 1
            answer[thing] = (moment, said[-1][0], versions[begin][0], begin > 0)
    return answer


def found(reader: ObservationReader, minute: int, known: int) -> dict[str, tuple[object, ...]]:
    """The same, as the store answers."""
    frame = reader.state(at(minute), at(2000 + known)).frame
    return {
        row.thing: (
            (row.phenomenon_end - at(0)).total_seconds() / 60,
            row.result,
            (row.known_at - at(2000)).total_seconds() / 60,
            bool(row.tests & QualityTest.CORRECTED),
        )
        for row in frame.itertuples()
    }


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
