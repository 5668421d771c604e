"""Versions of observations in any order, and what is to be answered: a few lines that look at all."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations import ObservationLookup, Observed
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


def replayed(facts: Sequence[Fact]) -> Observed:
    """Facts as rows that bring their own times of knowledge."""
    rows = [(thing, minute, float(value)) for thing, minute, value, _, _ in facts]
    flags, known = [fact[3] for fact in facts], [2000 + fact[4] for fact in facts]
    return levels(rows, flags=flags, known=known)


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


def found(reader: ObservationLookup, minute: int, known: int) -> dict[str, tuple[object, ...]]:
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
