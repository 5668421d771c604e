"""Options whose values the function of a command does not take: they are kept in its context.

Several commands share them, and each hands them on to the same place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import click

Command: TypeAlias = Callable[..., None]
_PLACE = "citytwin.options."


def keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    """Keep the value of an option; a callback of click.

    Parameters
    ----------
    context, option, value
        As click gives them.
    """
    context.meta[f"{_PLACE}{option.name}"] = value


def kept(name: str, otherwise: object = None) -> Any:
    """Return the value of an option of the command that runs.

    Parameters
    ----------
    name
        Of the option, as click names it.
    otherwise
        For a command that lacks it.
    """
    return click.get_current_context().meta.get(f"{_PLACE}{name}", otherwise)


def with_options(command: Command, options: Sequence[Callable[[Command], Command]]) -> Command:
    """Give a command options.

    Parameters
    ----------
    command
        Of click.
    options
        In the order of the help.
    """
    for option in reversed(options):
        command = option(command)
    return command
