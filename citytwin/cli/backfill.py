"""``citytwin backfill CONFIG --from DAY --to DAY``."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path

import click

from citytwin.cli.object_storage import fetch_and_tell, uploaded_or_lost
from citytwin.cli.run_wishes import RunWishes
from citytwin.config import LoadedConfig, load
from citytwin.engine.report import Exit, RunReport
from citytwin.errors import BusyError, CityTwinError, StoreError
from citytwin.nights.backfill import done_before, past_nights, prepare_store, remove_store
from citytwin.nights.journal import journal_dir, read_records
from citytwin.nights.recording import recorded


def _day(_context: click.Context, _option: click.Parameter, said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError as error:
        msg = f"{said!r} is no day such as 2026-11-20"
        raise click.BadParameter(msg) from error


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--from", "first", required=True, callback=_day, metavar="DAY", help="First night.")
@click.option("--to", "last", required=True, callback=_day, metavar="DAY", help="Last night.")
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use this Dask scheduler; tls://... with $CITYTWIN_CERTIFICATES.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--tile", "tile_cells", type=click.IntRange(min=16), help="Side of a tile in cells.")
def command(
    config: Path,
    first: date,
    last: date,
    scheduler: str | None,
    workers: int | None,
    tile_cells: int | None,
) -> None:
    """Make up for nights of the past, each with the observations that were known when it began.

    Their layers join the runs in the catalogue; what stands published stays, unless a night is
    newer. Safe to repeat: nights that stand are skipped, and one that broke off resumes.
    """
    wishes = RunWishes(scheduler, workers, tile_cells)
    loaded = load(config)
    nights = past_nights(loaded, first, last, datetime.now(UTC))
    from citytwin.engine.bind import bind  # heavy: all steps

    fetch_and_tell(loaded)
    bind(loaded)  # a mistake in the configuration is none of a night
    codes = [_made_up(night, wishes) for night in nights]
    lost = uploaded_or_lost(loaded)
    if Exit.FAILED in codes:
        sys.exit(Exit.FAILED)
    remove_store(nights)
    sys.exit(Exit.LOSSES if lost or Exit.LOSSES in codes else Exit.DONE)


def _made_up(night: LoadedConfig, wishes: RunWishes) -> Exit:
    """Make up for one night, and say how it went."""
    day = night.past.date if night.past else ""
    done = done_before(night, read_records(journal_dir(night)))
    if done is not None:
        click.echo(f"{day}: stands (run {done.run_id})")
        for text in done.losses:
            click.echo(f"{day}: lost: {text}", err=True)
        return Exit(done.exit_code or 0)
    from citytwin.cli.running import run_followed  # heavy: geopandas, dask, numba

    try:
        with recorded(night) as entry:
            prepare_store(night)
            report = run_followed(night, wishes)
            entry.ended(report)
    except (BusyError, StoreError):
        raise  # the other nights would meet the same
    except CityTwinError as error:
        click.echo(f"{day}: failed: {error}", err=True)
        return Exit.FAILED
    if report is None:
        sys.exit(Exit.FAILED)  # stopped: the nights after it wait for the next time
    _tell(str(day), report)
    return report.exit_code


def _tell(day: str, report: RunReport) -> None:
    told = {"lost": report.losses, "healed": report.healed, "failed": report.failures}
    for what, texts in told.items():
        for text in texts:
            click.echo(f"{day}: {what}: {text}", err=True)
    if not report.failures:
        changed = ", ".join(report.published) or "nothing"
        click.echo(f"{day}: run {report.run_id}, changed: {changed} ({report.seconds:.1f} s)")
