"""What was counted in the building samples, independently of the readers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def counts(base: Path) -> dict[str, dict[str, Any]]:
    """Counted numbers by file name, from ``counts.jsonl`` in the folder of the samples."""
    lines = (base / "counts.jsonl").read_text(encoding="utf-8").splitlines()
    return {entry["file"]: entry for entry in map(json.loads, lines)}
