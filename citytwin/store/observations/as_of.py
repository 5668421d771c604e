"""Which rows hold as of a time of the city, and a time of our knowledge."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.as_of import Asked, Recent, Revisions, take_latest
from citytwin.kernels.observation_keys import Versions, rehash
from citytwin.model.tables import Flag
from citytwin.store.observations.blocks import Block, BlockCache, block_of
from citytwin.store.observations.manifest import Segment
from citytwin.store.observations.schema import MICROSECONDS_PER_DAY, FloatArray, Kind

DEPTH = 8
"""Latest rows of each series that are looked at, for its cadence and the tests of its quality."""
_FEW = 0.05
"""Share of the series below which only their groups of rows are read from sorted segments."""


@dataclass(frozen=True)
class Question:
    """What is asked of the store."""

    kind: Kind
    valid_us: int
    """Time of the city [us since 1970-01-01T00:00Z]."""
    known_us: int
    """Time of our knowledge [us]."""
    usable: Collection[Flag]
    lookback_us: int
    """How long before `valid_us` a row may lie [us]."""

    @property
    def first_day_us(self) -> int:
        """Begin of the days that are looked through for every series: the one before [us]."""
        return (self.valid_us // MICROSECONDS_PER_DAY - 1) * MICROSECONDS_PER_DAY

    @property
    def usable_flags(self) -> NDArray[np.bool_]:
        """Which flags count, shape (16,)."""
        usable = np.zeros(16, dtype=np.bool_)
        usable[[int(flag) for flag in self.usable]] = True
        return usable


@dataclass(frozen=True, eq=False)
class Answer:
    """The latest rows of m series, with the blocks that they are in."""

    series: NDArray[np.int32]
    """Shape (m,)."""
    recent: Recent
    blocks: dict[int, Block]

    def latest(self, values: Callable[[Block], NDArray[np.generic]]) -> NDArray[np.generic]:
        """Return a value of the latest row of each series, shape (m,).

        Parameters
        ----------
        values
            Returns a column of a block.
        """
        return _gathered(self.recent.segment[:, 0], self.recent.row[:, 0], self.blocks, values)

    def results(self) -> FloatArray:
        """Return the results of all rows, shape (m, k), the latest first; NaN for no row."""
        segment, row = self.recent.segment, self.recent.row
        flat = _gathered(segment.ravel(), row.ravel(), self.blocks, lambda block: block.result)
        return np.where(segment < 0, np.nan, flat.reshape(segment.shape)).astype(np.float64)

    def times_s(self) -> FloatArray:
        """Return when the intervals of all rows end, shape (m, k) [s]; NaN for no row."""
        return np.where(self.recent.segment < 0, np.nan, self.recent.end_us / 1e6)

    def known_s(self, series: NDArray[np.int64]) -> FloatArray:
        """Return when the rows of some series became known, shape (len(series), k) [s]; NaN for no row.

        Parameters
        ----------
        series
            Which of the m.
        """
        segment, row = self.recent.segment[series], self.recent.row[series]
        known_us = _gathered(
            segment.ravel(), row.ravel(), self.blocks, lambda block: block.versions.known_us
        ).astype(np.float64)
        return np.where(segment < 0, np.nan, known_us.reshape(segment.shape) / 1e6)

    def texts(self) -> list[str | None]:
        """Return the text of each series' latest row, m of them."""
        found: list[str | None] = [None] * len(self.series)
        for number, block in self.blocks.items():
            texts = block.table["text"]
            if texts.null_count == len(texts):
                continue
            here = np.flatnonzero(self.recent.segment[:, 0] == number)
            rows = self.recent.row[here, 0]
            for at, text in zip(here, texts.take(rows).to_pylist(), strict=True):
                found[at] = text
        return found


def _gathered(
    segment: NDArray[np.int32],
    row: NDArray[np.int64],
    blocks: dict[int, Block],
    values: Callable[[Block], NDArray[np.generic]],
) -> NDArray[np.generic]:
    found = None
    for number in np.unique(segment[segment >= 0]).tolist():
        here = np.flatnonzero(segment == number)
        column = values(blocks[number])
        if found is None:
            found = np.zeros(len(segment), dtype=column.dtype)
        found[here] = column[row[here]]
    return np.zeros(len(segment)) if found is None else found


