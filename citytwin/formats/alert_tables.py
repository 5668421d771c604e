"""Alerts of batches -> the table ``alerts`` of the twin."""

from __future__ import annotations

import json
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry as Geometry

from citytwin.formats.observation_tables import synthetic_note
from citytwin.formats.observations import Alert, Batch, urn
from citytwin.formats.utc_column import utc_column
from citytwin.model import crs
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Decoded
from citytwin.model.tables import ALERTS

_DEGREES = "EPSG:4326"
_TEXTS = (
    "message", "sender", "status", "message_type", "references", "category", "event", "urgency",
    "severity", "certainty", "language", "headline", "description", "instruction", "area",
)  # fmt: skip


def alert_table(
    dataset: Dataset, batches: Sequence[Batch]
) -> tuple[gpd.GeoDataFrame, tuple[Reject, ...]]:
    """Make the table of alerts of a source.

    Parameters
    ----------
    dataset
        The source.
    batches
        What its files hold; of two parts with one identifier the one sent last counts.

    Returns
    -------
    tuple
        The table, and the alerts whose area has no place in the CRS of the city: they keep their
        row, without geometry.
    """
    latest: dict[str, tuple[Alert, Batch]] = {}
    for batch in batches:
        for alert in batch.alerts:
            if alert.part not in latest or alert.sent_s >= latest[alert.part][0].sent_s:
                latest[alert.part] = (alert, batch)
    found = [latest[part] for part in sorted(latest)]
    shapes, lost = _shapes(dataset, found)
    alerts = [alert for alert, _ in found]
    columns: dict[str, object] = {
        "alert": pd.array([urn(dataset.name, a.part) for a in alerts], dtype="string"),
        "source": pd.array([dataset.name] * len(alerts), dtype="string"),
        "level": pd.array([a.level for a in alerts], dtype="Int32"),
        "sent": utc_column([a.sent_s for a in alerts]),
        "valid_start": utc_column([a.start_s for a in alerts]),
        "valid_end": utc_column([a.end_s for a in alerts]),
        "geocodes": pd.array([", ".join(a.geocodes) or None for a in alerts], dtype="string"),
        "attributes": pd.array([_json(a) for a in alerts], dtype="string"),
        "synthetic": np.array([dataset.synthetic or b.synthetic for _, b in found], dtype=bool),
        "raw_ref": pd.array([b.raw_ref for _, b in found], dtype="string"),
    }
    columns |= {
        name: pd.array([getattr(alert, name) for alert in alerts], dtype="string")
        for name in _TEXTS
    }
    ordered = {c.name: columns[c.name] for c in ALERTS.columns if c.name != "geometry"}
    return gpd.GeoDataFrame(ordered, geometry=shapes, crs=dataset.target_crs), lost


def decoded_alerts(
    dataset: Dataset, batches: Sequence[Batch], rejects: Sequence[Reject]
) -> Decoded:
    """Return what a format of alerts got out of a source.

    Parameters
    ----------
    dataset
        The source.
    batches
        What its files hold.
    rejects
        Files that cannot be used.
    """
    table, lost = alert_table(dataset, batches)
    own = [reject for batch in batches for reject in batch.rejects]
    said = dict.fromkeys(note for batch in batches for note in batch.notes)
    return Decoded(
        tables={ALERTS: table},
        rejects=(*rejects, *own, *lost),
        notes=(*said, *synthetic_note(dataset, batches)),
    )


def _json(alert: Alert) -> str | None:
    if not alert.attributes:
        return None
    return json.dumps(dict(alert.attributes), ensure_ascii=False, sort_keys=True)


def _shapes(
    dataset: Dataset, found: Sequence[tuple[Alert, Batch]]
) -> tuple[NDArray[np.object_], tuple[Reject, ...]]:
    shapes: NDArray[np.object_] = np.empty(len(found), dtype=object)
    lost = []
    for row, (alert, batch) in enumerate(found):
        if alert.shape is None:
            continue
        placed = _placed(alert.shape, dataset.target_crs)
        if placed is None:
            message = f"its area has no place in {dataset.target_crs}"
            lost.append(
                Reject(source=batch.file, record=alert.part, code="position", message=message)
            )
        shapes[row] = placed
    return shapes, tuple(lost)


def _placed(shape: Geometry, target: str) -> Geometry | None:
    points = shapely.get_coordinates(shape)
    x, y = crs.transform(points[:, 0], points[:, 1], _DEGREES, target)
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        return None
    return shapely.set_coordinates(shapely.force_2d(shape), np.column_stack([x, y]))
