"""A process that holds keys leaves none of its memory on a disk when it crashes."""

from __future__ import annotations

import sys


def dump_no_memory() -> None:
    """Let a crash of this process, and of those that it starts, write no memory."""
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
