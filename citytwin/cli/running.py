"""Runs a configuration with progress on a terminal, log lines elsewhere, and a table at the end."""

from __future__ import annotations

import logging
import math
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from citytwin.cli.left_out import told_left_out
from citytwin.cli.pace import Pace
from citytwin.cli.run_wishes import RunWishes
from citytwin.cli.stopping import Stop, stopping
from citytwin.config import LoadedConfig
from citytwin.engine.reading import KEY as READING
from citytwin.engine.report import RunReport
from citytwin.engine.run import RunOptions, run
from citytwin.model.checkpoints import Counted

log = logging.getLogger(__name__)
_LOG_EVERY_S = 10.0


class Bars:
    """Progress bars with rates and remaining time."""

    def __init__(self, console: Console, stop: Stop) -> None:
        self._stop = stop
        self._progress = Progress(
            TextColumn("{task.description:<28}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:>14}", markup=False),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._tasks: dict[str, TaskID] = {}
        self._cells: dict[str, int] = {}
        self._begun: dict[str, float] = {}
        self._pace = Pace()

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, key: str, parts: int, standing: int) -> None:
        """Open a bar."""
        self._stop.check()
        self._tasks[key] = self._progress.add_task(key, total=parts, completed=standing, rate="")
        self._cells[key] = 0
        self._begun[key] = time.monotonic()

    def advance(self, key: str, cells: int) -> None:
        """Move a bar by one part."""
        self._stop.check()
        self._cells[key] += cells
        seconds = max(time.monotonic() - self._begun[key], 1e-3)
        unit = "MB/s" if key == READING else "Mcell/s"
        rate = f"{self._cells[key] / seconds / 1e6:.2f} {unit}" if self._cells[key] else ""
        done = int(self._progress.tasks[self._tasks[key]].completed)
        self._progress.update(self._tasks[key], completed=done + 1, rate=rate)

    def simulated(self, key: str, done: float, whole: float, counted: Counted) -> None:
        """Show how far a single long part is."""
        if key in self._tasks and done < whole:
            said = self._pace.said(key, done, whole, counted)
            self._progress.update(self._tasks[key], completed=done / whole, rate=said)

    def end(self, key: str) -> None:
        """Complete a bar."""
        task = self._progress.tasks[self._tasks[key]]
        self._progress.update(self._tasks[key], completed=task.total)


class Lines:
    """One structured log line per event, for runs without a terminal."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._pace = Pace()
        self._logged_s = -math.inf

    def begin(self, key: str, parts: int, standing: int) -> None:
        """Log the begin of a job."""
        self._stop.check()
        self._say("begin", key, f"parts={parts} standing={standing}")

    def advance(self, key: str, cells: int) -> None:
        """Log a part."""
        self._stop.check()
        self._say("part", key, f"{'bytes' if key == READING else 'cells'}={cells}")

    def simulated(self, key: str, done: float, whole: float, counted: Counted) -> None:
        """Log how far a long part is."""
        now = time.monotonic()
        if now - self._logged_s >= _LOG_EVERY_S:
            self._logged_s = now
            self._say("simulated", key, f"{counted}={self._pace.said(key, done, whole, counted)!r}")

    def end(self, key: str) -> None:
        """Log the end of a job."""
        self._say("end", key, "")

    def _say(self, event: str, key: str, more: str) -> None:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        click.echo(f"{stamp} event={event} step={key!r} {more}".rstrip(), err=True)


@contextmanager
def following() -> Iterator[Bars | Lines]:
    """Show the events of a run: bars on a terminal, lines elsewhere; Ctrl-C ends them."""
    console = Console(stderr=True)
    with stopping() as stop:
        if not console.is_terminal:
            yield Lines(stop)
            return
        with Bars(console, stop) as bars:
            yield bars


def run_and_tell(loaded: LoadedConfig, wishes: RunWishes) -> RunReport | None:
    """Run a configuration and tell the user how it went; None where it was stopped.

    Parameters
    ----------
    loaded
        The configuration.
    wishes
        How the user wants it.
    """
    report = run_followed(loaded, wishes)
    if report is not None:
        tell(report, loaded.city_dir)
    return report


def run_followed(loaded: LoadedConfig, wishes: RunWishes) -> RunReport | None:
    """Run a configuration with its progress shown; None where it was stopped.

    Parameters
    ----------
    loaded
        The configuration.
    wishes
        How the user wants it.
    """
    options = RunOptions(
        scheduler=wishes.scheduler,
        workers=wishes.workers,
        verify=wishes.verify,
        checkpoint_minutes=wishes.checkpoint_minutes,
        domain_tile_cells=wishes.domain_tile_cells,
    )
    if wishes.tile_cells is not None:
        options = replace(options, tile_cells=wishes.tile_cells)
    try:
        with following() as progress:
            return run(loaded, options, progress)
    except KeyboardInterrupt:
        click.echo("stopped; run the same command again to resume", err=True)
        return None


def tell(report: RunReport, city_dir: Path) -> None:
    """Print the table of a run, its losses and failures, and where the map is.

    Parameters
    ----------
    report
        Outcome of the run.
    city_dir
        Folder of the published city.
    """
    table = Table(title=f"{report.city}: {report.seconds:.1f} s", title_justify="left")
    for name in ("step", "parts", "skipped", "Mcell", "s on workers"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for row in report.rows:
        cells = f"{row.cells / 1e6:.2f}" if row.cells else ""
        table.add_row(row.key, str(row.parts), str(row.standing), cells, f"{row.seconds:.1f}")
    Console(file=sys.stdout, width=100).print(table)
    for text in told_left_out(report.left_out):
        click.echo(text)
    for text in report.losses:
        click.echo(f"lost: {text}", err=True)
    for text in report.healed:
        click.echo(f"healed: {text}", err=True)
    for text in report.failures:
        click.echo(f"failed: {text}", err=True)
    if report.failures:
        click.echo("nothing was published; what is finished is kept for the next run", err=True)
        return
    _tell_layers(report)
    if report.map:
        click.echo(f"map: {report.map}")
    else:
        click.echo(f"show it with: citytwin serve {city_dir} --config serve.yaml")


def _tell_layers(report: RunReport) -> None:
    if report.published or not report.no_longer:
        click.echo(f"published: {', '.join(report.published) or 'nothing changed'}")
    if report.no_longer:
        click.echo(f"no longer published: {', '.join(report.no_longer)}")
    if report.unchanged:
        click.echo(f"unchanged: {', '.join(report.unchanged)}")
