"""``citytwin demo [DIR] [--live]``."""

from __future__ import annotations

import shlex
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import click

from citytwin.cli.run import run_recorded
from citytwin.cli.run_wishes import RunWishes
from citytwin.config import load
from citytwin.engine.request import carried_out
from citytwin.errors import ConfigError, StoreError


def _embedded(name: str) -> tuple[Path, Path]:
    """Folder of the demo data and a pipeline: in the wheel, else in the repository."""
    package = Path(str(files("citytwin")))
    for root in (package / "embedded", package.parent):
        data, pipeline = root / "data" / "demo", root / "pipelines" / name
        if data.is_dir() and pipeline.is_file():
            return data, pipeline
    msg = "the demo city is not part of this installation"
    raise StoreError(msg, hint="install the released wheel, or run from the repository")


def _unpacked(directory: Path, name: str) -> Path:
    """Copy the demo data and a pipeline; return the pipeline."""
    data, pipeline = _embedded(name)
    target = directory / "pipelines" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(data, directory / "data" / "demo", dirs_exist_ok=True)
    if not target.exists():
        shutil.copyfile(pipeline, target)
    elif target.read_bytes() != pipeline.read_bytes():
        click.echo(f"kept as it is: {target} (delete it for the original)")
    return target


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("citytwin-demo"))
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--live", is_flag=True, help="Also start sensors, a broker, the twin and the map.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.1, max=1000),
    default=60.0,
    show_default=True,
    help="Hours of the storm in one hour, with --live.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="KIND[:DEVICES[:BEGIN[-END][:AMOUNT]]]",
    help="A fault of the sensors, with --live, such as stuck:gauge-02:60-300 [s].",
)
def command(
    directory: Path, workers: int | None, *, live: bool, speed: float, faults: tuple[str, ...]
) -> None:
    """Copy the synthetic demo city to DIRECTORY, run it, and name the map to open.

    With --live a storm of simulated sensors passes over it, until Ctrl-C: a broker (mosquitto must
    be installed), the sensors, the twin with alerts and flood nowcasts, and the map are started.
    """
    if faults and not live:
        raise ConfigError("only live sensors have faults", hint="demo --live --fault ...")
    if live:
        from citytwin.cli.sync import require_live

        require_live()
    target = _unpacked(directory, "live.yaml" if live else "demo.yaml")
    loaded = load(target)
    if carried_out(loaded) is None:
        code = run_recorded(loaded, RunWishes(workers=workers))
        if code:
            sys.exit(code)
    if live:
        from citytwin.cli.live_demo import run_live_demo

        run_live_demo(target, speed, faults)
        return
    click.echo(f"\nopen the map with:  citytwin view {shlex.quote(str(loaded.city_dir))}")
