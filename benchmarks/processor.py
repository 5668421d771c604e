"""What the figures were measured on."""

from __future__ import annotations

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
