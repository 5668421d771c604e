"""What a policy is asked about before something beside the published layers is given out."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from citytwin.model.layer import Classification, LayerDocument
from citytwin.security.decision import Resource
from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import read_bytes
from citytwin.store.latest import LATEST, LAYER, LIVE, is_layer_id, is_run_id
from citytwin.store.observed_folder import FOLDER
from citytwin.store.staging import is_sealed

OBSERVATIONS, ALERTS, CORRECTIONS = "observations", "alerts", "corrections"
SEALED_FILES = Resource("table", "sealed_files", "secret")
"""What lies sealed and belongs to no layer: which of it is made from what is not kept."""
LIVE_VALUES = Resource("table", "live", "public")
"""The file of live values holds those of public feeds only."""
TABLES = (OBSERVATIONS, ALERTS, CORRECTIONS, SEALED_FILES.id, LIVE_VALUES.id)
"""All tables that a policy is asked about."""


def kept_table(name: str, folder: Path) -> Resource:
    """Return a table of what cannot be made again: observations, alerts, corrections.

    Parameters
    ----------
    name
        Of the table.
    folder
        Any folder that is sealed where the feeds of the city are: which rows are of which feed is not
        kept.
    """
    classification: Classification = "secret" if is_sealed(folder) else "internal"
    return Resource("table", name, classification)


def resource_of_file(path: Path) -> Resource | None:
    """Return what a sealed file is a part of; None where it lies in clear.

    Parameters
    ----------
    path
        Absolute, without links.

    Raises
    ------
    SealError
        If it says of what it is a part, and cannot be opened.
    """
    root = sealed_root(path)
    if root is None:
        return None
    if root.parent.parent.name == FOLDER:
        return kept_table(OBSERVATIONS, root)
    if not (root / LATEST).is_file():
        return SEALED_FILES
    parts = path.relative_to(root).parts
    if parts == (LIVE,):
        return LIVE_VALUES
    if len(parts) > 2 and is_layer_id(parts[0]) and is_run_id(parts[1]):
        return _layer(root / parts[0] / parts[1])
    return SEALED_FILES


def _layer(folder: Path) -> Resource:
    try:
        document = LayerDocument.model_validate_json(read_bytes(folder / LAYER))
    except (FileNotFoundError, ValidationError):  # nothing says how protected it is
        return SEALED_FILES
    return Resource("layer", document.id, document.classification)
