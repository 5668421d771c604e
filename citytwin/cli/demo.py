"""``citytwin demo [DIR]``."""

from __future__ import annotations

import shlex
import shutil
import sys
from importlib.resources import files
from pathlib import Path

import click

from citytwin.config import load
from citytwin.engine.report import Exit
from citytwin.engine.request import carried_out
from citytwin.errors import StoreError


def _embedded() -> tuple[Path, Path]:
    """Folder of the demo data and the demo pipeline: in the wheel, else in the repository."""
    package = Path(str(files("citytwin")))
    for root in (package / "embedded", package.parent):
        data, pipeline = root / "data" / "demo", root / "pipelines" / "demo.yaml"
        if data.is_dir() and pipeline.is_file():
            return data, pipeline
    msg = "the demo city is not part of this installation"
    raise StoreError(msg, hint="install the released wheel, or run from the repository")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path), default=Path("citytwin-demo"))
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
def command(directory: Path, workers: int | None) -> None:
    """Copy the synthetic demo city to DIRECTORY, run it, and name the map to open."""
    data, pipeline = _embedded()
    target = directory / "pipelines" / "demo.yaml"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(data, directory / "data" / "demo", dirs_exist_ok=True)
    if not target.exists():
        shutil.copyfile(pipeline, target)
    elif target.read_bytes() != pipeline.read_bytes():
        click.echo(f"kept as it is: {target} (delete it for the original)")
    loaded = load(target)
    if carried_out(loaded) is None:
        from citytwin.cli.running import run_and_tell

        report = run_and_tell(loaded, None, workers, None, verify=False)
        code = Exit.FAILED if report is None else report.exit_code
        if code:
            sys.exit(code)
    click.echo(f"\nopen the map with:  citytwin view {shlex.quote(str(loaded.city_dir))}")
