"""What a run fetches from object storage before, and uploads to it after; and what is said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from citytwin.config import LoadedConfig, SourceConfig

if TYPE_CHECKING:
    from citytwin.store.upload import Uploaded

_MB = 1e6


def fetch_and_tell(loaded: LoadedConfig) -> None:
    """Bring the copies of sources in object storage up to date, and tell the user.

    Parameters
    ----------
    loaded
        The configuration; where no source lies there nothing is told.
    """
    from citytwin.engine.fetching import fetch_sources

    done = fetch_sources(loaded)
    if not loaded.remote_sources:
        return
    size = f" ({done.size / _MB:.1f} MB)"
    click.echo(f"fetched: {f'{done.objects} objects{size}' if done.objects else 'nothing new'}")


def told_source(loaded: LoadedConfig, source: SourceConfig) -> tuple[bool, str]:
    """Ask for a source in object storage.

    Parameters
    ----------
    loaded
        The configuration.
    source
        The source.

    Returns
    -------
    here : bool
        Whether all copies are here, so that they can be looked at.
    said : str
        What a run would fetch.

    Raises
    ------
    CityTwinError
        If it is not there, or the server refuses or fails.
    """
    from citytwin.engine.fetching import to_be_fetched

    number, missing = to_be_fetched(loaded, source)
    return not missing, f"{source.path}: {number} object(s), of which a run fetches {missing}"


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
    from citytwin.engine.uploading import tried_upload

    done, lost = tried_upload(loaded)
    if done is not None:
        click.echo(told_upload(loaded, done))
    for text in lost:
        click.echo(f"lost: {text}", err=True)
    return lost


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
