"""Runs assessments and writes layers: work on the whole city at once (on a worker)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.results import LayerResult, TableResult
from citytwin.engine.timing import timed
from citytwin.engine.versions import library_versions
from citytwin.errors import DamagedError, StepError
from citytwin.model.axes import Coordinate
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.kept_figures import Figures, KeptFigures
from citytwin.model.layer import Classification, InputFile, RasterView, SourceCredit
from citytwin.model.notes import Fact, Note
from citytwin.model.record import Record
from citytwin.model.steps import Assessment, CityState, LayerRecipe
from citytwin.model.tables import Table
from citytwin.model.text import Text
from citytwin.store.drawing import Drawing, LayerBefore
from citytwin.store.fields import digest_of, extremes
from citytwin.store.layer_writer import LayerContent, file_digests, write_layer
from citytwin.store.placed import read_columns
from citytwin.store.series_layer import FieldSeries
from citytwin.store.staging import new_folder
from citytwin.store.tables import conform

WRITER = __name__
"""Module whose code counts for every layer, with all that it imports."""


@dataclass(frozen=True)
class AssessmentTask:
    """An assessment as it is sent to a worker."""

    step_name: str
    params_json: str
    fields: tuple[Field, ...]
    tables: tuple[tuple[str, Table], ...]
    """Owner (``merged`` or the name of an assessment) and table."""
    records: tuple[Record, ...] = ()
    beside: str = ""
    """Digest of code and parameters."""
    figures: Mapping[str, Figures] = field(default_factory=dict)
    """What the run before has found with the same code and parameters; without any influence on the
    table."""
    made: str = ""
    """Digest of the table that it made with them."""


@dataclass(frozen=True)
class LayerTask:
    """A layer as it is sent to a worker."""

    layer_id: str
    owner: str
    """Owner of the table that a vector layer shows; empty for raster layers."""
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    classification: Classification
    valid_time: datetime
    licence: str
    sources: tuple[SourceCredit, ...]
    inputs: tuple[InputFile, ...]
    vertical_datum: Text
    staging: Path
    lowered_from: Classification | None = None
    """Highest classification of its sources, where a rule has lowered it."""
    along: tuple[Coordinate, ...] = ()
    """Moments or directions of a field with a leading axis."""
    rows: str = ""
    """Digest of the rows that a vector layer shows."""
    before: LayerBefore | None = None
    """What it may take of its files; without any influence on their bytes."""

    @property
    def said(self) -> tuple[str, ...]:
        """All that is said of the layer beside its values."""
        told = (*self.notes, *self.facts, *self.sources, *self.inputs)
        known = (*(item.model_dump_json() for item in told), *map(repr, self.along))
        return (*known, self.lowered_from or "")


@timed
def assess(task: AssessmentTask, store: CityStore) -> TableResult:
    """Run an assessment and store its table.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    step: Assessment[Any] = registry.named(Assessment, task.step_name)
    params = step.params.model_validate_json(task.params_json)
    whole = store.spec.whole
    state = CityState(
        grid=store.spec,
        fields={field: store.fields.read(field, whole) for field in task.fields},
        tables={
            table: store.read_table(table, owner).drop(columns=table.of_file)
            for owner, table in task.tables
        },
        time_zone=store.time_zone,
        directions={field: store.fields.directions(field) for field in task.fields},
        records={record.observed: record for record in task.records},
        figures=KeptFigures(task.figures),
        before=partial(_made_before, task, step, store),
    )
    assessed = step.run(state, params)
    frame = conform(step.output, assessed.frame, store.crs)
    digest = store.write_table(step.name, step.output, frame)
    return TableResult(
        digest=digest,
        rows=len(frame),
        facts=assessed.facts,
        notes=assessed.notes,
        valid_time=assessed.valid_time,
        used={table.name: tuple(sorted(names)) for table, names in assessed.used.items()},
        beside=task.beside,
        figures=state.figures.record,
    )


def _made_before(
    task: AssessmentTask, step: Assessment[Any], store: CityStore, columns: Sequence[str]
) -> pd.DataFrame | None:
    """Columns of the table that the figures of before belong to, if it is what was written."""
    try:
        files = store.files_of(step.name, step.output)
        if [file.digest for file in files] != [task.made]:
            return None
        return read_columns(store.root, files[0], columns)
    except DamagedError:
        return None


@timed
def make_layer(task: LayerTask, store: CityStore) -> LayerResult:
    """Write all files of a layer into its staging folder.

    Parameters
    ----------
    task
        What to write.
    store
        The city's working store.
    """
    recipe = registry.named(LayerRecipe, task.layer_id)
    array: NDArray[Any] | FieldSeries | None = None
    frame, content = None, task.rows
    if isinstance(recipe.view, RasterView):
        array, content = _shown(recipe.id, recipe.view.field, task, store)
    else:
        frame = store.read_table(recipe.view.table, task.owner)
    shown = LayerContent(
        recipe=recipe,
        grid=store.spec,
        array=array,
        frame=frame,
        notes=task.notes,
        facts=task.facts,
        classification=task.classification,
        lowered_from=task.lowered_from,
        valid_time=task.valid_time,
        licence=task.licence,
        sources=task.sources,
        inputs=task.inputs,
        vertical_datum=task.vertical_datum,
        fingerprint=layer_fingerprint(task, recipe, store.spec, content),
        digest=content,
    )
    with new_folder(task.staging) as folder:
        maker, remembered = "|".join(_maker(recipe)), store.remembered(recipe.id)
        drawing = Drawing(folder, maker, task.before, remembered)
        document = write_layer(shown, folder, drawing)
        digests = file_digests(folder)
    return LayerResult(document=document, digests=digests, drawn=drawing.record)


def _maker(recipe: LayerRecipe) -> list[str]:
    """Code and libraries that a layer is made by."""
    return [code_digest(registry.module_of(recipe)), code_digest(WRITER), library_versions()]


def _shown(
    layer: str, field: Field, task: LayerTask, store: CityStore
) -> tuple[NDArray[Any] | FieldSeries, str]:
    """Values of the field that a layer shows, and their digest."""
    whole = store.spec.whole
    array: NDArray[Any] | FieldSeries
    if field.axis:
        array = FieldSeries(task.along, partial(store.fields.read_one, field, whole))
        known = array.extremes(field)
        content = "|".join(look.digest for look in array.looks(field))
    else:
        array = store.fields.read(field, whole)
        known = extremes(field, array)
        content = digest_of(array)
    if known is None and not field.may_be_empty:
        msg = f"{field.name} has no data anywhere"
        raise StepError(msg, step=f"layer:{layer}", hint="check the inputs of the city")
    return array, content


def layer_fingerprint(task: LayerTask, recipe: LayerRecipe, grid: GridSpec, content: str) -> str:
    """Digest of all that a layer says and of what writes it, whatever the tiles.

    Parameters
    ----------
    task, recipe
        The layer.
    grid
        Where it lies.
    content
        Digest of its values or rows.
    """
    said = [content, task.valid_time.isoformat(), task.classification, task.licence]
    said += [json.dumps(asdict(grid), sort_keys=True), task.vertical_datum.model_dump_json()]
    said += _maker(recipe)
    said += task.said
    return hashlib.sha256("\0".join(said).encode()).hexdigest()
