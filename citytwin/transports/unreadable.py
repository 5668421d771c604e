"""Folders that nobody may read and that hold nothing of anybody."""

from __future__ import annotations

import os
from pathlib import Path


def is_lost_and_found(folder: Path) -> bool:
    """Whether a folder is the one in which a file system puts what it finds after a crash.

    It lies at the top of every disk of ext4, and is root's alone: that it cannot be looked into says
    nothing about what others have put beside it.

    Parameters
    ----------
    folder
        The folder.
    """
    return folder.name == "lost+found" and os.path.ismount(folder.parent)
