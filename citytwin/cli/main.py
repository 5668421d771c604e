"""Entry point of ``citytwin``; a command is imported only when it is called."""

from __future__ import annotations

import importlib
import logging
import sys

import click

from citytwin.engine.report import Exit
from citytwin.errors import BusyError, CityTwinError, ConfigError, hint_of
from citytwin.version import __version__

COMMANDS = {
    "init": "Write a configuration to start from.",
    "check": "Check a configuration and its sources without computing anything.",
    "plan": "Show what a run would do, why, and what it would take.",
    "run": "Bring the published maps of a city up to date; safe to repeat.",
    "backfill": "Make up for nights of the past, with what was known then.",
    "status": "Say what stands published, and what became of each night.",
    "install-timer": "Write what runs a city every night: units of systemd, or a CronJob.",
    "cluster": "Write certificates for a cluster of Dask.",
    "keys": "Make, list, rotate and destroy the keys of restricted data.",
    "seal": "Seal observations from before a city had restricted data.",
    "upload": "Bring the object storage of a city to what stands published.",
    "prune": "Remove old runs of a published city.",
    "backup": "Copy what a city cannot make anew, while all goes on.",
    "restore": "Verify a backup, and bring it back into empty places.",
    "demo": "Make the synthetic demo city, run it, and name the map to open.",
    "ingest": "Read city models into a folder of tables, without a configuration.",
    "simulate": "Run one simulation on bare rasters.",
    "sync": "Keep a twin running: live feeds in, alerts and nowcasts out, until Ctrl-C.",
    "health": "Say how a running twin fares.",
    "alerts": "Show the alerts of a running twin, acknowledge or silence them.",
    "order": "Write an order to a device, sign it, check it; nothing is sent.",
    "ensemble": "Run many cases of a simulation; the worst counts.",
    "correct": "Correct an attribute of a building by hand; no release of the city model wipes it.",
    "volume": "Write one direction of the wind in three dimensions, as Zarr.",
    "state": "Say what was observed in a city as of a time.",
    "export": "Write the public layers of a published city, with their map, for any web server.",
    "serve": "Serve a city to known readers: each sees what the policy says.",
    "audit": "Check the chain of what was asked of a server.",
    "view": "Serve a published map on this computer only.",
}


class _Lazy(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(
            f"citytwin.cli.{name.replace('-', '_')}"
        ).command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="citytwin")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens inside.")
def cli(*, verbose: bool) -> None:
    """A digital twin of a whole city: city models and feeds in, sun, wind and flood maps out."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")


def main() -> None:
    """Run the command line; errors made for readers are shown without a traceback."""
    try:
        cli()
    except BusyError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(Exit.TRY_LATER)
    except ConfigError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(Exit.USAGE)
    except CityTwinError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(Exit.FAILED)
    except OSError as error:
        # Folders that cannot be written and files that cannot be read; anything else is a fault.
        if error.filename is None:
            raise
        click.echo(f"error: {error.filename}: {error.strerror} ({hint_of(error)})", err=True)
        sys.exit(Exit.FAILED)
