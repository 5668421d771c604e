"""Publishes the layers of a run: as what stands now, or among the runs of a night that is past."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np

from citytwin.config import LoadedConfig, PastNight
from citytwin.engine.delivery import MadeLayer
from citytwin.engine.live_layers import with_live
from citytwin.engine.locking import holding
from citytwin.engine.report import RunReport
from citytwin.engine.request import read_latest
from citytwin.errors import StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.layer import Latest, PublishedLayer, View
from citytwin.store.catalogue import remove_runs
from citytwin.store.latest import LATEST, run_id_after, run_id_of
from citytwin.store.lonlat_box import lonlat_box
from citytwin.store.past_runs import Span, free_id, layers_before, publish_past
from citytwin.store.publish import StagedLayer, publish
from citytwin.store.run_info import CityFrame, RunInfo
from citytwin.store.unannounced_runs import unannounced_runs
from citytwin.viewer.export import export_viewer, remove_viewer


def entries_before(loaded: LoadedConfig) -> dict[str, PublishedLayer]:
    """Return the run of each layer that the one to be made follows.

    Parameters
    ----------
    loaded
        The configuration.
    """
    latest = read_latest(loaded.city_dir)
    if latest is None:
        return {}
    span = _span(loaded.past, latest)
    if span is None:
        return {layer.id: layer for layer in latest.layers}
    return layers_before(loaded.city_dir, latest, span.end)


def _span(past: PastNight | None, latest: Latest) -> Span | None:
    """Run ids of a past night; None where nothing newer than it stands published."""
    if past is None or run_id_of(past.begin) > latest.run_id:
        return None
    return Span(run_id_of(past.begin), min(run_id_of(past.next_night), latest.run_id))


def publish_made(
    loaded: LoadedConfig,
    grid: GridSpec,
    made: Sequence[MadeLayer],
    now: datetime,
    report: RunReport,
) -> None:
    """Publish what a run has made.

    Parameters
    ----------
    loaded
        The configuration.
    grid
        The city's grid.
    made
        All layers, in the order of the map.
    now
        When (aware).
    report
        Receives what changed, and the id of the run.
    """
    staged = [
        StagedLayer(layer.result.document, layer.staging, layer.result.digests) for layer in made
    ]
    now = now.replace(microsecond=0)
    if loaded.past is None:
        _publish_now(loaded, grid, staged, now, report)
        return
    # The store of past nights is not that of the city, which may be in the middle of a run.
    with holding(loaded.model_copy(update={"past": None})):
        latest = read_latest(loaded.city_dir)
        span = _span(loaded.past, latest) if latest else None
        if latest is None or span is None:
            _publish_now(loaded, grid, staged, now, report)
            return
        before = layers_before(loaded.city_dir, latest, span.end)
        info = _info(loaded, grid, staged, free_id(span, before), now)
        _tell(report, publish_past(loaded.city_dir, staged, info, before), before)
        report.run_id = info.run_id


def _publish_now(
    loaded: LoadedConfig,
    grid: GridSpec,
    staged: Sequence[StagedLayer],
    now: datetime,
    report: RunReport,
) -> None:
    latest = read_latest(loaded.city_dir)
    before = {layer.id: layer for layer in latest.layers} if latest else {}
    layers = with_live(loaded, staged, grid.crs, now)
    earlier = unannounced_runs(loaded.city_dir)
    ids = [latest.run_id] if latest else [run for runs in earlier.values() for run in runs]
    moment = loaded.past.begin if loaded.past else now
    run_id = run_id_after(max(ids, default=None), moment)
    info = _info(loaded, grid, layers, run_id, now)
    closed = loaded.config.publication == "served"
    done = publish(loaded.city_dir, layers, info, remove_viewer if closed else export_viewer)
    _tell(report, done.layers, before)
    report.no_longer += [name for name in before if name not in {one.id for one in done.layers}]
    report.run_id = done.run_id
    if earlier:
        report.healed.append(
            f"{LATEST} was gone: published anew, and {len(set(ids))} earlier runs that the catalogue "
            "names stay"
        )
    report.map = "" if closed else str(loaded.city_dir / "index.html")
    _remove_damaged(loaded.city_dir, done.layers, before, report)


def _info(
    loaded: LoadedConfig, grid: GridSpec, staged: Sequence[StagedLayer], run_id: str, now: datetime
) -> RunInfo:
    config = loaded.config
    frame = CityFrame(
        city=config.city,
        crs=grid.crs,
        vertical_datum=config.vertical_datum,
        time_zone=config.time_zone,
        view=_view_of(grid),
        publication=config.publication,
    )
    documents = [layer.document for layer in staged]
    return RunInfo.of(frame, documents, run_id, now, loaded.sha256)


def _tell(
    report: RunReport, entries: Iterable[PublishedLayer], before: Mapping[str, PublishedLayer]
) -> None:
    for entry in entries:
        old = before.get(entry.id)
        same = old is not None and old.checksum == entry.checksum
        (report.unchanged if same else report.published).append(entry.id)


def _remove_damaged(
    city_dir: Path,
    entries: Iterable[PublishedLayer],
    before: Mapping[str, PublishedLayer],
    report: RunReport,
) -> None:
    """Remove runs whose content stands anew under another name: theirs is not what was published."""
    for entry in entries:
        old = before.get(entry.id)
        if old is not None and old.checksum == entry.checksum and old.run_id != entry.run_id:
            report.healed.append(
                f"published {old.path} had been changed or had lost files: published anew as "
                f"{entry.path}"
            )
            try:
                if (city_dir / old.path).is_dir():
                    remove_runs(city_dir, old.id, [old.run_id])
            except (StoreError, OSError) as error:
                report.losses.append(f"the changed run {old.path} cannot be removed: {error}")


def _view_of(grid: GridSpec) -> View:
    """Longitudes and latitudes that the map opens on."""
    box = grid.bounds
    return View(bounds=lonlat_box(np.array([box.x_min, box.y_min, box.x_max, box.y_max]), grid.crs))
