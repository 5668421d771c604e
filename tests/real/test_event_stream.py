"""An at-least-once stream of events with known totals: repeats, corrections, late rows and faults.

What must come out stands beside the stream; its names and times are those of the stream.
"""

from __future__ import annotations

import dataclasses
import gzip
import json
import random
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from citytwin.model.tables import Flag
from citytwin.store.observations import (
    Checked,
    ObservationReader,
    ObservationStore,
    Observed,
    RawRows,
    checked,
    raw_ref_of,
)
from tests.unit.store.observations.rows import us

Event = dict[str, Any]
NAMES = {"water_level": "water_surface_height_above_reference_datum"}
"""Of the stream, where the project has another one."""


@pytest.fixture(scope="module")
def folder(samples: Path) -> Path:
    """Where the stream is."""
    return samples / "feeds" / "stream"


@pytest.fixture(scope="module")
def events(folder: Path) -> list[Event]:
    """In the order in which they arrived."""
    with gzip.open(folder / "stream.ndjson.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def expected(folder: Path) -> dict[str, Any]:
    """Totals and answers."""
    found: dict[str, Any] = json.loads((folder / "stream.expected.json").read_text("utf-8"))
    return found


def checked_event(event: Event) -> Checked:
    """One message, as it came."""
    time = pa.array([event["phenomenon_time"]])
    raw = RawRows(
        source=event["source"],
        thing=pa.array([event["thing"]]),
        observed=pa.array([NAMES.get(event["property"], event["property"])]),
        unit=pa.array([event["unit"]]),
        start=time,
        end=time,
        result=pa.array([event["result"]], pa.float64()),
        raw_ref=raw_ref_of(json.dumps(event).encode()),
        ranges={NAMES["water_level"]: (-5.0, 30.0)},
    )
    return checked(raw, datetime.fromisoformat(event["ingest_time"]))


def stamped(event: Event, done: Checked, *, in_order: bool) -> Observed:
    """Its rows with the time at which they arrived."""
    known = [us(datetime.fromisoformat(event["ingest_time"]))] * len(done.rows)
    return dataclasses.replace(done.rows, known_us=known, in_order=in_order)


@pytest.fixture(scope="module")
def messages(events: list[Event]) -> list[tuple[Event, Checked]]:
    """Every event, checked."""
    return [(event, checked_event(event)) for event in events]


@pytest.fixture(scope="module")
def live(
    messages: list[tuple[Event, Checked]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Counter[str]]:
    """The stream as it comes; what became of its events."""
    folder = tmp_path_factory.mktemp("stream") / "live"
    totals: Counter[str] = Counter()
    with ObservationStore.open(folder) as store:
        for number, (event, done) in enumerate(messages, 1):
            store.append(stamped(event, done, in_order=True))
            for letter in done.letters:
                store.dead_letter(letter)
                totals[letter.reason] += 1
            if number % 100 == 0 or number == len(messages):
                receipt = store.commit({"feedA": event["ingest_time"]})
                totals["stored"] += receipt.stored
                totals["repeats"] += receipt.repeats
                totals["revisions"] += receipt.revisions
            store.tidy()
    return folder, totals


def answers(reader: ObservationReader, expected: dict[str, Any]) -> list[tuple[Any, Any]]:
    """Latest good value of a thing as of two times, for all questions."""
    found = []
    for question in expected["as_of"]:
        times = (datetime.fromisoformat(question[name]) for name in ("valid_at", "known_at"))
        frame = reader.state(*times, usable=(Flag.GOOD,)).frame
        frame = frame[frame["thing"] == question["thing"]]
        found.append(
            (None, None)
            if frame.empty
            else (frame["phenomenon_end"].iloc[0], frame["result"].iloc[0])
        )
    return found


def wanted(expected: dict[str, Any]) -> list[tuple[Any, Any]]:
    """The same, as it must be."""
    return [
        (None, None)
        if question["result"] is None
        else (pd.Timestamp(question["phenomenon_time"]), question["result"])
        for question in expected["as_of"]
    ]


def test_totals(live: tuple[Path, Counter[str]], expected: dict[str, Any]) -> None:
    """Every event is accounted for: kept, repeated, corrected, or set aside with its reason."""
    _, totals = live
    kinds = expected["kinds"]
    assert totals["repeats"] == kinds["duplicate_exact"]
    assert totals["revisions"] == kinds["correction"]
    assert totals["stored"] - totals["revisions"] == expected["unique_accepted"]
    assert totals["future"] == kinds["future_skew"]
    assert totals["unit"] == kinds["unit_unknown"]
    assert totals["zone"] == kinds["naive_time"]
    assert totals["future"] + totals["unit"] + totals["zone"] == expected["rejected"]


def test_answers_as_of_two_times(live: tuple[Path, Counter[str]], expected: dict[str, Any]) -> None:
    """Twenty of them, among them one from before the first event."""
    reader = ObservationReader(live[0])
    for got, want in zip(answers(reader, expected), wanted(expected), strict=True):
        assert got[0] == want[0]
        # The stream rounds degrees Fahrenheit to thousandths of a degree Celsius.
        assert got[1] is want[1] or round(got[1], 3) == want[1]


def test_sums(live: tuple[Path, Counter[str]], expected: dict[str, Any]) -> None:
    """Of the versions that hold in the end."""
    reader = ObservationReader(live[0])
    good = bad = missing = 0
    total = 0.0
    start, end = (datetime.fromisoformat(f"2026-{d}T00:00:00+00:00") for d in ("08-31", "09-03"))
    now = reader.state(end, usable=tuple(Flag), lookback=timedelta(days=9)).frame
    for row in now.itertuples():
        frame = reader.history(row.thing, row.property, start, end, tested=False).frame
        good += int((frame["flag"] == Flag.GOOD).sum())
        bad += int((frame["flag"] == Flag.BAD).sum())
        missing += int((frame["flag"] == Flag.MISSING).sum())
        total += float(frame.loc[frame["flag"] == Flag.GOOD, "result"].round(3).sum())
    assert (good, missing) == (expected["good"], expected["missing"])
    assert bad == expected["bad_range"]
    assert total == pytest.approx(expected["sum_good_result"], abs=1e-6)


@pytest.mark.parametrize("seed", [1, 2])
def test_replay_in_random_order(
    messages: list[tuple[Event, Checked]], expected: dict[str, Any], tmp_path: Path, seed: int
) -> None:
    """In batches of other sizes: the same answers."""
    shuffled = list(messages)
    random.Random(seed).shuffle(shuffled)
    with ObservationStore.open(tmp_path / "obs") as store:
        for number, (event, done) in enumerate(shuffled):
            store.append(stamped(event, done, in_order=False))
            if number % (997 * seed) == 0:
                store.commit()
        store.commit()
    reader = ObservationReader(tmp_path / "obs")
    for got, want in zip(answers(reader, expected), wanted(expected), strict=True):
        assert got[0] == want[0]
        assert got[1] is want[1] or round(got[1], 3) == want[1]
