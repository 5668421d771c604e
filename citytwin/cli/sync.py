"""``citytwin sync CONFIG``."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from citytwin.config import load
from citytwin.errors import ConfigError


@contextmanager
def ending(stop: threading.Event) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM set `stop` once; the second Ctrl-C ends at once.

    Parameters
    ----------
    stop
        Set to end.
    """

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            signal.default_int_handler(number, frame)
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def require_live() -> None:
    """Check that what the running twin needs is installed.

    Raises
    ------
    ConfigError
        If the extra ``live`` is not.
    """
    if find_spec("paho") is None:
        raise ConfigError("the package paho-mqtt is missing", hint="pip install 'citytwin[live]'")


def run_live(config: Path, stop: threading.Event) -> None:
    """Run the twin of a configuration until `stop` is set.

    Parameters
    ----------
    config
        File of the configuration.
    stop
        Set to end.

    Raises
    ------
    ConfigError
        If the configuration cannot be run, or the extra ``live`` is not installed.
    """
    require_live()
    from citytwin.live.sync import sync

    sync(load(config), stop, lambda said: click.echo(said, err=True))


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
def command(config: Path) -> None:
    """Keep the twin of CONFIG running until Ctrl-C: its section `live` says how.

    Feeds are subscribed to and polled, kept with all their versions, and shown on the map page;
    alert rules run, nowcasts and live layers are made. After a stop or a kill the next start goes on where it ended.
    """
    stop = threading.Event()
    with ending(stop):
        run_live(config, stop)
    click.echo("stopped; everything that was acknowledged is kept", err=True)
