"""What must be said beside every result made from some buildings."""

from __future__ import annotations

from collections.abc import Sequence

from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.ledger import Ledger

_LOST = ("no-geometry", "range")
_ESTIMATED = ("rebuilt", "height-recorded", "height-from-storeys", "height-assumed")


def note_buildings(rows: Sequence[BuildingRow], ledger: Ledger) -> None:
    """Note buildings that are missing, and those that are blocks for want of a sound model.

    Parameters
    ----------
    rows
        Buildings of a source.
    ledger
        Book of the source; receives the notes.
    """
    lost = sum(count for (_, code), count in ledger.counts.items() if code in _LOST)
    if lost:
        ledger.note(
            "loss",
            "{count} 件の地物は使える形状がないため含まれていません",
            "{count} features have no usable geometry and are missing",
            lost,
        )
    blocks = sum(any(code in row.defects for code in _ESTIMATED) for row in rows)
    if blocks:
        ledger.note(
            "fallback",
            "建物 {count} 棟は立体形状がない、または欠けているため、外形と高さから作った直方体です",
            "{count} buildings are blocks made from outline and height, for want of a sound model",
            blocks,
        )
    placed = sum("ground-unknown" in row.defects for row in rows)
    if placed:
        ledger.note(
            "fallback",
            "建物 {count} 棟は外形に標高がないため、地形の上に載せています",
            "{count} buildings have an outline without elevation and are set on the terrain",
            placed,
        )
    unknown = sum("height-unknown" in row.defects for row in rows)
    if unknown:
        ledger.note(
            "loss",
            "建物 {count} 棟は高さが分からないため、平らなものとして扱います",
            "{count} buildings have no known height and count as flat",
            unknown,
        )
