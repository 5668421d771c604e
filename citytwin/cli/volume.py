"""``citytwin volume CONFIG``: one direction of the wind in three dimensions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from citytwin.config import LoadedConfig
    from citytwin.model.layer import LayerDocument
    from citytwin.model.steps import Simulation


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option(
    "--from-deg",
    type=click.FloatRange(0, 360, max_open=True),
    required=True,
    help="Where the wind comes from, clockwise from true north.",
)
def command(config: Path, from_deg: float) -> None:
    """Solve the flow of one direction over the last run, and write all of it as Zarr.

    Velocity, turbulence energy and mean scalar speed in every cell, over the undisturbed wind at 10 m;
    `citytwin.open_volume(FOLDER)` opens it, for those who may see its layer. It lies in the working
    store, sealed where the city is.
    """
    from citytwin.cli.pace import one_run
    from citytwin.config import load
    from citytwin.engine.blocks import block_of
    from citytwin.engine.locking import holding
    from citytwin.engine.request import work_dir
    from citytwin.live.field_run import field_run
    from citytwin.live.warned_area import published_grid
    from citytwin.model.axes import Direction
    from citytwin.model.checkpoints import Watch
    from citytwin.store.volume import write_volume

    loaded = load(config)
    step = _simulation(loaded)
    assert step.on_demand is not None  # noqa: S101 - chosen so
    hint = "run `citytwin run` with this configuration first"
    with holding(loaded):
        document = _published(loaded, step)
        grid, wind = published_grid(loaded.city_dir), Direction(from_deg)
        found = field_run(loaded, grid, step.name, {}, hint)
        arrays = {field: found.store.fields.read(field, grid.whole) for field in found.fields}
    megabytes = step.on_demand.bytes_of(found.params, grid) / 1e6
    click.echo(f"about {megabytes:.0f} MB before compression", err=True)
    with one_run(step.name) as progress:
        block = block_of(grid, grid.whole, arrays, {}, found.store.site)
        watched = replace(block, watch=Watch(progress))
        made = step.on_demand.make(watched, found.params, wind)
    folder = work_dir(loaded) / "volumes" / f"{step.name}_{wind.stamp}.zarr"
    notes = (*document.notes, *made.notes)
    said: dict[str, str | float] = {
        "title": f"{step.title.en}, wind from {wind.name.en}",
        "from_deg": wind.from_deg,
        "convergence_deg": block.site.convergence_deg,
        "parameters": found.params.model_dump_json(),
        "layer": document.id,
        # a rule that lowers a layer has looked at that layer, not at all of the flow
        "classification": document.lowered_from or document.classification,
        "licence": document.licence,
        "source": "; ".join(f"{one.title.en} (sha256 {one.sha256})" for one in document.sources),
        "comment": " ".join(dict.fromkeys(f"{note.en}." for note in notes)),
        **{fact.name: fact.value for fact in made.facts},
    }
    write_volume(made, folder, grid.crs, loaded.config.vertical_datum, said)
    click.echo(str(folder))


def _simulation(loaded: LoadedConfig) -> Simulation[Any]:
    """The simulation of the configuration that gives values in three dimensions."""
    from citytwin import registry
    from citytwin.errors import ConfigError
    from citytwin.model.steps import Simulation

    able = [one for one in registry.all_of(Simulation) if one.on_demand is not None]
    used = {one.use for one in loaded.config.simulations}
    for step in able:
        if step.name in used:
            return step
    names = ", ".join(one.name for one in able)
    msg = f"{loaded.file}: no simulation gives values in three dimensions"
    raise ConfigError(msg, hint=f"add one of these to `simulations`: {names}")


def _published(loaded: LoadedConfig, step: Simulation[Any]) -> LayerDocument:
    """The published layer of the simulation, which says what all of it descends from."""
    from citytwin.errors import StoreError
    from citytwin.store.latest import document_of, published_city

    latest = published_city(loaded.city_dir)
    made = {field.name for field in step.outputs}
    for entry in latest.layers if latest else ():
        document = document_of(loaded.city_dir / entry.path) if entry.id in made else None
        if document is not None:
            return document
    msg = f"no layer of {step.name} is published in {loaded.city_dir}"
    raise StoreError(msg, hint="run `citytwin run` first")
