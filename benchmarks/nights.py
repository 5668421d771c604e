"""What nights cost: a full one, and nights before which nothing or something small has changed.

Cities are run as their timer runs them, in processes of their own; processor time is that of all of
them together. A building is changed in two ways: its roof is lowered, which no water notices, and
it is taken away, after which all water of the city flows anew. Since a flood is one simulation of
all of the city, cities are measured without one as well.

    python -m benchmarks.nights [demo|large|ward] [OPTIONS OF citytwin run]
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.night_cities import CITIES, NightCity
from benchmarks.processor import processor

_PR_SET_CHILD_SUBREAPER = 36
"""Of Linux (prctl(2)): processes whose parent has ended become children of this one."""
_BUILDING = re.compile(r"<core:cityObjectMember>.*?</core:cityObjectMember>\s*", re.DOTALL)


def night(config: Path, options: list[str]) -> tuple[float, float]:
    """Run a city; return wall and processor time [s]."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "citytwin", "run", str(config), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall_s = time.monotonic() - begin
    assert done.returncode == 0, done.stderr
    with suppress(ChildProcessError):  # what workers were copied from ends after the run
        while True:
            os.waitpid(-1, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, sum(after[:2]) - sum(before[:2])


def touch(city: NightCity) -> None:
    """Give every input a new time stamp, as a copy from elsewhere does; no byte changes."""
    for file in (city.config.parents[1] / "data").rglob("*"):
        if file.is_file():
            os.utime(file)


def _building(city: NightCity) -> tuple[str, tuple[int, int]]:
    """The text of the file of buildings, and where one in its middle stands in it."""
    text = city.buildings.read_text("utf-8")
    found = [match.span() for match in _BUILDING.finditer(text)]
    return text, found[len(found) // 2]


def lower_roof(city: NightCity) -> None:
    """Lower the highest points of a building by half a metre."""
    text, (begin, end) = _building(city)
    body = text[begin:end]
    heights = re.findall(r"\d+\.\d+ \d+\.\d+ (\d+\.\d+)", body)
    top = max(heights, key=float)
    lowered = re.sub(rf"(\d+\.\d+ \d+\.\d+ ){top}\b", rf"\g<1>{float(top) - 0.5:.3f}", body)
    assert lowered != body
    city.buildings.write_text(text[:begin] + lowered + text[end:], "utf-8")


def take_away(city: NightCity) -> None:
    """Take a building away."""
    text, (begin, end) = _building(city)
    city.buildings.write_text(text[:begin] + text[end:], "utf-8")


def correct_gauges(city: NightCity) -> None:
    """Correct the rain that one gauge had reported for ten minutes."""
    said = json.loads(city.gauges.read_text("utf-8"))
    station = min(name for name in said if "precipitation10m" in said[name])
    said[station]["precipitation10m"][0] += 0.5
    city.gauges.write_text(json.dumps(said), "utf-8")


def ask_for_another_day(city: NightCity) -> None:
    """Ask for the sunlit hours of another day: one parameter of one simulation."""
    text = city.config.read_text("utf-8")
    before, use, after = text.partition(
        "- use: sunlight" if "- use: sunlight" in text else "{use: sunlight"
    )
    city.config.write_text(before + use + after.replace("2026-12-22", "2026-12-21", 1), "utf-8")


CASES: dict[str, Callable[[NightCity], None]] = {
    "nothing changed": lambda _city: None,
    "new time stamps, nothing changed": touch,
    "one roof lower": lower_roof,
    "one building gone": take_away,
    "one gauge corrected": correct_gauges,
    "sunlit hours of another day": ask_for_another_day,
}


def measure(made: Callable[..., NightCity], options: list[str], *, flood: bool) -> None:
    """Print the table of a city."""
    with tempfile.TemporaryDirectory() as temporary:
        city = made(Path(temporary), flood=flood)
        night(city.config, options)  # compiles what is not compiled yet
        shutil.rmtree(Path(temporary) / "out")
        load = os.getloadavg()[0]
        whole = night(city.config, options)
        print(f"\n{city.name}, {'with' if flood else 'without'} a flood; load {load:.0f}\n")
        print("| night | wall s | CPU s | of the full one's CPU |")
        print("|---|---:|---:|---:|")
        print(f"| full | {whole[0]:.1f} | {whole[1]:.1f} | |", flush=True)
        for name, change in CASES.items():
            change(city)
            wall_s, cpu_s = night(city.config, options)
            share = f"{cpu_s / whole[1]:.1%}"
            print(f"| {name} | {wall_s:.1f} | {cpu_s:.1f} | {share} |", flush=True)


def main(arguments: list[str]) -> None:
    """Print the tables of the cities that are named, or of all."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    named = [one for one in arguments if one in CITIES]
    options = [one for one in arguments if one not in CITIES]
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, {os.cpu_count()} cores")
    for name in named or CITIES:
        for flood in (False, True):
            measure(CITIES[name], options, flood=flood)


if __name__ == "__main__":
    main(sys.argv[1:])
