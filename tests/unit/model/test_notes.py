"""Remarks of parts of one whole: said once, with their counts added up."""

from __future__ import annotations

from citytwin.model.notes import Note, Worst, summed, tally
from citytwin.model.text import text

LOST = text("{count} 件なし", "{count} are missing")


def test_counts_are_added_up_where_they_came_first() -> None:
    """Remarks without a count are said once; another severity is another remark."""
    plain = Note(severity="info", ja="空", en="is empty")
    notes = [tally("loss", LOST, 2), plain, tally("loss", LOST, 3), plain, tally("info", LOST, 1)]
    assert [(note.severity, note.en) for note in summed(notes)] == [
        ("loss", "5 are missing"), ("info", "is empty"), ("info", "1 are missing"),
    ]  # fmt: skip
    assert [note.en for note in summed(summed(notes))] == [note.en for note in summed(notes)]


def test_other_braces_stay_as_they_are() -> None:
    """Names of files may hold anything."""
    said = tally("loss", text("{a}", "{count} of {a}{}.gml"), 4)
    assert said.en == "4 of {a}{}.gml"


def test_the_worst_is_kept() -> None:
    """Of several tiles the greatest is told, whatever their order, with the sum of all."""
    form = text("{count} 件（{worst}）", "{count}, the worst {worst}")
    parts = [
        tally("loss", form, number, Worst(size=size, said=text(f"{size}", f"{size} m")))
        for number, size in ((2, 7.0), (1, 90.0), (4, 8.0))
    ]
    assert [note.en for note in summed(parts)] == ["7, the worst 90.0 m"]
    assert [note.ja for note in summed(parts[::-1])] == ["7 件（90.0）"]
    assert summed(parts) == summed([*summed(parts[:2]), parts[2]])
