"""``citytwin status CONFIG``."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from citytwin.config import LoadedConfig, load
from citytwin.engine.request import carried_out, read_latest
from citytwin.nights.calendar import Night, from_the_future, nights
from citytwin.nights.journal import journal_dir, read_records
from citytwin.nights.killed import tell_of_killed
from citytwin.nights.missed import tell_of_missed
from citytwin.nights.processes import is_going_on


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--nights", "count", type=click.IntRange(min=0), default=7, metavar="N",
    help="Nights to tell of (7).",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Records of the runs, one per line.")
@click.option(
    "--tell-killed", is_flag=True,
    help="Only do what nights.on_failure asks for if a run was killed or nights were missed, once; "
    "timers say this after each run.",
)  # fmt: skip
def command(config: Path, count: int, *, as_json: bool, tell_killed: bool) -> None:
    """Say what stands published, whether it is up to date, and what became of each night."""
    loaded = load(config)
    now = datetime.now(UTC)
    if tell_killed:
        tell_of_killed(loaded)
        tell_of_missed(loaded, now)
        return
    since = now - timedelta(days=count + 2)
    zone = ZoneInfo(loaded.config.time_zone)
    records = read_records(journal_dir(loaded), since)
    told = (
        nights(records, loaded.config.nights.at, zone, now, is_going_on)[-count:] if count else ()
    )
    for record in from_the_future(records, now)[-1:]:
        click.echo(
            f"a run of {record.begun.astimezone(zone):%Y-%m-%d %H:%M} ({record.outcome}) began later "
            "than now: the clock was ahead, and the night it belongs to may be told as missed",
            err=True,
        )
    if as_json:
        for night in told:
            for record in night.runs:
                click.echo(record.model_dump_json())
        return
    latest = read_latest(loaded.city_dir)
    if latest is None:
        click.echo(f"{loaded.config.city.id}: nothing is published yet")
    else:
        state = (
            "up to date"
            if carried_out(loaded)
            else "out of date: inputs or code changed, or a map of now has a later hour to show"
        )
        click.echo(f"{latest.city.id}: run {latest.run_id}, {state}")
        for layer in latest.layers:
            click.echo(f"  {layer.id:<24} {layer.run_id}")
    if told:
        _show(told, loaded, zone)


def _show(told: tuple[Night, ...], loaded: LoadedConfig, zone: ZoneInfo) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="nights", title_justify="left")
    for name in ("night", "what", "began", "took", "changed", "reason, losses, late feeds"):
        table.add_column(name, justify="right" if name == "took" else "left")
    for night in told:
        table.add_row(*_row(night, loaded.config.nights.late_after_h, zone))
    width = None if sys.stdout.isatty() else 160
    Console(file=sys.stdout, width=width).print(table)


def _row(night: Night, late_after_h: float, zone: ZoneInfo) -> tuple[str, ...]:
    last = night.last
    if last is None:
        return (night.date.isoformat(), night.verdict, "", "", "", "no run began")
    seconds = last.seconds
    took = "" if seconds is None else str(timedelta(seconds=round(seconds)))
    late = [
        f"late: {feed.source} (newest {feed.newest.astimezone(zone):%Y-%m-%d %H:%M})"
        for feed in last.late_feeds(late_after_h)
    ]
    told = (*(f"lost: {text}" for text in last.losses), *(f"healed: {t}" for t in last.healed))
    later = [f"on {last.begun.astimezone(zone):%Y-%m-%d}"] if last.night else []
    if night.no_longer:
        later.append(f"no longer published: {', '.join(night.no_longer)}")
    why = "; ".join([*later, *last.failures, *told, *late])
    changed = (
        f"{len(night.changed)} of {len({*night.changed, *last.unchanged, *last.published})} layers"
    )
    return (
        night.date.isoformat(),
        night.verdict,
        f"{last.begun.astimezone(zone):%H:%M:%S}",
        took,
        changed if last.outcome == "done" else "",
        why,
    )
