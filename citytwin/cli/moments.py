"""Times on the command line: always with their zone."""

from __future__ import annotations

from datetime import datetime

import click


def aware_moment(
    _ctx: click.Context, _param: click.Parameter, value: str | None
) -> datetime | None:
    """Read a time, such as ``2026-07-01T09:00+09:00``; a callback of an option.

    Parameters
    ----------
    value
        As it was typed, None where it was not.

    Raises
    ------
    click.BadParameter
        If it is no time, or has no zone.
    """
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        msg = f"{value!r} is no time; write it as 2026-07-01T09:00+09:00"
        raise click.BadParameter(msg) from error
    if moment.tzinfo is None:
        msg = f"{value!r} has no zone; add one, such as +09:00 or Z"
        raise click.BadParameter(msg)
    return moment
