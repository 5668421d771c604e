"""Options of commands that give out what a policy protects: by which rules, and who asks."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

import click

from citytwin.asking import asking
from citytwin.cli.kept_options import Command, keep, kept, with_options
from citytwin.security.inquiry import Inquiry

_OPTIONS = (
    click.option(
        "--policy", type=click.Path(path_type=Path), metavar="FILE", expose_value=False,
        callback=keep, is_eager=True,
        help="Who may see what; without one, that of --serve, else what is public.",
    ),
    click.option(
        "--role", "roles", multiple=True, metavar="ROLE", expose_value=False, callback=keep,
        is_eager=True, help="That whoever asks has; repeatable.",
    ),
    click.option(
        "--serve", type=click.Path(path_type=Path), metavar="FILE", expose_value=False,
        callback=keep, is_eager=True,
        help="Configuration of the city's server: its policy counts, and its chain of decisions gets "
        "each.",
    ),
)  # fmt: skip


def asks(command: Command) -> Command:
    """Give a command the options by which it asks.

    Parameters
    ----------
    command
        Of click.
    """
    return with_options(command, _OPTIONS)


def inquiry() -> AbstractContextManager[Inquiry]:
    """Return what asks in the name of whoever has called the command."""
    return asking(kept("policy"), kept("roles", ()), kept("serve"))
