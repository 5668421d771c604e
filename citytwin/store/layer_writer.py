"""Writes every file of a layer's folder; the same content gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
from numpy.typing import NDArray
from pydantic import TypeAdapter

from citytwin.errors import StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.layer import (
    COMPUTED,
    DISCLAIMER,
    Classification,
    Extent,
    InputFile,
    LayerColumn,
    LayerDocument,
    RasterView,
    SourceCredit,
    VectorView,
)
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import LayerRecipe
from citytwin.model.text import Text, text
from citytwin.store.at_rest import digest_of_file, files_below
from citytwin.store.atomic import write_text
from citytwin.store.cog import CogLabels
from citytwin.store.drawing import Drawing
from citytwin.store.fields import digest_of
from citytwin.store.latest import INPUTS, ITEM, LAYER
from citytwin.store.legend import Legend, write_legend
from citytwin.store.lonlat_box import lonlat_rim
from citytwin.store.raster_layer import RasterPlan, write_raster_files
from citytwin.store.series_layer import FieldSeries, write_series_files
from citytwin.store.style_files import STYLES
from citytwin.store.tables import table_digest
from citytwin.store.vector_layer import write_vector_files
from citytwin.store.written import Written

_WRITTEN = TypeAdapter(Written)
_NOTHING = TypeAdapter(None)
_HAZARD_GROUPS = {"flood", "exposure"}
"""Of layers that could be taken for an official hazard map."""
NO_DISCLAIMER = text("", "")
"""For layers that no simulation stands behind."""
_RASTER_ONLY = {"image", "values", "frames", "opening", "outlines", "blank"}
_VECTOR_ONLY = {
    "pmtiles",
    "geometry",
    "extrude",
    "directed",
    "style_column",
    "id_column",
    "columns",
}


@dataclass(frozen=True, eq=False)
class LayerContent:
    """All that a layer shows and says."""

    recipe: LayerRecipe
    grid: GridSpec
    array: NDArray[Any] | FieldSeries | None
    """Shape of the grid, or one such array per moment or direction, for recipes that show a field."""
    frame: gpd.GeoDataFrame | None
    """Rows, for recipes that show a table."""
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    classification: Classification
    valid_time: datetime
    """Instant of the data (aware)."""
    licence: str
    sources: tuple[SourceCredit, ...]
    fingerprint: str
    inputs: tuple[InputFile, ...] = ()
    """Every file of these sources."""
    vertical_datum: Text | None = None
    lowered_from: Classification | None = None
    """Highest classification of its sources, where a rule has lowered it."""
    digest: str | None = None
    """Of the array or the rows, where it is known already."""


def write_layer(
    content: LayerContent, directory: Path, drawing: Drawing | None = None
) -> LayerDocument:
    """Write every file of a layer but its STAC item, which names the run.

    Parameters
    ----------
    content
        What to write.
    directory
        Folder of the layer; exists and is empty.
    drawing
        Draws into this folder, or takes what the run before has drawn; None = draw all.

    Returns
    -------
    LayerDocument
        What stands in ``layer.json``.

    Raises
    ------
    StoreError
        If the content does not fit the recipe, or the disk refuses.
    """
    recipe = content.recipe
    if content.valid_time.tzinfo is None:
        msg = f"layer {recipe.id}: the valid time {content.valid_time} has no time zone"
        raise StoreError(msg, hint="give an instant in UTC")
    drawing = drawing or Drawing(directory)
    written = _write_data(content, drawing)
    notes = (*content.notes, *written.notes)
    legend = Legend(
        style=written.style,
        notes=notes,
        classification=content.classification,
        disclaimer=_disclaimer(recipe) if recipe.simulation else None,
        blank=view.blank if isinstance(view := recipe.view, RasterView) else None,
        grey_no_data=isinstance(recipe.view, VectorView),
    )
    drawing.once((repr(legend),), _NOTHING, lambda: write_legend(directory, legend))
    write_text(directory / INPUTS, _inputs_json(content.inputs))
    document = _document(content, written, notes)
    write_text(directory / LAYER, layer_json(document))
    return document


def _inputs_json(inputs: Sequence[InputFile]) -> str:
    """A line per file, so that lists of thousands can be read and compared."""
    lines = ",\n".join(one.model_dump_json() for one in inputs)
    return f"[\n{lines}\n]\n" if lines else "[]\n"


def layer_json(document: LayerDocument) -> str:
    """Return ``layer.json``, without the keys of the other kind of layer.

    Parameters
    ----------
    document
        Document of a layer.
    """
    other = _VECTOR_ONLY if document.kind == "raster" else _RASTER_ONLY
    return document.model_dump_json(exclude=other, indent=1) + "\n"


def _write_data(content: LayerContent, drawing: Drawing) -> Written:
    recipe, view = content.recipe, content.recipe.view
    if isinstance(view, RasterView):
        if content.array is None:
            msg = f"layer {recipe.id} shows field {view.field.name}, but got no array"
            raise StoreError(msg, hint="give the array of the field")
        labels = _labels(content)
        raster = RasterPlan(drawing, recipe.id, view, recipe.style, content.grid, labels)
        array = content.array
        if isinstance(array, FieldSeries):
            return write_series_files(raster, array)
        digest = content.digest or digest_of(array)
        held = (labels.fingerprint, labels.valid_time.isoformat(), digest)
        return drawing.once(held, _WRITTEN, lambda: write_raster_files(raster, array))
    if content.frame is None:
        msg = f"layer {recipe.id} shows table {view.table.name}, but got no rows"
        raise StoreError(msg, hint="give the frame of the table")
    rows, when = content.frame, content.valid_time
    digest = content.digest or table_digest(rows)
    said = (recipe.id, _said_of(content.grid), when.isoformat(), digest)

    def draw() -> Written:
        return write_vector_files(
            drawing, recipe.id, recipe.title, view, recipe.style, content.grid, rows, when
        )

    return drawing.once(said, _WRITTEN, draw)


def _labels(content: LayerContent) -> CogLabels:
    """Tags of all GeoTIFFs of a layer; what is said of its sources is no part of their fingerprint."""
    description = _description(content)
    said = (content.recipe.id, _said_of(content.grid), description, content.classification)
    return CogLabels(
        description=description,
        valid_time=content.valid_time,
        fingerprint=hashlib.sha256("\0".join(said).encode()).hexdigest(),
        classification=content.classification,
    )


def _said_of(grid: GridSpec) -> str:
    return json.dumps(asdict(grid), sort_keys=True)


def _description(content: LayerContent) -> str:
    """Say in the file what it shows, what to beware of, and whose data it is."""
    recipe = content.recipe
    said = [f"{recipe.title.en}. {recipe.summary.en}"]
    if recipe.simulation:
        said.append(f"{_disclaimer(recipe).en}.")
    said += [note.en for note in content.notes if note.severity != "info"]
    said.append(f"Licence: {content.licence}.")
    return " ".join(said)


def _document(content: LayerContent, written: Written, notes: tuple[Note, ...]) -> LayerDocument:
    recipe, view, grid = content.recipe, content.recipe.view, content.grid
    vector = view if isinstance(view, VectorView) else None
    a, b, c, d, e, f = tuple(grid.transform)[:6]
    return LayerDocument(
        id=recipe.id,
        kind="raster" if vector is None else "vector",
        group=recipe.group,
        title=recipe.title,
        summary=recipe.summary,
        unit=written.style.unit,
        precision=written.precision,
        visible=recipe.visible,
        style=f"{STYLES}/{recipe.id}.json",
        image=written.image,
        values=written.values,
        frames=written.frames,
        opening=written.opening,
        outlines=written.outlines,
        blank=None if isinstance(view, VectorView) else view.blank,
        pmtiles=written.pmtiles,
        geometry=written.geometry,
        extrude=vector.extrude if vector else None,
        thin=vector.thin if vector else False,
        directed=vector.directed if vector else False,
        style_column=vector.style_column if vector else None,
        id_column=vector.id_column if vector else None,
        columns=_columns(vector) if vector else (),
        notes=notes,
        facts=content.facts,
        classification=content.classification,
        lowered_from=content.lowered_from,
        valid_time=content.valid_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        moment=recipe.moment,
        conditions=recipe.conditions,
        licence=content.licence,
        sources=content.sources,
        vertical_datum=content.vertical_datum,
        disclaimer=_disclaimer(recipe),
        files=written.files,
        extent=Extent(
            crs=grid.crs,
            shape=grid.shape,
            transform=(a, b, c, d, e, f),
            bounds=written.bounds,
            outline=lonlat_rim(grid),
        ),
        fingerprint=content.fingerprint,
    )


def _disclaimer(recipe: LayerRecipe) -> Text:
    if not recipe.simulation:
        return NO_DISCLAIMER
    return DISCLAIMER if recipe.group in _HAZARD_GROUPS else COMPUTED


def _columns(view: VectorView) -> tuple[LayerColumn, ...]:
    units = {column.name: column.unit for column in view.columns}
    return tuple(
        LayerColumn(
            name=attribute.column,
            label=attribute.label,
            unit="" if units[attribute.column] == "1" else units[attribute.column],
            precision=attribute.precision,
            values=dict(attribute.values) or None,
            missing=dict(attribute.missing) or None,
        )
        for attribute in view.attributes
    )


def file_digests(directory: Path) -> dict[str, str]:
    """Return the sha256 of every file of a layer, by name in order, the STAC item left out.

    Parameters
    ----------
    directory
        Folder of the layer.
    """
    files = {path.relative_to(directory).as_posix(): path for path in files_below(directory)}
    return {name: digest_of_file(files[name]) for name in sorted(files) if name != ITEM}


def checksum_over(digests: Mapping[str, str]) -> str:
    """Return a digest over the names and contents of a layer's files.

    Parameters
    ----------
    digests
        What :func:`file_digests` returned.

    Returns
    -------
    str
        ``sha256:`` and 64 hexadecimal digits.
    """
    total = "".join(f"{name}\0{digest}\n" for name, digest in digests.items())
    return f"sha256:{hashlib.sha256(total.encode()).hexdigest()}"


def folder_checksum(directory: Path) -> str:
    """Return a digest over the names and contents of a layer's files, the STAC item left out.

    Parameters
    ----------
    directory
        Folder of the layer.

    Returns
    -------
    str
        ``sha256:`` and 64 hexadecimal digits.
    """
    return checksum_over(file_digests(directory))
