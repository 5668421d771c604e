"""``citytwin simulate NAME``: one simulation on bare rasters."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citytwin.cli.bare_case import CaseWishes, case_options, tell_places
from citytwin.cli.bare_observed import observed_for, observed_options, tell_observed
from citytwin.cli.bare_time import checkpoint_option, tell_time, time_option

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("rasters", nargs=-1, type=click.UNPROCESSED)
@click.option("--params", type=click.Path(path_type=Path), help="YAML file with the parameters.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for results.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of local dates.")
@checkpoint_option
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Threads of a flood with the inertial scheme; the result is the same. Default: all cores.",
)
@time_option
@case_options
@observed_options
@click.option("--describe", is_flag=True, help="List rasters and parameters; compute nothing.")
def command(
    name: str,
    rasters: tuple[str, ...],
    params: Path | None,
    out: Path | None,
    time_zone: str,
    checkpoint_minutes: float,
    threads: int | None,
    describe: bool,
) -> None:
    """Run one simulation (shadow, sunlight, sky_view, irradiation, wind, flood, ...) on rasters.

    Each raster is given by its name, such as --surface-height dsm.tif --terrain dtm.tif;
    `citytwin simulate NAME --describe` lists them and the parameters. Images of rain for a flood
    with `rain_images: {}` among its parameters are a file or folder: --rain-frames radar; its sewers
    (`sewers: {}`) an input file of EPA SWMM in the CRS of the rasters: --sewer-network net.inp; walls, levees,
    underpasses and culverts lines with their kind and levels: --hydraulic-structures works.gpkg. Buildings
    may be given in the place of a surface: --buildings town.geojson --cell-m 2.5 (of a flood in the place of
    the mask, on the cells of --terrain). A flood or wind flow that was stopped or killed goes on from its last state (.checkpoint-NAME.npz in the
    folder of the results) when the same command runs again, with the same result.
    """
    if describe:
        from citytwin.cli.describe import description

        click.echo(description(name))
        return
    if out is None:
        raise click.MissingParameter(param_type="option", param_hint="'--out'")
    from citytwin.cli.bare_files import raster_pairs, read_params, read_raster, require_folder
    from citytwin.cli.bare_styles import forget_results, write_styles
    from citytwin.cli.bare_tables import TableFiles
    from citytwin.cli.pace import one_run
    from citytwin.cli.stopping import stopping
    from citytwin.engine.bare import WARNINGS, named, simulate
    from citytwin.engine.bare_rasters import require_known
    from citytwin.engine.checkpointing import Keeping
    from citytwin.engine.cluster import worker_count
    from citytwin.store.plain_rasters import write_plain_rasters

    require_folder(out)
    pairs = raster_pairs(list(rasters))
    tables = TableFiles.taken_from(name, pairs)
    require_known(named(name), pairs)
    wishes = CaseWishes.given()
    wishes.require_use(pairs, out)
    given = read_params(params)
    places = wishes.places()
    probes = wishes.fitting(name, given, places)
    files = {key: read_raster(path) for key, path in pairs.items()}
    rasters_read = wishes.drawn(name, files, places)
    observed = observed_for(name, given, rasters_read, out)
    tell_time(name, rasters_read, given)
    inputs: dict[str, xr.DataArray | pd.DataFrame] = {
        **rasters_read,
        **tables.read(rasters_read, time_zone),
    }
    state = out / f".checkpoint-{name}.npz"
    try:
        with stopping() as stop, one_run(name) as progress:
            keeping = Keeping(state, checkpoint_minutes, stop)
            data = simulate(
                name,
                inputs,
                given,
                time_zone=time_zone,
                keeping=keeping,
                progress=progress,
                threads=threads or worker_count(),
            )
            stop.check()
    except KeyboardInterrupt:
        hint = "; run the same command again to resume" if state.exists() else ""
        click.echo(f"stopped{hint}", err=True)
        sys.exit(1)
    for file in (*write_plain_rasters(data, out), *write_styles(data, out)):
        click.echo(str(file))
    forget_results(name, data, out)
    for warning in data.attrs[WARNINGS].splitlines():
        click.echo(f"warning: {warning}", err=True)
    facts = {key: value for key, value in data.attrs.items() if isinstance(value, float)}
    if facts:
        click.echo(json.dumps(facts, indent=1))
    tell_places(data, probes, out)
    tell_observed(data, inputs, observed, out)
    state.unlink(missing_ok=True)
