"""A guard over reading: which files are opened, and that no socket is."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyproj

_ALLOWED = tuple(
    str(Path(folder).resolve())
    for folder in (
        *(entry for entry in sys.path if entry and Path(entry).is_dir()),
        sys.prefix,
        sys.base_prefix,
        pyproj.datadir.get_data_dir(),
        Path(__file__).parents[3] / "citytwin",
        os.environ.get("NUMBA_CACHE_DIR") or Path.home() / ".cache" / "citytwin",
    )
)
"""The program itself: modules are imported and kernels loaded while the first file is read."""
_state: dict[str, object] = {"root": None}


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    root = _state["root"]
    if root is None:
        return
    if event.startswith(("socket.", "subprocess.", "os.system", "os.exec", "urllib.")):
        _state["found"] = f"{event} {arguments!r:.200}"
    elif event == "open" and isinstance(arguments[0], str | bytes):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith((str(root), *_ALLOWED)):
            _state["found"] = f"open {path}"


sys.addaudithook(_watch)


@contextmanager
def guarded(root: Path) -> Iterator[None]:
    """Fail when a file outside a folder is opened, or a socket or a process.

    What C libraries open by themselves is not seen: lxml is given bytes and no network, so that
    it has nothing to open.
    """
    _state.update(root=root.resolve(), found=None)
    try:
        yield
    finally:
        _state["root"] = None
    assert _state["found"] is None, _state["found"]
