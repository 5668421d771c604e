"""What nights cost: a full one, one with nothing changed, one with a changed building.

The demo city is run as its timer runs it, in processes of their own. Processor time is that of all
of them together. A building is changed in two ways: its roof is lowered, which no water notices, and
it is taken away, after which all water of the city flows anew.

    python -m benchmarks.nights [OPTIONS OF citytwin run]
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.processor import processor

ROOT = Path(__file__).parents[1]
_BUILDING = re.compile(r"<core:cityObjectMember>.*?</core:cityObjectMember>\s*", re.DOTALL)


def night(config: Path, options: list[str]) -> tuple[float, float]:
    """Run a city; return wall and processor time [s]."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "citytwin", "run", str(config), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall_s = time.monotonic() - begin
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, sum(after[:2]) - sum(before[:2])


def building(config: Path) -> tuple[Path, str, tuple[int, int]]:
    """A file of buildings, its text, and where one in its middle stands in it."""
    file = config.parents[1] / "data" / "demo" / "udx" / "bldg" / "52395288_bldg_6697_op.gml"
    text = file.read_text("utf-8")
    found = [match.span() for match in _BUILDING.finditer(text)]
    return file, text, found[len(found) // 2]


def touch(config: Path) -> None:
    """Give every input a new time stamp, as a copy from elsewhere does; no byte changes."""
    for file in (config.parents[1] / "data").rglob("*"):
        if file.is_file():
            os.utime(file)


def lower_roof(config: Path) -> None:
    """Lower the highest points of a building by half a metre."""
    file, text, (begin, end) = building(config)
    body = text[begin:end]
    heights = re.findall(r"\d+\.\d+ \d+\.\d+ (\d+\.\d+)", body)
    top = max(heights, key=float)
    lowered = re.sub(rf"(\d+\.\d+ \d+\.\d+ ){top}\b", rf"\g<1>{float(top) - 0.5:.3f}", body)
    file.write_text(text[:begin] + lowered + text[end:], "utf-8")


def take_away(config: Path) -> None:
    """Take a building away."""
    file, text, (begin, end) = building(config)
    file.write_text(text[:begin] + text[end:], "utf-8")


CASES: dict[str, Callable[[Path], None]] = {
    "nothing changed": lambda _config: None,
    "new time stamps, nothing changed": touch,
    "one roof lower": lower_roof,
    "one building gone": take_away,
}


def main(options: list[str]) -> None:
    """Print a table."""
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        shutil.copytree(ROOT / "data" / "demo", root / "data" / "demo")
        (root / "pipelines").mkdir()
        config = Path(shutil.copy(ROOT / "pipelines" / "demo.yaml", root / "pipelines"))
        night(config, options)  # compiles what is not compiled yet
        shutil.rmtree(root / "out")
        load = os.getloadavg()[0]
        whole = night(config, options)
        print(
            f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {load:.0f} on {os.cpu_count()} cores\n"
        )
        print("| night | wall s | CPU s | of the full one's CPU |")
        print("|---|---:|---:|---:|")
        print(f"| full | {whole[0]:.1f} | {whole[1]:.1f} | |", flush=True)
        for name, change in CASES.items():
            change(config)
            wall_s, cpu_s = night(config, options)
            share = f"{cpu_s / whole[1]:.1%}"
            print(f"| {name} | {wall_s:.1f} | {cpu_s:.1f} | {share} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
