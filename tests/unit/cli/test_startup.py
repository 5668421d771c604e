"""Nights before which nothing changed, and questions, load nothing that computes."""

from __future__ import annotations

import subprocess
import sys

import pytest

_HEAVY = ("distributed", "citytwin.registry", "citytwin.engine.plan")


@pytest.mark.parametrize("command", ["run", "status", "correct", "keys"])
def test_a_command_loads_what_computes_when_it_is_needed(command: str) -> None:
    """Dask and all steps would be a good part of what such a night takes."""
    program = f"import sys, citytwin.cli.{command}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert not set(_HEAVY) & set(done.stdout.split())
