"""``citytwin run CONFIG``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from citytwin.cli.object_storage import fetch_and_tell, uploaded_or_lost
from citytwin.cli.run_wishes import RunWishes
from citytwin.config import LoadedConfig, load
from citytwin.engine.garbage import seldom_collected
from citytwin.engine.report import Exit
from citytwin.engine.request import carried_out
from citytwin.nights.recording import Entry, recorded


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Use this Dask scheduler; tls://... with $CITYTWIN_CERTIFICATES.",
)
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--tile", "tile_cells", type=click.IntRange(min=16), help="Side of a tile in cells.")
@click.option(
    "--domain-tile",
    "domain_tile_cells",
    type=click.IntRange(min=16),
    help="Run floods in tiles of about so many cells a side on all workers, with the same result. "
    "Without, only where the city takes more than half of the memory.",
)
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(min=0),
    default=5.0,
    show_default=True,
    help="Keep the state of long simulations that often.",
)
@click.option("--verify", is_flag=True, help="Hash every input and stored value again.")
def command(
    config: Path,
    scheduler: str | None,
    workers: int | None,
    tile_cells: int | None,
    domain_tile_cells: int | None,
    checkpoint_minutes: float,
    *,
    verify: bool,
) -> None:
    """Bring the published maps of a city up to date.

    Safe to repeat: what stands is skipped, and a run that was stopped resumes.
    """
    wishes = RunWishes(
        scheduler, workers, tile_cells, domain_tile_cells, checkpoint_minutes, verify
    )
    sys.exit(run_recorded(load(config), wishes))


def run_recorded(loaded: LoadedConfig, wishes: RunWishes) -> Exit:
    """Bring the published maps of a city up to date, with all that goes with a run: its sources in
    object storage, its record in the journal, and what follows it.

    Parameters
    ----------
    loaded
        The configuration.
    wishes
        How the user wants it.
    """
    with recorded(loaded) as entry, seldom_collected():
        return _run(loaded, entry, wishes)


def _run(loaded: LoadedConfig, entry: Entry, wishes: RunWishes) -> Exit:
    begin = time.monotonic()
    fetch_and_tell(loaded)
    finished = None if wishes.verify else carried_out(loaded)
    if finished is not None:
        seconds = time.monotonic() - begin
        click.echo(f"nothing to do: run {finished.run_id} stands ({seconds:.1f} s)")
        if loaded.config.publication == "served":
            click.echo(f"show it with: citytwin serve {loaded.city_dir} --config serve.yaml")
        else:
            click.echo(f"map: {loaded.city_dir / 'index.html'}")
        losses = json.loads(finished.summary)
        for text in losses:
            click.echo(f"lost: {text}", err=True)
        losses += uploaded_or_lost(loaded)
        entry.standing(finished, tuple(losses))
        return Exit.LOSSES if losses else Exit.DONE
    from citytwin.cli.running import run_and_tell  # heavy: geopandas, dask, numba

    report = run_and_tell(loaded, wishes)
    if report is not None and not report.failures:
        report.losses += uploaded_or_lost(loaded)
    entry.ended(report)
    return Exit.FAILED if report is None else report.exit_code
