"""Batches of readings -> the tables ``things`` and ``observations`` of the twin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

from citytwin.formats.observations import Batch, Place, urn
from citytwin.formats.quality import doubted, out_of_range
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.model import crs
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded
from citytwin.model.tables import OBSERVATIONS, THINGS

_KEY = ["thing", "property", "phenomenon_start", "phenomenon_end"]


def assemble(
    dataset: Dataset,
    batches: Sequence[Batch],
    *,
    source_crs: str,
    rejects: Sequence[Reject] = (),
    notes: Sequence[Note] = (),
) -> Decoded:
    """Make the tables of a source.

    Parameters
    ----------
    dataset
        The source.
    batches
        What its files hold, in the order of the files.
    source_crs
        Geographic CRS of the positions.
    rejects, notes
        What was set aside or must be said besides that of the batches.

    Returns
    -------
    Decoded
        Every observation belongs to a thing with a position.
    """
    batches = [replace(b, readings=ReadingColumns.of(b.readings)) for b in batches]
    things, lost = _things(dataset, batches, source_crs)
    observations, repeats = _observations(dataset, batches, set(things["thing"]))
    said = [note for batch in batches for note in batch.notes]
    own = [r for batch in batches for r in batch.rejects]
    return Decoded(
        tables={THINGS: things, OBSERVATIONS: observations},
        rejects=(*rejects, *own, *lost, *out_of_range(batches)),
        notes=(
            *_unique(said), *notes, *repeats, *doubted(dataset, batches),
            *synthetic_note(dataset, batches),
        ),
    )  # fmt: skip


def _is_synthetic(dataset: Dataset, batch: Batch) -> bool:
    return dataset.synthetic or batch.synthetic


def _things(
    dataset: Dataset, batches: Sequence[Batch], source_crs: str
) -> tuple[gpd.GeoDataFrame, list[Reject]]:
    latest: dict[str, tuple[Place, str]] = {}
    synthetic: set[str] = set()
    for batch in batches:
        for place in batch.places:
            if place.thing not in latest or place.seen_s >= latest[place.thing][0].seen_s:
                latest[place.thing] = (place, batch.file)
            if _is_synthetic(dataset, batch):
                synthetic.add(place.thing)
    found = [latest[thing] for thing in sorted(latest)]
    x, y = crs.transform(
        np.array([place.longitude_deg for place, _ in found], dtype=np.float64),
        np.array([place.latitude_deg for place, _ in found], dtype=np.float64),
        source_crs,
        dataset.target_crs,
    )
    inside = np.isfinite(x) & np.isfinite(y)
    lost = [
        Reject(
            source=file,
            record=place.thing,
            code="position",
            message=f"{place.longitude_deg}, {place.latitude_deg} has no place in {dataset.target_crs}",
        )
        for (place, file), ok in zip(found, inside, strict=True)
        if not ok
    ]
    kept = [place for (place, _), ok in zip(found, inside, strict=True) if ok]
    return _things_frame(dataset, kept, x[inside], y[inside], synthetic), lost


def _things_frame(
    dataset: Dataset,
    places: Sequence[Place],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    synthetic: set[str],
) -> gpd.GeoDataFrame:
    columns = {
        "thing": pd.array([urn(dataset.name, p.thing) for p in places], dtype="string"),
        "name": pd.array([p.name for p in places], dtype="string"),
        "kind": pd.array([p.kind for p in places], dtype="string"),
        "source": pd.array([dataset.name] * len(places), dtype="string"),
        "synthetic": np.array([p.thing in synthetic for p in places], dtype=bool),
        "height_above_ground_m": np.array(
            [np.nan if p.height_m is None else p.height_m for p in places], dtype=np.float64
        ),
    }
    return gpd.GeoDataFrame(columns, geometry=shapely.points(x, y), crs=dataset.target_crs)


def _observations(
    dataset: Dataset, batches: Sequence[Batch], things: set[str]
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    said = [(ReadingColumns.of(batch.readings), batch) for batch in batches]
    readings = [columns for columns, _ in said]
    frame = pd.DataFrame(
        {
            "source": pd.array([dataset.name] * sum(map(len, readings)), dtype="string"),
            "thing": _texts(columns.urns(dataset.name) for columns in readings),
            "property": _texts(columns.properties for columns in readings),
            "unit": _texts(columns.units for columns in readings),
            "phenomenon_start": _times(columns.start_s for columns in readings),
            "phenomenon_end": _times(columns.end_s for columns in readings),
            "result": _joined((columns.result for columns in readings), np.float64),
            "flag": _joined((columns.flag for columns in readings), np.int8),
            "tests": _joined((columns.tests for columns in readings), np.int32),
            "synthetic": _joined(
                (np.full(len(c), _is_synthetic(dataset, b)) for c, b in said), np.bool_
            ),
            "raw_ref": pd.array(
                [b.raw_ref for c, b in said for _ in range(len(c))], dtype="string"
            ),
        }
    )
    frame = frame[frame["thing"].isin(things)]
    return _without_repeats(dataset, frame)


def _texts(parts: Iterable[pa.DictionaryArray]) -> pd.api.extensions.ExtensionArray:
    return pd.array([text for part in parts for text in part.to_pylist()], dtype="string")


def _joined(parts: Iterable[NDArray[Any]], dtype: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=dtype), *parts])


def _times(parts: Iterable[NDArray[np.int64]]) -> pd.Series[pd.Timestamp]:
    seconds = pd.Series(_joined(parts, np.int64).astype("datetime64[s]"))
    times: pd.Series[pd.Timestamp] = seconds.dt.as_unit("us").dt.tz_localize("UTC")
    return times


def _without_repeats(
    dataset: Dataset, frame: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """Keep one row per thing, property and interval: of the best flagged the last."""
    # The flags count upwards from good over suspect and bad to missing.
    ordered = frame.sort_values("flag", ascending=False, kind="stable")
    with_value = ordered[ordered["result"].notna()]
    told_apart = with_value.drop_duplicates([*_KEY, "result", "flag"])
    corrected = len(told_apart) - len(told_apart.drop_duplicates(_KEY))
    kept = ordered.drop_duplicates(_KEY, keep="last").sort_values(_KEY, kind="stable")
    kept = kept.reset_index(drop=True)
    if not corrected:
        return kept, ()
    return kept, (
        Note(
            severity="info",
            ja=f"データ「{dataset.name}」で値や品質の異なる再送 {corrected} 件は、品質の最も良いもののうち"
            "最後の値を採用しました",
            en=f"Source {dataset.name} repeats {corrected} observations with another value or flag;"
            " of the best flagged the last one counts",
        ),
    )


def _unique(notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))


def synthetic_note(dataset: Dataset, batches: Sequence[Batch]) -> tuple[Note, ...]:
    """Say that a source was generated, if it was.

    Parameters
    ----------
    dataset
        The source.
    batches
        What its files hold.
    """
    if not any(_is_synthetic(dataset, batch) for batch in batches):
        return ()
    return (
        Note(
            severity="synthetic",
            ja=f"データ「{dataset.name}」は合成データで、実測ではありません",
            en=f"Source {dataset.name} is synthetic: generated, not measured",
        ),
    )
