"""Whether the process of a run still lives, by numbers that no setting of the clock changes."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from citytwin.nights.record import RunRecord

_PROC = Path("/proc")
_ENDED = "ZX"
"""States of a process that has ended and of which only the number is left: proc_pid_stat(5)."""


def this_system() -> str:
    """Return what tells this system from others, within which numbers of processes hold.

    Containers have numbers of their own, and a machine new ones after each start.
    """
    boot_id = Path("/proc/sys/kernel/random/boot_id")  # as no time, it stays when the clock is set
    begun = boot_id.read_text("ascii").strip() if boot_id.exists() else round(psutil.boot_time())
    namespace = Path("/proc/self/ns/pid")
    inside = namespace.readlink() if namespace.exists() else ""
    return f"{socket.gethostname()} {begun} {inside}".strip()


def started_ticks(process: int) -> int | None:
    """Return when a process began, in ticks of the kernel since the machine did.

    Unlike a time of the day, such as :func:`psutil.Process.create_time` makes of it, it stays when
    the clock is set.

    Parameters
    ----------
    process
        Its number.

    Returns
    -------
    int or None
        None where no process of that number lives, or the system has no ``/proc``.
    """
    try:
        text = (_PROC / str(process) / "stat").read_text("utf-8", errors="replace")
    except OSError:
        return None
    # The name, in brackets, may hold anything; behind it stand the 3rd field, the state, and all others.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in _ENDED else int(fields[22 - 3])


def is_going_on(record: RunRecord) -> bool:
    """Whether the process of a record that has no end still lives on this system.

    A run of another system, such as a pod that is gone, counts as ended: what holds the city says
    whether that is so.

    Parameters
    ----------
    record
        Of a run.
    """
    if record.outcome != "running" or record.system not in ("", this_system()):
        return False
    if record.started_ticks is not None:
        return started_ticks(record.process) == record.started_ticks
    # A record of an earlier version, or of a system without ticks.
    try:
        started_s = psutil.Process(record.process).create_time()
    except psutil.NoSuchProcess:
        return False
    return bool(
        started_s <= record.begun.timestamp()
    )  # else the number has gone to another process
