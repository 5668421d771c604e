"""Options of ``citytwin simulate`` and ``citytwin ensemble`` for long runs.

How often their state is kept, and how long one may take, told before it begins.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from citytwin.cli.kept_options import Command, keep, kept
from citytwin.cli.pace import clocked
from citytwin.engine.checkpointing import CHECKPOINT_MINUTES
from citytwin.engine.longest_step import LONGEST_DAYS
from citytwin.errors import ConfigError

if TYPE_CHECKING:
    import xarray as xr

TOLD_FROM_S = 60.0
"""A run that may take longer says so before it begins [s]."""
_DAY_S = 86_400.0
_CLOCKED_TO_S = 1e12
"""Longer times are no more than a number of days [s]."""


checkpoint_option = click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(min=0),
    default=CHECKPOINT_MINUTES,
    show_default=True,
    help="Keep the state of a long run that often.",
)


def time_option(command: Command) -> Command:
    """Give a command the option ``--longest-days``.

    Parameters
    ----------
    command
        Of click; its function takes no such argument.
    """
    return click.option(
        "--longest-days",
        type=click.FloatRange(min=0, min_open=True),
        default=LONGEST_DAYS,
        show_default=True,
        help="Refuse a flood or wind flow that may take longer on one thread, a flood with water in all cells.",
        expose_value=False,
        callback=keep,
    )(command)


def tell_time(
    name: str,
    rasters: Mapping[str, xr.DataArray],
    params: Mapping[str, object],
    cases: int | None = None,
    *,
    left: int | None = None,
) -> None:
    """Say how long a run may take, and refuse one that may take too long.

    Parameters
    ----------
    name, rasters, params
        The simulation.
    cases
        Of an ensemble, each of which takes as long; None = it is run once.
    left
        So many of them are still to be computed; None = all.

    Raises
    ------
    ConfigError
        If it may take longer than ``--longest-days``.
    """
    from citytwin.engine.bare_forecast import forecast_s

    once_s = forecast_s(name, rasters, params)
    if once_s is None:
        return
    number = (1 if cases is None else cases) if left is None else left
    seconds, whole = once_s * number, "" if cases is None else f", all {cases} cases,"
    if left is not None and left != cases:
        whole = f", the {left} of {cases} cases that are left,"
    wet = ", were there water in all cells all the time" if name == "flood" else ""
    said = f"{name}{whole} may take {_told(seconds)} on one thread{wet}"
    longest_s = kept("longest_days") * _DAY_S
    if seconds > longest_s:
        hint = "take larger cells, a smaller area or a shorter run, or give more --longest-days"
        raise ConfigError(f"{said}; at most {_told(longest_s)} is wanted", hint=hint)
    if seconds > TOLD_FROM_S:
        click.echo(said, err=True)


def _told(seconds: float) -> str:
    if seconds < 1:
        return "less than a second"
    return clocked(seconds) if seconds < _CLOCKED_TO_S else f"{seconds / _DAY_S:.2g} days"
