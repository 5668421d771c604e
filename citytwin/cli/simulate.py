"""``citytwin simulate NAME``: one simulation on bare rasters."""

from __future__ import annotations

import json
from pathlib import Path

import click

from citytwin.errors import ConfigError


def _pairs(extra: list[str]) -> dict[str, Path]:
    """Read ``--surface-height FILE`` pairs: the names of fields are those of the simulation."""
    if len(extra) % 2:
        msg = f"{extra[-1]!r} has no file"
        raise ConfigError(msg, hint="give each raster as --surface-height FILE")
    inputs: dict[str, Path] = {}
    for flag, value in zip(extra[::2], extra[1::2], strict=True):
        if not flag.startswith("--"):
            msg = f"{flag!r} is no option"
            raise ConfigError(msg, hint="give each raster as --surface-height FILE")
        key = flag[2:].replace("-", "_")
        if key in inputs:
            msg = f"{flag} is given twice: {inputs[key]} and {value}"
            raise ConfigError(msg, hint="give one raster for each")
        inputs[key] = Path(value)
    return inputs


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
    from citytwin.cli.bare_files import read_params, read_raster
    from citytwin.engine.bare import WARNINGS, simulate
    from citytwin.store.plain_rasters import write_plain_rasters

    inputs = {key: read_raster(path) for key, path in _pairs(list(rasters)).items()}
    data = simulate(name, inputs, read_params(params), time_zone=time_zone)
    for file in write_plain_rasters(data, out):
        click.echo(str(file))
    for warning in data.attrs[WARNINGS].splitlines():
        click.echo(f"warning: {warning}", err=True)
    facts = {key: value for key, value in data.attrs.items() if isinstance(value, float)}
    if facts:
        click.echo(json.dumps(facts, indent=1))