class Rows(Protocol):
    """Where rows of one kind are found."""

    def of_days(
        self, first: int, last: int, wanted: NDArray[np.int32], *, few: bool
    ) -> Sequence[tuple[int, Block]]:
        """Return numbered blocks with all rows of some series and days, the oldest first.

        Parameters
        ----------
        first, last
            Days since 1970-01-01 in UTC on which intervals end.
        wanted
            Sorted numbers of the series; blocks may hold others.
        few
            Whether these are so few that the rest is not worth reading.
        """


@dataclass(frozen=True)
class SegmentRows:
    """Rows in segments on the disk."""

    segments: Sequence[Segment]
    """Of one kind, that count."""
    cache: BlockCache

    def of_days(
        self, first: int, last: int, wanted: NDArray[np.int32], *, few: bool
    ) -> list[tuple[int, Block]]:
        """As :class:`Rows` says."""
        return [
            (s.number, block_of(s, wanted) if few and s.in_order and s not in self.cache
             else self.cache.get(s))
            for s in self.segments
            if any(first <= day <= last for day in s.days)
        ]  # fmt: skip


def look_up(question: Question, series: NDArray[np.int32], rows: Rows) -> Answer:
    """Find the latest rows of some series.

    The day asked for and the one before are always looked through; further back only those series
    that had nothing in them. The answer does not depend on how rows are spread over blocks.

    Parameters
    ----------
    question
        What is asked.
    series
        Sorted numbers of the series.
    rows
        Of the kind.
    """
    m = len(series)
    recent = Recent(
        np.zeros((m, DEPTH), dtype=np.int64),
        np.zeros((m, DEPTH), dtype=np.int64),
        np.zeros((m, DEPTH), dtype=np.int64),
        np.full((m, DEPTH), -1, dtype=np.int32),
        np.zeros((m, DEPTH), dtype=np.int64),
    )
    answer = Answer(series, recent, {})
    day = question.valid_us // MICROSECONDS_PER_DAY
    low_us = question.first_day_us - 1
    first_us = question.valid_us - question.lookback_us
    last_day = day + 1 if question.kind is Kind.FORECAST else day
    _search(question, answer, rows, (max(low_us, first_us), day - 1, last_day))
    if first_us < low_us:
        first_day = first_us // MICROSECONDS_PER_DAY
        for earlier in range(day - 2, first_day - 1, -1):
            if (recent.segment[:, 0] >= 0).all():
                break
            low_us = max(first_us, earlier * MICROSECONDS_PER_DAY - 1)
            _search(question, answer, rows, (low_us, earlier, earlier))
    return answer


def _search(question: Question, answer: Answer, rows: Rows, span: tuple[int, int, int]) -> None:
    """Look through some days, for those series that have nothing yet."""
    low_us, first_day, last_day = span
    missing = answer.recent.segment[:, 0] < 0
    if not missing.any():
        return
    wanted = answer.series[missing]
    few = len(wanted) < _FEW * len(answer.series)
    numbered = rows.of_days(first_day, last_day, wanted, few=few)
    if not numbered:
        return
    position = np.full(int(answer.series[-1]) + 1, -1, dtype=np.int32)
    position[wanted] = np.flatnonzero(missing)
    asked = Asked(
        position, question.usable_flags, low_us, question.valid_us, question.known_us,
        question.kind is Kind.FORECAST,
    )  # fmt: skip
    revisions = _revisions([block for _, block in numbered])
    for own, block in reversed(numbered):  # latest first: less moves
        number = _number_for(answer, own, block)
        take_latest(block.versions, block.superseded_us, number, asked, revisions, answer.recent)


def _number_for(answer: Answer, number: int, block: Block) -> int:
    """Return a number for a block; a part of a segment read later gets one of its own."""
    while number in answer.blocks and answer.blocks[number] is not block:
        number += 1 << 24
    answer.blocks[number] = block
    return number


def _revisions(blocks: Sequence[Block]) -> Revisions:
    columns = [
        np.concatenate([column[block.revised] for column, block in pairs])
        for pairs in zip(*([(c, b) for c in b.versions] for b in blocks), strict=True)
    ]
    rows = Versions(*columns)
    count = len(rows.series)
    slots = np.empty(1 << max(2 * count, 1).bit_length(), dtype=np.int32)
    chain = np.empty(count, dtype=np.int32)
    rehash(rows, count, slots, chain)
    return Revisions(rows, slots, chain)
