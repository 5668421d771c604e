"""``citytwin ingest PATH... --out DIR``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citytwin.engine.report import Exit

if TYPE_CHECKING:
    from citytwin.engine.ingest import Extra
    from citytwin.store.model_folder import ModelDocument

EXTRAS = ("cityjsonseq", "geopackage")
_SHOWN = 8


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder to write.")
@click.option("--crs", metavar="EPSG:N", help="Projected CRS of the tables.")
@click.option("--source-crs", metavar="EPSG:N", help="CRS of files that name none.")
@click.option("--theme", "themes", multiple=True, metavar="THEME", help="Only this; repeatable.")
@click.option(
    "--format", "extras", multiple=True, type=click.Choice(EXTRAS), help="Write this as well."
)
@click.option("--workers", type=click.IntRange(min=1), help="Local worker processes.")
@click.option("--scheduler", metavar="ADDRESS", help="Use this Dask scheduler.")
def command(
    paths: tuple[str, ...],
    out: Path,
    crs: str | None,
    source_crs: str | None,
    themes: tuple[str, ...],
    extras: tuple[Extra, ...],
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Read city models into a folder of tables: GeoParquet, a report, and what --format names.

    PATH is a file, a folder, a zip archive or a pattern: CityGML, CityJSON, footprints, relief.
    Which format reads which file is found out. Themes are bldg, dem, tran, brid, luse, wtr, veg, urf, fld.

    Safe to repeat: files that have been read are not read again, and a run that was stopped
    resumes.
    """
    from citytwin.cli.running import following
    from citytwin.engine.ingest import IngestOptions, ingest

    begin = time.monotonic()
    options = IngestOptions(crs, source_crs, themes or None, frozenset(extras), workers, scheduler)
    try:
        with following() as progress:
            document, report = ingest(paths, out.absolute(), options, progress)
    except KeyboardInterrupt:
        click.echo("stopped; run the same command again to resume", err=True)
        sys.exit(Exit.FAILED)
    tell(document, out, time.monotonic() - begin)
    if not report.rows:
        click.echo("nothing to do: the files and the folder are as they were")
    for text in report.losses[:_SHOWN]:
        click.echo(f"lost: {text}", err=True)
    if len(report.losses) > _SHOWN:
        click.echo(f"and {len(report.losses) - _SHOWN} more losses, see report.csv", err=True)
    sys.exit(report.exit_code)


def tell(document: ModelDocument, out: Path, seconds: float) -> None:
    """Print what was read and written, what was set aside, and how long it took.

    Parameters
    ----------
    document
        Of the folder.
    out
        The folder.
    seconds
        Time it took [s].
    """
    from rich.console import Console
    from rich.table import Table

    console = Console(file=sys.stdout, width=100)
    table = Table(title=f"{out}: {document.crs}", title_justify="left")
    table.add_column("table")
    table.add_column("features", justify="right")
    for name, rows in document.features.items():
        table.add_row(name, str(rows))
    console.print(table)
    if document.defects:
        table = Table(title="defects", title_justify="left")
        table.add_column("code")
        table.add_column("records", justify="right")
        for code, count in document.defects.items():
            table.add_row(code, str(count))
        console.print(table)
    notes = [note for note in document.notes if note.severity != "loss"]
    for note in notes[:_SHOWN]:
        click.echo(f"{note.severity}: {note.en}")
    if len(notes) > _SHOWN:
        click.echo(f"and {len(notes) - _SHOWN} more notes in citymodel.json")
    read = [file for file in document.inputs if file.formats]
    megabytes = sum(file.bytes for file in read) / 1e6
    rate = megabytes / max(seconds, 1e-3)
    click.echo(f"{len(read)} files, {megabytes:.1f} MB in {seconds:.1f} s: {rate:.1f} MB/s")
    click.echo(f"wrote {', '.join(file.href for file in document.files)}")
