"""Observed water for ``citytwin simulate flood``: tables in, scores at gauges and at high-water marks out."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from citytwin.cli.kept_options import Command, keep, kept, with_options
from citytwin.errors import ConfigError
from citytwin.store.atomic import write_text
from citytwin.store.plain_rasters import GAUGES, head_of
from citytwin.wording import nearest

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from citytwin.engine.bare_observed import GaugeComparison
    from citytwin.rules.observed_water import ObservedGauges, WaterMarks

_SCORES, _PAIRS, _MARKS = "gauge_scores.csv", "gauge_pairs.csv", "mark_errors.csv"
_HEADERS = {
    _SCORES: "gauge,measure,observations,dry,bias_m,rmse_m,peak_error_m,peak_time_error_min,nse",
    _PAIRS: "gauge,seconds,observed_m,computed_m",
    _MARKS: "name,x,y,measure,marked_m,computed_m,error_m",
}
_HEAD = f"{'gauge':<16} {'n':>5} {'dry':>5} {'bias m':>8} {'RMSE m':>8} {'peak m':>8} {'peak min':>8} {'NSE':>7}"


_OPTIONS = tuple(
    click.option(
        name, type=click.Path(path_type=Path), help=said, expose_value=False, callback=keep
    )
    for name, said in (
        ("--observed", "CSV of levels or depths at gauges (gauge, time, level_m or depth_m), scored."),
        ("--marks", "CSV of high-water marks (x, y, level_m or depth_m), scored against the largest water."),
    )
)  # fmt: skip


def observed_options(command: Command) -> Command:
    """Give a command the options for observed water.

    Parameters
    ----------
    command
        Of click; its function takes none of them.
    """
    return with_options(command, _OPTIONS)


@dataclass(frozen=True, eq=False)
class Observed:
    """Observed water that fits the run that is to come."""

    gauges: ObservedGauges | None
    marks: WaterMarks | None


def observed_for(
    name: str, params: Mapping[str, object], rasters: Mapping[str, xr.DataArray], out: Path
) -> Observed:
    """Read the tables of the command that runs, and check that they fit the run before it starts.

    Parameters
    ----------
    name, params, rasters
        Simulation, its parameters and rasters.
    out
        Folder of the results.

    Raises
    ------
    ConfigError
        If a table cannot be read, the simulation has no gauges, one is observed that the parameters do not
        name, nothing is observed in the time of the run, no mark lies on the raster, or a result would be written over a table.
    """
    observed, marked = kept("observed"), kept("marks")
    if observed is None and marked is None:
        return Observed(None, None)
    from citytwin.engine.bare import bound_params, named
    from citytwin.rules.observed_water import read_marks, read_observed
    from citytwin.simulations.flood.params import FloodParams

    bound = bound_params(named(name), params)
    if not isinstance(bound, FloodParams):
        msg = f"{name} computes no water: --observed and --marks say nothing there"
        raise ConfigError(msg, hint="leave them out, or run flood")
    written = {(out / file).resolve() for file in (*_HEADERS, GAUGES)}
    for table in filter(None, (observed, marked)):
        if table.resolve() in written:
            msg = f"{table}: a result would be written over it"
            raise ConfigError(msg, hint="name another folder as --out")
    gauges = None if observed is None else read_observed(observed, bound.start)
    marks = None if marked is None else read_marks(marked)
    if gauges is not None:
        _require_gauges(gauges, [gauge.name for gauge in bound.gauges])
        _require_during(gauges, 3600.0 * bound.duration_h)
    if marks is not None and rasters:
        _require_inside(marks, next(iter(rasters.values())))
    return Observed(gauges, marks)


def _require_gauges(observed: ObservedGauges, names: list[str]) -> None:
    for name in observed.series:
        if name not in names:
            msg = f"{observed.path}: gauge {name!r} is not among those of the run{nearest(name, names)}"
            raise ConfigError(
                msg, hint="add it to `gauges` of the parameters, or leave out its rows"
            )


def _require_during(observed: ObservedGauges, last_s: float) -> None:
    """Refuse observations that all lie beside the run: their clock is another."""
    times = [time for one in observed.series.values() for time in one.time_s.tolist()]
    if not any(0.0 <= time <= last_s for time in times):
        first, last = min(times) / 60.0, max(times) / 60.0
        msg = f"{observed.path}: nothing is observed in the {last_s / 60.0:g} minutes of the run, but from "
        msg += f"{first:.10g} to {last:.10g} minutes after its start"
        raise ConfigError(msg, hint="check `start`, and the offset from UTC of the times")


def _require_inside(marks: WaterMarks, raster: xr.DataArray) -> None:
    from citytwin.engine.bare_observed import are_inside

    inside = are_inside(raster, marks)
    if not inside.any():
        west, south, east, north = raster.rio.bounds()
        msg = f"{marks.path}: no mark lies on the rasters, {west:g} to {east:g} east, "
        msg += f"{south:g} to {north:g} north; the first is at ({marks.x_m[0]:g}, {marks.y_m[0]:g})"
        raise ConfigError(msg, hint="give x and y in the CRS of the rasters")


def tell_observed(
    data: xr.Dataset,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    observed: Observed,
    out: Path,
) -> None:
    """Write and print how well the result meets what was observed; scores of an earlier run go.

    Parameters
    ----------
    data
        Result of a flood.
    inputs
        What it was computed from.
    observed
        What was observed.
    out
        Folder of the results.
    """
    forget_scores(out)
    if observed.gauges is not None:
        _tell_gauges(data, observed.gauges, out)
    if observed.marks is not None:
        _tell_marks(data, inputs, observed.marks, out)


def forget_scores(out: Path) -> None:
    """Remove the scores of an earlier run; tables of another kind stay.

    Parameters
    ----------
    out
        Folder of the results.
    """
    for file, header in _HEADERS.items():
        if head_of(out / file).startswith(header):
            (out / file).unlink()


def _tell_gauges(data: xr.Dataset, observed: ObservedGauges, out: Path) -> None:
    from citytwin.engine.bare_observed import FEWEST, compared_gauges

    found = compared_gauges(data, observed)
    scores: list[Sequence[str]] = []
    pairs: list[Sequence[str]] = []
    lines = [_HEAD]
    for name, one in found.items():
        pairs += [
            (name, f"{time:.10g}", f"{given:.10g}", f"{computed:.6g}")
            for time, given, computed in zip(*one.observed, one.computed_m, strict=True)
        ]
        if one.scores is None:
            said = f"gauge {name!r} is not scored: fewer than {FEWEST} observations in the run"
            click.echo(f"warning: {said}", err=True)
            continue
        number, *values = one.scores
        figures = (f"{value:.6g}" for value in values)
        scores.append((name, observed.measure, str(number), str(one.dry), *figures))
        lines.append(_line(name, one))
    left_out = {name: one.left_out for name, one in found.items() if one.left_out}
    if left_out:
        said = ", ".join(f"{number} of {name!r}" for name, number in left_out.items())
        click.echo(f"warning: observations before or after the run do not count: {said}", err=True)
    _store(out, {_SCORES: scores, _PAIRS: pairs})
    if len(lines) > 1:
        click.echo("\n".join(lines))


def _line(name: str, one: GaugeComparison) -> str:
    assert one.scores is not None  # noqa: S101 - looked at before
    number, bias, rmse, peak, late, nse = one.scores
    head = f"{name:<16} {number:>5} {one.dry:>5} {bias:>8.4f} {rmse:>8.4f}"
    return f"{head} {peak:>8.4f} {late:>8.2f} {nse:>7.3f}"


def _tell_marks(
    data: xr.Dataset,
    inputs: Mapping[str, xr.DataArray | pd.DataFrame],
    marks: WaterMarks,
    out: Path,
) -> None:
    from citytwin.engine.bare import grounds_of
    from citytwin.engine.bare_observed import compared_marks

    found = compared_marks(data, *grounds_of(inputs), marks)
    rows = list[Sequence[str]]()
    for number, name in enumerate(marks.names):
        given, computed = marks.value_m[number], found.computed_m[number]
        place = f"{marks.x_m[number]:.10g}", f"{marks.y_m[number]:.10g}"
        error = ("", "")
        if computed == computed:
            error = f"{computed:.6g}", f"{computed - given:.6g}"
        rows.append((name, *place, marks.measure, f"{given:.10g}", *error))
    _store(out, {_MARKS: rows})
    lost = [
        name for name, value in zip(marks.names, found.computed_m, strict=True) if value != value
    ]
    if lost:
        said = f"{len(lost)} marks lie off the raster or have no open cell beside them: {', '.join(lost)}"
        click.echo(f"warning: {said[:300]}", err=True)
    if found.scores is not None:
        number, dry, bias, rmse, largest = found.scores
        said = (
            f"{number} high-water marks, {dry} of them dry: bias {bias:.3f} m, RMSE {rmse:.3f} m, "
        )
        click.echo(f"{said}largest error {largest:.3f} m")


def _store(out: Path, tables: Mapping[str, Sequence[Sequence[str]]]) -> None:
    for name, rows in tables.items():
        written = io.StringIO()
        csv.writer(written, lineterminator="\n").writerows([_HEADERS[name].split(","), *rows])
        write_text(out / name, written.getvalue())
        click.echo(str(out / name))
