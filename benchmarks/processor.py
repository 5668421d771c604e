"""What the figures were measured on, and the processor time of other processes."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def processor() -> str:
    """Type of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.machine()


def seconds_of(process: int) -> float:
    """Processor time that another process has used [s]."""
    words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
