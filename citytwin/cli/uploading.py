"""The upload that follows a run, and what is said of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from citytwin.config import LoadedConfig
from citytwin.errors import CityTwinError

if TYPE_CHECKING:
    from citytwin.store.upload import Uploaded

_MB = 1e6


def uploaded_or_lost(loaded: LoadedConfig) -> list[str]:
    """Upload what a run has published, and tell the user.

    Parameters
    ----------
    loaded
        The configuration; without `publish_to` nothing is done.

    Returns
    -------
    list of str
        Why the object storage does not show it; empty where it does.
    """
    if loaded.config.publish_to is None:
        return []
    from citytwin.engine.uploading import upload_city

    try:
        click.echo(told_upload(loaded, upload_city(loaded)))
    except CityTwinError as error:
        lost = f"not uploaded, {loaded.config.publish_to} shows what it did: {error}"
        click.echo(f"lost: {lost}", err=True)
        return [lost]
    return []


def told_upload(loaded: LoadedConfig, done: Uploaded) -> str:
    """Say what an upload did.

    Parameters
    ----------
    loaded
        The configuration.
    done
        The upload.
    """
    sent = f"{done.put} objects written ({done.size / _MB:.1f} MB)" if done.put else "nothing new"
    removed = f", {done.removed} removed" if done.removed else ""
    return f"uploaded: {loaded.config.publish_to} shows run {done.run_id}; {sent}{removed}"
