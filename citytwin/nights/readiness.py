"""Whether what follows a night would work, looked at before the night that needs it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from citytwin.alerts import webhook
from citytwin.config import LoadedConfig
from citytwin.engine.output_folder import takes_files
from citytwin.engine.web_hooks import web_hook
from citytwin.errors import CityTwinError
from citytwin.nights.systemd import secrets_file


def nights_troubles(loaded: LoadedConfig) -> tuple[str, ...]:
    """Say what of the section `nights` would fail here and now.

    Nobody is told anything, and nothing is written. Secrets that the timer's unit has are not looked at.

    Parameters
    ----------
    loaded
        The configuration.
    """
    nights = loaded.config.nights
    found = []
    for key, place in (("metrics", nights.metrics), ("report", nights.report)):
        if place is not None and not takes_files(loaded.path(place).parent):
            folder = loaded.path(place).parent
            found.append(f"nights.{key}: {folder} takes no files from this user: make it, or name another")  # fmt: skip
    hook = nights.on_failure
    if hook is None:
        return tuple(found)
    if hook.command is not None and shutil.which(hook.command[0]) is None:
        found.append(f"nights.on_failure.command: there is no program {hook.command[0]}")
    if hook.webhook is not None and not _environment_of_unit(loaded).exists():
        try:
            secrets = web_hook(loaded, "nights.on_failure", hook.webhook).secrets
            webhook.headers(b"", "", secrets, datetime.now(UTC), "application/json")
        except CityTwinError as error:
            found.append(
                f"nights.on_failure.webhook: {error}; a unit takes secrets from "
                f"{_environment_of_unit(loaded)}"
            )
    return tuple(found)


def _environment_of_unit(loaded: LoadedConfig) -> Path:
    """File of the timer's unit that holds secrets; only root reads what is in it."""
    return Path("/etc") / secrets_file(loaded.config.city.id)
