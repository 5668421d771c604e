"""``citytwin health CONFIG``."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click

from citytwin.cli.sync import require_live
from citytwin.config import load
from citytwin.engine.report import Exit


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
def command(config: Path, *, as_json: bool) -> None:
    """Say how the running twin of CONFIG fares; exit code 1 where something is wrong."""
    require_live()
    from citytwin.live.health import read_health
    from citytwin.live.sync import running_folder

    health = read_health(running_folder(load(config)))
    faults = health.faults(time.time())
    if as_json:
        click.echo(health.model_dump_json(indent=1))
    else:
        age_s = time.time() - health.written_s
        rows = ", ".join(f"{count} {outcome}" for outcome, count in sorted(health.rows.items()))
        click.echo(f"process {health.pid}, heard {age_s:.0f} s ago; rows: {rows or 'none'}")
        for name, feed in health.feeds.items():
            click.echo(f"feed {name}: {feed.payloads} payloads")
        for rule, phase in health.alerts.items():
            click.echo(f"alert rule {rule}: {phase}")
        for name, sink in health.sinks.items():
            click.echo(f"sink {name}: {sink.waiting} waiting, {sink.given_up} given up")
    for fault in faults:
        click.echo(f"wrong: {fault}", err=True)
    sys.exit(Exit.FAILED if faults else Exit.DONE)
