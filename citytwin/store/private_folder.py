"""Folders of a city for known readers, which other users of the machine cannot enter."""

from __future__ import annotations

from pathlib import Path

from citytwin.errors import StoreError, hint_of


def private_folder(folder: Path) -> None:
    """Make a folder that only its owner enters, or close one that is there.

    Parameters
    ----------
    folder
        The folder, with all that lies in it.

    Raises
    ------
    StoreError
        If the system refuses.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder.chmod(0o700)
    except OSError as error:
        msg = f"{folder} cannot be kept from other users: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
