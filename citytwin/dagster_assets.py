"""A city as assets of Dagster, made by one run of its plan: ``defs = definitions("city.yaml")``."""

# Dagster reads annotations itself, so they are no texts here.
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from citytwin.config import LoadedConfig, load
from citytwin.engine.bind import bind
from citytwin.engine.fetching import fetch_sources
from citytwin.engine.losses import could_give
from citytwin.engine.plan import Plan, layer_input, plan
from citytwin.engine.report import Silent
from citytwin.engine.request import read_latest
from citytwin.engine.run import RunOptions, run
from citytwin.engine.uploading import tried_upload
from citytwin.errors import BusyError
from citytwin.nights.recording import recorded

BUSY_RETRIES, BUSY_WAIT_S = 6, 600.0


def definitions(config: str | Path, scheduler: str | None = None) -> dg.Definitions:
    """Return the assets of a city, and the schedule of its nights.

    Parameters
    ----------
    config
        A configuration; `ConfigError` says why one cannot be run.
    scheduler
        Address of a Dask scheduler; None = workers on the machine that runs the assets.
    """
    loaded = load(Path(config))
    city, at = loaded.config.city.id.replace("-", "_"), loaded.config.nights.at
    wanted = plan(bind(loaded))

    @dg.multi_asset(name=f"{city}_night", specs=_specs(wanted, city))
    def night(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        yield from _made(loaded, city, scheduler, context)

    sources = [dg.AssetSpec([city, "source", source.config.name]) for source in wanted.sources]
    hour, minute = (at or "00:00").split(":")
    cron, zone = f"{int(minute)} {int(hour)} * * *", loaded.config.time_zone
    nightly = dg.ScheduleDefinition(
        name=f"{city}_nights", cron_schedule=cron, target=[night], execution_timezone=zone
    )
    return dg.Definitions(assets=[*sources, night], schedules=[nightly] if at else [])


def _specs(wanted: Plan, city: str) -> list[dg.AssetSpec]:
    """One asset per step and layer; what each is made from is its lineage."""
    makers: dict[object, set[dg.AssetKey]] = {}
    for source in wanted.sources:
        for given in could_give(source, wanted.city.loaded.config):
            makers.setdefault(given, set()).add(dg.AssetKey([city, "source", source.config.name]))
    for job in wanted.jobs:
        makers |= {made: {dg.AssetKey([city, *job.key.split(":")])} for made in job.provides}
    said = [(j.key.split(":"), j.needs, j.step.title) for j in wanted.jobs]
    said += [(["layer", r.id], (layer_input(r),), r.title) for r in wanted.layers]
    return [
        dg.AssetSpec(
            [city, *name],
            deps=sorted({key for need in needs for key in makers.get(need, ())}),
            description=title.en,
            skippable=True,  # what the data turn out not to give is not made
        )
        for name, needs, title in said
    ]


def _made(
    loaded: LoadedConfig, city: str, scheduler: str | None, context: dg.AssetExecutionContext
) -> Iterator[dg.MaterializeResult[Any]]:
    try:
        with recorded(loaded) as entry:
            fetch_sources(loaded)
            report = run(loaded, RunOptions(scheduler=scheduler), Silent())
            if not report.failures:
                report.losses += tried_upload(loaded)[1]
            entry.ended(report)
    except BusyError as error:
        raise dg.RetryRequested(BUSY_RETRIES, BUSY_WAIT_S) from error
    except Exception:  # whatever was met may stand in its message, and Dagster keeps that in clear
        if loaded.protected:
            raise dg.Failure("the run failed: `citytwin run` tells why, in a terminal") from None
        raise
    # as the journal tells it: what Dagster keeps lies on its disk in clear
    if report.failures:
        raise dg.Failure("; ".join(entry.record.failures))
    if report.losses:
        context.log.warning(f"lost: {'; '.join(entry.record.losses)}")
    made: dict[dg.AssetKey, tuple[dict[str, Any], dg.DataVersion | None]] = {}
    for row in report.rows:
        told = {"parts": row.parts, "skipped": row.standing, "seconds": row.seconds}
        made[dg.AssetKey([city, *row.key.split(":")])] = (told, None)
    latest = read_latest(loaded.city_dir)
    for layer in latest.layers if latest else ():
        place = {"path": str(loaded.city_dir / layer.path), "run": layer.run_id}
        made[dg.AssetKey([city, "layer", layer.id])] = (place, dg.DataVersion(layer.checksum))
    selected = context.selected_asset_keys
    for key in (key for key in made if key in selected):  # in the order in which they were made
        yield dg.MaterializeResult(key, metadata=made[key][0], data_version=made[key][1])
