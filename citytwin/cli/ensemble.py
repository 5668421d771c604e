"""``citytwin ensemble NAME``: many cases of a simulation, of which the worst counts."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citytwin.cli.bare_case import CaseWishes, building_options
from citytwin.cli.bare_time import checkpoint_option, tell_time, time_option

if TYPE_CHECKING:
    import xarray as xr

    from citytwin.engine.ensemble import CasesToRun
    from citytwin.engine.worst_of_cases import CaseFigures


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("rasters", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--params",
    required=True,
    type=click.Path(path_type=Path),
    help="YAML file with the parameters, all cases in it.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for results.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of local dates.")
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler.")
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@checkpoint_option
@time_option
@building_options
def command(
    name: str,
    rasters: tuple[str, ...],
    params: Path,
    out: Path,
    time_zone: str,
    scheduler: str | None,
    workers: int | None,
    checkpoint_minutes: float,
) -> None:
    """Run every case of a simulation on rasters, side by side, and write the worst of each cell.

    For `flood` each breach of the levees in the parameters is a case of its own; the results are
    the largest depth, speed and hazard, the longest duration and the earliest arrival of all cases,
    and in worst_case.tif the number of the breach that is the deepest, from 0 (-1 where none brings water). cases.json holds the account of each.
    Buildings are a raster, --building-mask, or drawn on the cells of the terrain: --buildings town.gpkg.
    Tables are files as of `citytwin simulate`, such as --hydraulic-structures works.gpkg.

    Finished cases are kept in .cases-NAME in the folder of the results until those are written, also
    the state of each that runs: stopped or killed, the same command goes on from there, with the same
    result. A case that fails is left out and named (exit code 3); the same command tries it again.
    """
    from citytwin.cli.bare_files import raster_pairs, read_params, read_raster, require_folder
    from citytwin.cli.bare_tables import TableFiles
    from citytwin.engine.bare import named
    from citytwin.engine.bare_rasters import require_known
    from citytwin.engine.ensemble import cases_to_run
    from citytwin.engine.locking import holding_folder
    from citytwin.store.atomic import remove_stale

    require_folder(out)
    pairs = raster_pairs(list(rasters))
    tables = TableFiles.taken_from(name, pairs)
    require_known(named(name), pairs)
    wishes = CaseWishes.given()
    wishes.require_use(pairs, out)
    given = read_params(params)
    files = {key: read_raster(path) for key, path in pairs.items()}
    drawn = wishes.drawn(name, files, None)
    todo = cases_to_run(
        name,
        {**drawn, **tables.read(drawn, time_zone)},
        given,
        out / f".cases-{name}",
        time_zone=time_zone,
        checkpoint_minutes=checkpoint_minutes,
    )
    if todo.standing:
        told = f"{len(todo.standing)} of {len(todo.cases)} cases stand from before"
        click.echo(told, err=True)
    tell_time(name, drawn, given, len(todo.cases), left=len(todo.left))
    with holding_folder(todo.kept.folder, out):
        remove_stale(todo.kept.folder)  # what a killed worker had half written
        data, cases = _computed(todo, scheduler, workers)
        _write(name, data, cases, out)
        failed = [case for case in cases if case.failure]
        if failed:
            _tell_failed(failed, todo)
        todo.kept.forget()


def _computed(
    todo: CasesToRun, scheduler: str | None, workers: int | None
) -> tuple[xr.Dataset, tuple[CaseFigures, ...]]:
    """All cases; Ctrl-C leaves what is kept, and says so."""
    from citytwin.cli.pace import one_run
    from citytwin.cli.stopping import stopping
    from citytwin.engine.cluster import connect
    from citytwin.engine.ensemble import ensemble

    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            stopping() as stop,
            connect(scheduler, workers, Path(scratch)) as client,
            one_run(todo.step.name) as progress,
        ):
            found = ensemble(todo, client, progress)
            stop.check()
    except KeyboardInterrupt:
        standing = f"{len(todo.kept.standing())} of {len(todo.cases)} cases stand"
        click.echo(f"stopped, {standing}; run the same command again to resume", err=True)
        sys.exit(1)
    finally:
        todo.kept.leave()
    return found


def _write(name: str, data: xr.Dataset, cases: Sequence[CaseFigures], out: Path) -> None:
    from citytwin.cli.bare_observed import forget_scores
    from citytwin.cli.bare_styles import CASES, forget_results, write_styles
    from citytwin.engine.bare import WARNINGS
    from citytwin.store.atomic import write_text
    from citytwin.store.plain_rasters import write_plain_rasters

    for file in (*write_plain_rasters(data, out), *write_styles(data, out)):
        click.echo(str(file))
    forget_results(name, data, out)
    forget_scores(out)
    for warning in data.attrs[WARNINGS].splitlines():
        click.echo(f"warning: {warning}", err=True)
    told = [
        {"case": number, "name": case.name, "failure": case.failure}
        if case.failure
        else {"case": number, "name": case.name, **case.figures, "comment": case.comment}
        for number, case in enumerate(cases)
    ]
    listed = out / CASES
    write_text(listed, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    click.echo(str(listed))


def _tell_failed(failed: Sequence[CaseFigures], todo: CasesToRun) -> None:
    """Say which cases are lost, and end as a run with losses does."""
    from citytwin.engine.report import Exit

    for case in failed:
        click.echo(f"lost: case {case.name!r}: {case.failure}", err=True)
    click.echo(f"the other cases stand in {todo.kept.folder} for another try", err=True)
    sys.exit(Exit.LOSSES)
