"""Folders and files that this process may not read, whoever runs it."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def open_folder() -> Iterator[Path]:
    """Yield a folder that every account enters, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def closed_to_us(path: Path) -> Iterator[None]:
    """Take the rights to a file or folder away; root, who needs none, becomes nobody meanwhile."""
    mode, account = path.stat().st_mode, os.geteuid()
    path.chmod(0)
    if account == 0:
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(account)
        path.chmod(mode)
