"""Makes the layers of a run and publishes them together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from citytwin import registry
from citytwin.engine.city_store import WHOLE, CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.joining import data_time
from citytwin.engine.lineage import Lineage, classification_of, credits_of, inputs_of
from citytwin.engine.plan import Plan, layer_input
from citytwin.engine.reading import Reading
from citytwin.engine.report import Progress, Row, RunReport
from citytwin.engine.results import LayerResult
from citytwin.engine.standing import Standing
from citytwin.engine.versions import library_versions
from citytwin.engine.whole import WRITER, LayerTask, make_layer
from citytwin.engine.work import Failure, Order, Submits, Work
from citytwin.model.fields import Field
from citytwin.model.layer import PublishedLayer
from citytwin.model.steps import LayerRecipe
from citytwin.model.tables import Table
from citytwin.security.lowering import lower
from citytwin.store.drawing import LayerBefore
from citytwin.store.layer_writer import folder_checksum
from citytwin.store.manifest import Manifest
from citytwin.store.publish import is_intact

KEY = "make layers"
_ROW_CELLS = 300
"""Cells of a map that take as long to draw as a row of a table."""


@dataclass(frozen=True)
class MadeLayer:
    """A layer that lies in the staging folder, or stands published with the same content."""

    result: LayerResult
    staging: Path


def make_layers(
    plan: Plan,
    reading: Reading,
    store: CityStore,
    standing: Standing,
    manifest: Manifest,
    client: Submits,
    entries: Mapping[str, PublishedLayer],
    progress_report: tuple[Progress, RunReport],
) -> list[MadeLayer]:
    """Write every layer whose content, credits or style changed.

    Parameters
    ----------
    plan
        What is wanted.
    reading
        What was read, for the credits.
    store, standing, manifest
        The working store.
    client
        Takes the tasks.
    entries
        The run of each layer that this one follows.
    progress_report
        Who is told.

    Returns
    -------
    list of MadeLayer
        In the order of the map. Empty when a layer failed; the report says which.
    """
    progress, report = progress_report
    row = Row(KEY, len(plan.layers))
    report.rows.append(row)
    made: dict[str, MadeLayer] = {}
    work: Work[LayerTask, LayerResult] = Work(client, store, manifest)
    for recipe in sorted(plan.layers, key=lambda one: -_cells_drawn(one, store, standing)):
        task = _task(recipe, plan, reading, store, standing)
        wanted = str(_fingerprint(task, recipe, store, standing))
        city_dir = plan.city.loaded.city_dir
        entry = entries.get(recipe.id)
        found = standing_layer(recipe.id, wanted, manifest, entry, city_dir, task.staging)
        if found is not None:
            made[recipe.id] = MadeLayer(found, task.staging)
            row.standing += 1
            continue
        key = f"layer:{recipe.id}"
        order = Order(key, WHOLE, wanted, before_s=manifest.took(key, WHOLE))
        task = replace(task, before=_before(order, manifest, entry, city_dir))
        manifest.forget(order.key, [order.part])
        work.submit(task, order, make_layer, task)
    progress.begin(KEY, len(plan.layers), row.standing)
    for task, outcome in work:
        if isinstance(outcome, Failure):
            report.fail(outcome.message, outcome.error)
        else:
            made[task.layer_id] = MadeLayer(outcome, task.staging)
            row.seconds += outcome.seconds
        progress.advance(KEY, 0)
    progress.end(KEY)
    if report.failures:
        return []
    return [made[recipe.id] for recipe in plan.layers]


def _cells_drawn(recipe: LayerRecipe, store: CityStore, standing: Standing) -> int:
    """How much there is to draw: what takes long begins first, so that no worker is left waiting."""
    shown = layer_input(recipe)
    if isinstance(shown, Table):
        return _ROW_CELLS * standing.tables[shown].rows
    rows, cols = store.spec.shape
    return rows * cols * max(1, len(store.fields.coordinates(shown)))


def _before(
    order: Order, manifest: Manifest, entry: PublishedLayer | None, city_dir: Path
) -> LayerBefore | None:
    """The published run of a layer, where it is the one that is on record."""
    finished = manifest.standing(order.key, order.part)
    if finished is None or entry is None:
        return None
    result = LayerResult.on_record(finished.payload)
    if result is None or result.checksum != entry.checksum:
        return None
    return LayerBefore(city_dir / entry.path, result.drawn, result.digests)


def _task(
    recipe: LayerRecipe, plan: Plan, reading: Reading, store: CityStore, standing: Standing
) -> LayerTask:
    shown = layer_input(recipe)
    descent = standing.lineage.get(shown, Lineage())
    sources = plan.city.loaded.config.sources
    by_name = {source.name: source for source in sources}
    given = credits_of(descent, sources, reading.decoded)
    inherited = classification_of(descent, by_name)
    lowered = lower(recipe.id, inherited, plan.city.loaded.config.lowerings)
    return LayerTask(
        layer_id=recipe.id,
        owner="" if isinstance(shown, Field) else standing.tables[shown].owner,
        notes=(*descent.notes, *standing.warnings_for(descent), *lowered.notes),
        facts=descent.facts,
        classification=lowered.classification,
        lowered_from=inherited if lowered.notes else None,
        valid_time=_valid_time(descent, plan),
        licence="; ".join(dict.fromkeys(credit.licence for credit in given)),
        sources=given,
        inputs=inputs_of(descent, sources, reading.decoded),
        vertical_datum=plan.city.loaded.config.vertical_datum,
        staging=store.root / "staging" / recipe.id,
        along=store.fields.coordinates(shown) if isinstance(shown, Field) else (),
        rows="" if isinstance(shown, Field) else _rows_of(shown, standing),
    )


def _rows_of(shown: Table, standing: Standing) -> str:
    """Digest of the rows that a layer shows; where they stand in their files is shown as well."""
    entry = standing.tables[shown]
    return "|".join((entry.digest(), *(entry.files if shown.of_file else ())))


def _valid_time(descent: Lineage, plan: Plan) -> datetime:
    return descent.valid_time or data_time(plan.city.loaded.config)


def _fingerprint(
    task: LayerTask, recipe: LayerRecipe, store: CityStore, standing: Standing
) -> Fingerprint:
    shown = layer_input(recipe)
    said = [*task.said, task.vertical_datum.model_dump_json()]
    if isinstance(shown, Field):
        content = standing.field_digests(shown, store.spec.whole)
    else:
        content = [task.rows]
    code = code_digest(registry.module_of(recipe)) + code_digest(WRITER) + library_versions()
    settings = (task.classification, task.valid_time.isoformat(), task.licence)
    return Fingerprint(code, "|".join(settings), (store.fields.key, *content, *said))


def standing_layer(
    name: str,
    wanted: str,
    manifest: Manifest,
    entry: PublishedLayer | None,
    city_dir: Path,
    staging: Path,
) -> LayerResult | None:
    """Return a layer that need not be made: every file of it is there and undamaged.

    Parameters
    ----------
    name
        Id of the layer.
    wanted
        Its fingerprint.
    manifest
        What was made.
    entry, city_dir
        The run of it that stands published, and where.
    staging
        Where a run that was stopped may have left it.
    """
    finished = manifest.standing(f"layer:{name}", WHOLE)
    if finished is None or finished.fingerprint != wanted:
        return None
    result = LayerResult.model_validate_json(finished.payload)
    if entry is not None and entry.checksum == result.checksum and is_intact(city_dir, entry):
        return result
    staged = (staging / "layer.json").is_file()
    return result if staged and folder_checksum(staging) == result.checksum else None
