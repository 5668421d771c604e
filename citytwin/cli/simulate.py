"""``citytwin simulate NAME``: one simulation on bare rasters."""

from __future__ import annotations

import json
from pathlib import Path

import click


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("name")
@click.argument("rasters", nargs=-1, type=click.UNPROCESSED)
@click.option("--params", type=click.Path(path_type=Path), help="YAML file with the parameters.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for results.")
@click.option("--time-zone", default="UTC", show_default=True, help="Zone of local dates.")
@click.option("--describe", is_flag=True, help="List rasters and parameters; compute nothing.")
def command(
    name: str,
    rasters: tuple[str, ...],
    params: Path | None,
    out: Path | None,
    time_zone: str,
    describe: bool,
) -> None:
    """Run one simulation (shadow, sunlight, sky_view, irradiation, wind, flood) on rasters.

    Each raster is given by its name, such as --surface-height dsm.tif --terrain dtm.tif;
    `citytwin simulate NAME --describe` lists them and the parameters.
    """
    if describe:
        from citytwin.cli.describe import description

        click.echo(description(name))
        return
    if out is None:
        raise click.MissingParameter(param_type="option", param_hint="'--out'")
    from citytwin.cli.bare_files import raster_pairs, read_params, read_raster
    from citytwin.engine.bare import WARNINGS, simulate
    from citytwin.store.plain_rasters import write_plain_rasters

    inputs = {key: read_raster(path) for key, path in raster_pairs(list(rasters)).items()}
    data = simulate(name, inputs, read_params(params), time_zone=time_zone)
    for file in write_plain_rasters(data, out):
        click.echo(str(file))
    for warning in data.attrs[WARNINGS].splitlines():
        click.echo(f"warning: {warning}", err=True)
    facts = {key: value for key, value in data.attrs.items() if isinstance(value, float)}
    if facts:
        click.echo(json.dumps(facts, indent=1))
