"""How many threads compute the flow does not show in it."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from citytwin.kernels.flow_approach import logarithmic_flow
from citytwin.kernels.flow_grid import FlowGrid, flow_levels
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.wind_flow import FlowOptions, solve_wind_flow


def digest_of_flow() -> str:
    """Of the ratios around a block after 20 steps on each grid, with corrections between."""
    top = np.zeros((28, 28), np.float32)
    top[8:13, 10:16] = 9.0
    town = Town(top, np.zeros_like(top))
    grid = FlowGrid(28, 28, 2.0, flow_levels(2.0, 12.0, 60.0, 1.2))
    options = FlowOptions(most_steps=20, tolerance=1e-9)
    flow = solve_wind_flow(grid, town, logarithmic_flow(0.1), (0.8, 0.6), [2.0], options)
    return hashlib.sha256(flow.ratio.tobytes()).hexdigest()


def test_two_threads_give_the_bits_of_one() -> None:
    """A process with two threads, whatever this one has; they sleep while they wait."""
    code = "from tests.physics.test_wind_threads import *; import numba; " + (
        "print(numba.get_num_threads(), digest_of_flow(), os.environ['OMP_WAIT_POLICY'])"
    )
    environment = {name: os.environ[name] for name in os.environ if name != "OMP_WAIT_POLICY"}
    said = {}
    for threads in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**environment, "NUMBA_NUM_THREADS": threads},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        said[threads] = done.stdout.split()
    assert [said[threads][0] for threads in ("1", "2")] == ["1", "2"]
    assert said["1"][1:] == said["2"][1:]
    assert said["2"][2] == "passive"
