"""Makes anew what is damaged in the working store, within the run that meets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from citytwin.engine.report import RunReport
from citytwin.errors import DamagedError
from citytwin.store.damage import clear_away

ATTEMPTS = 5
"""Damage that comes again and again is a failing disk, which must be told."""


def healed(city: str, carry_out: Callable[[RunReport], None]) -> RunReport:
    """Carry out a run; where it meets damage, clear that away and begin again with what stands.

    Parameters
    ----------
    city
        Its identifier.
    carry_out
        Does the work and fills the report.

    Returns
    -------
    RunReport
        Of the last attempt, with all damage that was met.

    Raises
    ------
    DamagedError
        If damage comes again and again.
    """
    met: list[str] = []
    for attempt in range(ATTEMPTS):
        report, last = RunReport(city=city, healed=list(met)), attempt == ATTEMPTS - 1
        try:
            carry_out(report)
        except DamagedError as error:
            if last:
                raise
            damage: Sequence[DamagedError] = [error]
        else:
            damage = report.damage
        for one in damage:
            clear_away(one)
        met = list(dict.fromkeys([*report.healed, *(one.message for one in damage)]))
        if not damage:
            break
    return report


@contextmanager
def clearing(report: RunReport) -> Iterator[None]:
    """Clear away the damage that the block meets, so that the same command makes it anew.

    Parameters
    ----------
    report
        Which the block fills.
    """
    met: list[DamagedError] = []
    try:
        yield
    except DamagedError as error:
        met.append(error)
        raise
    finally:
        for one in [*met, *report.damage]:
            clear_away(one)
