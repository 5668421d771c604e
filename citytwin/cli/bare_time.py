"""Option of ``citytwin simulate`` for long runs: how long one may take, told before it begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

from citytwin.cli.pace import clocked

if TYPE_CHECKING:
    import xarray as xr

_KEPT = "citytwin.longest_days"
TOLD_FROM_S = 60.0
"""A run that may take longer says so before it begins [s]."""


def _keep(context: click.Context, _option: click.Parameter, value: Any) -> None:
    context.meta[_KEPT] = value


def time_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option ``--longest-days``.

    Parameters
    ----------
    command
        Of click; its function takes no such argument.
    """
    return click.option(
        "--longest-days",
        type=click.FloatRange(min=0, min_open=True),
        default=14.0,
        show_default=True,
        help="Refuse a flood or wind flow that may take longer on one thread, water in all cells.",
        expose_value=False,
        callback=_keep,
    )(command)


def tell_time(name: str, rasters: Mapping[str, xr.DataArray], params: Mapping[str, object]) -> None:
    """Say how long a run may take, and refuse one that may take too long.

    Parameters
    ----------
    name, rasters, params
        The simulation.

    Raises
    ------
    ConfigError
        If it may take longer than ``--longest-days``.
    """
    from citytwin.engine.bare_forecast import forecast_s, require_days

    seconds = forecast_s(name, rasters, params)
    if seconds is None:
        return
    require_days(name, seconds, click.get_current_context().meta[_KEPT])
    if seconds > TOLD_FROM_S:
        said = "on one thread, were there water in all cells all the time"
        click.echo(f"{name}: may take {clocked(seconds)} {said}", err=True)
