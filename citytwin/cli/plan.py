"""``citytwin plan CONFIG``."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from citytwin.cli.object_storage import told_source
from citytwin.config import LoadedConfig, load
from citytwin.errors import KeyAccessError, StoreError
from citytwin.model.layer import CLASSIFICATIONS, Classification


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--tile", "tile_cells", type=click.IntRange(min=16), help="Side of a tile in cells.")
@click.option(
    "--domain-tile",
    "domain_tile_cells",
    type=click.IntRange(min=16),
    help="Run floods in tiles of about so many cells a side on all workers, with the same result. "
    "Without, only where the city takes more than half of the memory.",
)
def command(config: Path, tile_cells: int | None, domain_tile_cells: int | None) -> None:
    """Show what a run would do, why, and about what time and memory it would take."""
    loaded = load(config)
    from rich.console import Console
    from rich.table import Table

    from citytwin.engine.bind import bind
    from citytwin.engine.openness import layer_classes
    from citytwin.engine.plan import plan as wanted_of
    from citytwin.engine.preview import preview
    from citytwin.engine.request import MANIFEST, work_dir
    from citytwin.engine.run import DEFAULT_TILE_CELLS
    from citytwin.engine.sharing import refuse_shared_files
    from citytwin.engine.sketch_store import SketchStore
    from citytwin.engine.uploading import published_place
    from citytwin.model.crs import require_metric
    from citytwin.store.manifest import Manifest

    work = work_dir(loaded)
    tile = tile_cells or DEFAULT_TILE_CELLS
    crs, zone = require_metric(loaded.config.crs), loaded.config.time_zone
    with _scratch(loaded) as scratch, closing(Manifest.reading(work / MANIFEST)) as manifest:
        store = SketchStore(
            work,
            crs,
            zone,
            tile,
            domain_tile_cells=domain_tile_cells,
            scratch=scratch,
        )
        city = bind(loaded)
        refuse_shared_files(city)
        rows = preview(city, store, manifest)
    classes = layer_classes(wanted_of(city))
    table = Table(title=f"{loaded.config.city.id}: what a run would do", title_justify="left")
    for name in ("step", "to make", "why", "about s", "MB per worker"):
        table.add_column(name, justify="left" if name in ("step", "why") else "right")
    for row in rows:
        make = "?" if row.to_make is None else f"{row.to_make} of {row.parts}"
        seconds = "" if row.seconds is None or row.to_make == 0 else f"{row.seconds:.1f}"
        memory = "" if row.memory_mb is None or row.to_make == 0 else f"{row.memory_mb:.0f}"
        table.add_row(row.key, make, row.reason or "stands", seconds, memory)
    console = Console(file=sys.stdout, width=120)
    console.print(table)
    for line in (*_by_class("at most ", classes), *_published(loaded, classes)):
        console.print(line, highlight=False)
    for line in _in_space(loaded):
        console.print(line, highlight=False)
    for source in loaded.remote_sources:
        console.print(f"first {told_source(loaded, source)[1]}", highlight=False)
    place = published_place(loaded)
    if place is not None:
        console.print(f"then uploaded to {place.told}", highlight=False)


def _by_class(lead: str, classes: Mapping[str, Classification]) -> Iterator[str]:
    """Layers of each classification, the most open first."""
    for name in CLASSIFICATIONS:
        layers = [layer for layer, classification in classes.items() if classification == name]
        if layers:
            shown = "all" if len(layers) == len(classes) else ", ".join(layers)
            yield f"{lead}{name}: {len(layers)} layers ({shown})"


def _published(loaded: LoadedConfig, wanted: Collection[str]) -> Iterator[str]:
    """How protected the layers are that stand: by what they were made from, it may be less."""
    from citytwin.engine.openness import published_classes

    try:
        standing = published_classes(loaded)
    except KeyAccessError:
        yield "what stands published is sealed, and its key is not here"
        return
    except StoreError as error:
        yield f"what stands published cannot be read: {error}"
        return
    classes = {name: standing[name] for name in wanted if name in standing}
    yield from _by_class("published as ", classes)


def _in_space(loaded: LoadedConfig) -> Iterator[str]:
    """What values in three dimensions would take, where the size of the city is known."""
    from citytwin.engine.bare import bound_params
    from citytwin.engine.placing import known_grid
    from citytwin.live.warned_area import city_grid
    from citytwin.model.steps import Simulation
    from citytwin.registry import all_of

    grid = known_grid(loaded.config) or city_grid(loaded.city_dir)
    able = {one.name: one for one in all_of(Simulation) if one.on_demand is not None}
    for given in loaded.config.simulations:
        step = able.get(given.use)
        if step is not None and step.on_demand is not None and grid is not None:
            megabytes = step.on_demand.bytes_of(bound_params(step, given.params), grid) / 1e6
            yield (
                f"{step.name} in three dimensions (`citytwin volume`): about {megabytes:.0f} MB a "
                "direction before compression"
            )


@contextmanager
def _scratch(loaded: LoadedConfig) -> Iterator[Path]:
    """A folder for what a forecast writes; in memory, where that is restricted."""
    from citytwin.store.memory_room import memory_room

    if loaded.protected:
        with memory_room() as room:
            yield room
    else:
        with TemporaryDirectory() as folder:
            yield Path(folder)
