"""Where the parts of a city lie that a backup holds, by its configuration."""

from __future__ import annotations

from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.nights.journal import journal_dir
from citytwin.store.backup import Places
from citytwin.store.observations import folder_of


def places_of(
    loaded: LoadedConfig, audit: Path | None = None, anchors: Path | None = None
) -> Places:
    """Return the folders of a city that no run can make again.

    Parameters
    ----------
    loaded
        The configuration.
    audit, anchors
        Folders that its server writes the chain of decisions to; None where it has none.
    """
    return Places(
        city=loaded.config.city.id,
        published=loaded.city_dir,
        observations=folder_of(loaded.city_dir, sealed=loaded.protected),
        journal=journal_dir(loaded),
        audit=audit,
        anchors=anchors,
        private=loaded.config.publication == "served",
        closed=loaded.private,
    )
