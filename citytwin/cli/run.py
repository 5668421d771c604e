"""``citytwin run CONFIG``."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from citytwin.config import load
from citytwin.engine.report import Exit
from citytwin.engine.request import carried_out


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler.")
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--tile", "tile_cells", type=click.IntRange(min=16), help="Side of a tile in cells.")
@click.option("--verify", is_flag=True, help="Hash every input and stored value again.")
def command(
    config: Path,
    scheduler: str | None,
    workers: int | None,
    tile_cells: int | None,
    *,
    verify: bool,
) -> None:
    """Bring the published maps of a city up to date.

    Safe to repeat: what stands is skipped, and a run that was stopped resumes.
    """
    begin = time.monotonic()
    loaded = load(config)
    finished = None if verify else carried_out(loaded)
    if finished is not None:
        seconds = time.monotonic() - begin
        click.echo(f"nothing to do: run {finished.run_id} stands ({seconds:.1f} s)")
        click.echo(f"map: {loaded.city_dir / 'index.html'}")
        losses = json.loads(finished.summary)
        for text in losses:
            click.echo(f"lost: {text}", err=True)
        sys.exit(Exit.LOSSES if losses else Exit.DONE)
    from citytwin.cli.running import run_and_tell  # heavy: geopandas, dask, numba

    sys.exit(run_and_tell(loaded, scheduler, workers, tile_cells, verify=verify))
