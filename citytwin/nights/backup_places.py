"""Where the parts of a city lie that a backup holds, and where none may lie, by its configuration."""

from __future__ import annotations

from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.errors import ConfigError
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


def refuse_vault_among_runs(loaded: LoadedConfig, vault: Path) -> None:
    """Refuse to put backups where runs write, or beside what they publish.

    Parameters
    ----------
    loaded
        The configuration.
    vault
        Folder of backups.

    Raises
    ------
    ConfigError
        If it is `out` itself, which may be served to anyone, or lies in a folder that runs write.
    """
    whole, out = vault.resolve(), loaded.path(loaded.config.out)
    within = [one for one in loaded.written_folders if one in (whole, *whole.parents)]
    if whole == out or within:
        what = (
            f"lies within {within[0]}, which runs write and clear"
            if within
            else "is the `out` of this city"
        )
        hint = "name a folder elsewhere, best on another disk"
        raise ConfigError(f"{vault} {what}: no place for a backup", hint=hint)
