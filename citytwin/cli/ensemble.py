"""``citytwin ensemble NAME``: many cases of a simulation, of which the worst counts."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from citytwin.cli.bare_case import CaseWishes, building_options
from citytwin.cli.bare_time import tell_time, time_option


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
) -> None:
    """Run every case of a simulation on rasters, side by side, and write the worst of each cell.

    For `flood` each breach of the levees in the parameters is a case of its own; the results are
    the largest depth, speed and hazard, the longest duration and the earliest arrival of all cases,
    and in worst_case.tif the number of the breach that is the deepest. cases.json holds the account of each.
    Buildings are a raster, --building-mask, or drawn on the cells of the terrain: --buildings town.gpkg.
    """
    from citytwin.cli.bare_files import raster_pairs, read_params, read_raster
    from citytwin.cli.bare_styles import write_styles
    from citytwin.engine.bare import WARNINGS
    from citytwin.engine.cluster import connect
    from citytwin.engine.ensemble import cases_of, ensemble
    from citytwin.store.atomic import replacing
    from citytwin.store.plain_rasters import write_plain_rasters

    pairs = raster_pairs(list(rasters))
    wishes = CaseWishes.given()
    wishes.require_use(pairs, out)
    given = read_params(params)
    files = {key: read_raster(path) for key, path in pairs.items()}
    inputs = wishes.drawn(name, files, None)
    tell_time(name, inputs, given, len(cases_of(name, given)))
    with (
        tempfile.TemporaryDirectory() as scratch,
        connect(scheduler, workers, Path(scratch)) as client,
    ):
        data, cases = ensemble(name, inputs, given, client, time_zone=time_zone)
    for file in (*write_plain_rasters(data, out), *write_styles(data, out)):
        click.echo(str(file))
    for warning in data.attrs[WARNINGS].splitlines():
        click.echo(f"warning: {warning}", err=True)
    told = [
        {"case": number, "name": case.name, **case.figures, "comment": case.comment}
        for number, case in enumerate(cases)
    ]
    listed = out / "cases.json"
    with replacing(listed) as temporary:
        temporary.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", "utf-8")
    click.echo(str(listed))
