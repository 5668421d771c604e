"""Formats that say no file speaks of another: one by one, files give what they give together."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from citytwin.errors import SourceError
from citytwin.model.notes import summed
from citytwin.model.steps import Dataset, Format
from citytwin.store.tables import row_digests
from citytwin.transports.finding import find_files
from tests.contracts.inputs import label, params_of, steps_of

DEMO = Path(__file__).parents[2] / "data" / "demo"


def files_of(step: Format[Any]) -> tuple[Path, ...]:
    """Files of the demo city in a format."""
    try:
        return find_files(DEMO, step.patterns)
    except SourceError:
        return ()


APART = [s for s in steps_of(Format) if s.by_file(params_of(s)[0]) and len(files_of(s)) > 1]


def test_there_are_some() -> None:
    """Buildings of the demo city lie in several meshes."""
    assert "citygml" in {step.name for step in APART}


@pytest.mark.parametrize("step", APART, ids=label)
def test_files_read_apart_give_what_they_give_together(step: Format[Any]) -> None:
    """Tables row by row, rejects in their order, notes with their counts added up."""
    files, params = files_of(step), params_of(step)[0]

    def read(*some: Path) -> Any:
        return step.read(Dataset("source", DEMO, some, "EPSG:6677", "Asia/Tokyo"), params)

    together, apart = read(*files), [read(file) for file in files]
    for table, frame in together.tables.items():
        rows = pd.concat([one.tables[table] for one in apart], ignore_index=True)
        assert row_digests(rows).tolist() == row_digests(frame).tolist(), table.name
    assert [*chain.from_iterable(one.rejects for one in apart)] == [*together.rejects]
    notes = summed(chain.from_iterable(one.notes for one in apart))
    assert {note.en for note in notes} == {note.en for note in summed(together.notes)}
