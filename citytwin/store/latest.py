"""Reads ``latest.json``, and knows how published folders are named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import ValidationError

from citytwin.errors import StoreError
from citytwin.model.layer import Latest, LayerDocument
from citytwin.store.at_rest import read_bytes

LATEST = "latest.json"
LIVE = "live.json"
"""What a running twin writes beside the map."""
CATALOG = "catalog.json"
COLLECTION = "collection.json"
LAYER = "layer.json"
INPUTS = "inputs.json"
ITEM = "item.json"
"""Names the run, so it is no part of a layer's content."""
_LAYER_ID = re.compile(r"[a-z0-9_]{1,64}")
_STAMP = "%Y%m%dT%H%M%SZ"
_SCHEMA = re.compile(rb'"schema"\s*:\s*"citytwin-latest/(\d{1,9})"')
_RUN_ID = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


def is_layer_id(name: str) -> bool:
    """Tell whether a name may be that of a layer.

    Parameters
    ----------
    name
        Such as ``flood_depth_max``.
    """
    return _LAYER_ID.fullmatch(name) is not None


def is_run_id(name: str) -> bool:
    """Tell whether a name may be that of a run.

    Parameters
    ----------
    name
        Such as ``20261123T210000Z``.
    """
    return _RUN_ID.fullmatch(name) is not None


def run_id_after(newest: str | None, now: datetime) -> str:
    """Return the id of a run that is published now; ids rise, whatever the clock does.

    Runs are told old from new by their ids. A clock that was set back, or a second run within one
    second, must not make a new run look older than the one it follows.

    Parameters
    ----------
    newest
        Id of the newest run that stands, or None.
    now
        Aware.
    """
    own = run_id_of(now)
    if newest is not None and is_run_id(newest):
        own = max(own, run_id_following(newest))
    return own


def run_id_of(moment: datetime) -> str:
    """Return the id of a run of a moment.

    Parameters
    ----------
    moment
        Aware.
    """
    return moment.astimezone(UTC).strftime(_STAMP)


def run_id_following(run_id: str) -> str:
    """Return the id of a run one second after another.

    Parameters
    ----------
    run_id
        Of the other.
    """
    last = datetime.strptime(run_id, _STAMP).replace(tzinfo=UTC)
    return run_id_of(last + timedelta(seconds=1))


def run_folders(city_dir: Path) -> dict[str, list[str]]:
    """Return the runs that lie in the folder of each layer, oldest first.

    Parameters
    ----------
    city_dir
        Folder of the city.
    """
    return {
        folder.name: sorted(p.name for p in folder.iterdir() if p.is_dir() and is_run_id(p.name))
        for folder in sorted(city_dir.iterdir())
        if folder.is_dir() and is_layer_id(folder.name)
    }


def published_city(city_dir: Path) -> Latest | None:
    """Return what stands published, or None.

    Parameters
    ----------
    city_dir
        Folder of the city.

    Raises
    ------
    StoreError
        If ``latest.json`` is damaged, of a later version, or sealed and its key is not there.
    """
    path = city_dir / LATEST
    if not path.is_file():
        return None
    raw = read_bytes(path)
    try:
        return Latest.model_validate_json(raw)
    except ValidationError as error:
        later = _SCHEMA.search(raw[:1000])
        if later is not None and int(later[1]) > 1:
            msg = f"{path} is of version {int(later[1])}, and this citytwin knows none above 1"
            raise StoreError(
                msg, hint="a newer citytwin wrote it: install that one again"
            ) from error
        msg = f"{path} is damaged: {error.errors()[0]['msg']}"
        raise StoreError(
            msg,
            hint="restore it, or remove it: the city is then published anew beside its earlier runs",
        ) from error


def latest_text(latest: Latest) -> str:
    """Return the text of ``latest.json``.

    Parameters
    ----------
    latest
        What it says.
    """
    return latest.model_dump_json(indent=1, exclude_none=True) + "\n"


def document_of(folder: Path) -> LayerDocument | None:
    """Return the document of a published layer; None where it is gone or damaged.

    Parameters
    ----------
    folder
        Of the layer.
    """
    try:
        return LayerDocument.model_validate_json(read_bytes(folder / LAYER))
    except (OSError, ValidationError):
        return None
