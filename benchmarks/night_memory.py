"""Nights in which one tile is more than a worker's memory holds: real workers, ended by Dask's nanny.

The step ``hungry_step`` takes as much memory per cell as it is told at one place of a small
town. It is run as a user runs it, by ``citytwin run`` with one local worker; the limit of memory is
one of the process (``ulimit -m``), which Dask's nanny keeps by ending what grows beyond. One death
is enough here, not four, before a tile is made in pieces. Printed is what the night said, what stood
published after it, and whether the next one, with memory enough, gives the bytes of a night that
never lacked any.

    python -m benchmarks.night_memory
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil

from benchmarks.night_faults import served
from tests.pipelines.night_town import TILE_CELLS, make_night_town

LIMIT_BYTES = 900_000_000
"""Of one worker: an idle one takes about 400 MB."""
CASES = (
    ("a tile, its pieces fit", {"bytes_per_cell": 5_000_000}, "fail"),
    ("its pieces as well", {"at_least": 2_000_000_000}, "fail"),
    ("its pieces as well, `lost_tiles: mark`", {"at_least": 2_000_000_000}, "mark"),
)


def install(folder: Path) -> None:
    """Say, as an installer does, where the step is."""
    metadata = folder / "hungry_step-1.0.dist-info"
    metadata.mkdir(parents=True)
    head = "Metadata-Version: 2.1\nName: hungry-step\nVersion: 1.0\n"
    (metadata / "METADATA").write_text(head, encoding="utf-8")
    entry = "[citytwin.steps]\nhungry = benchmarks.hungry_step\n"
    (metadata / "entry_points.txt").write_text(entry, encoding="utf-8")


def configure(config: Path, params: dict[str, int], lost_tiles: str) -> None:
    """Let the town be made with the step, which shows as its hours of sun."""
    text = config.read_text("utf-8")
    step = f"simulations:\n  - {{use: hungry, params: {json.dumps(params)}}}\n"
    layers = f"layers: [sunlit_hours, terrain, buildings]\nlost_tiles: {lost_tiles}\n"
    config.write_text(text[: text.index("simulations:")] + step + layers, encoding="utf-8")


def night(
    config: Path, packages: Path, limit_bytes: int | None
) -> subprocess.CompletedProcess[str]:
    """Run the town in a process of its own, its one worker held to a limit of memory."""
    cores = psutil.cpu_count() or 1

    def limited() -> None:
        if limit_bytes is not None:
            # Dask gives a worker of one thread its share of the cores.
            resource.setrlimit(resource.RLIMIT_RSS, (limit_bytes * cores, limit_bytes * cores))

    paths = [str(packages), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    return subprocess.run(
        [sys.executable, "-m", "citytwin", "run", str(config), "--workers", "1", "--tile",
         str(TILE_CELLS)],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0",
        },
        preexec_fn=limited,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip


def told(done: subprocess.CompletedProcess[str]) -> str:
    """What a night said of pieces, losses and failures."""
    said = []
    for line in done.stderr.splitlines():
        if "made in pieces" in line:
            said.append(line.partition("engine.schedule ")[2])
        elif line.startswith(("lost:", "failed:", "error:")):
            said.append(line)
    return "; ".join(said)


def empty_tiles(city: Path) -> str:
    """What the published layer says of tiles that are empty."""
    latest = json.loads((city / "latest.json").read_text("utf-8"))
    path = next(layer["path"] for layer in latest["layers"] if layer["id"] == "sunlit_hours")
    document = json.loads((city / path / "layer.json").read_text("utf-8"))
    notes = [note["en"] for note in document["notes"] if note["severity"] == "loss"]
    return f", said on the layer: {notes[0]}" if notes else ""


def main() -> int:
    """Print a table; return how many cases went wrong."""
    wrong = 0
    with tempfile.TemporaryDirectory() as temporary:
        root, packages = Path(temporary), Path(temporary) / "packages"
        install(packages)
        (root / "good").mkdir()
        good = make_night_town(root / "good")
        configure(good, {}, "fail")
        done = night(good, packages, None)
        assert done.returncode == 0, done.stderr
        last = served(good.parent / "out" / "town")
        print(
            "| the step outgrows its worker on | the night ended with | served after it | next night | same bytes |"
        )
        print("|---|---|---|---|---|", flush=True)
        for name, params, lost_tiles in CASES:
            case = root / str(CASES.index((name, params, lost_tiles)))
            shutil.copytree(root / "good", case)
            config, city = case / good.name, case / "out" / "town"
            configure(config, params, lost_tiles)
            struck = night(config, packages, LIMIT_BYTES)
            stands = served(city)
            kept = "last night" if stands == last else "WRONG" if stands is None else "new night"
            kept += empty_tiles(city)
            configure(config, {}, "fail")
            healing = night(config, packages, None)
            same = served(city) == last
            wrong += stands is None or healing.returncode != 0 or not same
            print(f"| {name} | exit {struck.returncode}: {told(struck)} | {kept} | "
                  f"exit {healing.returncode} | {'yes' if same else 'NO'} |", flush=True)  # fmt: skip
    return wrong


if __name__ == "__main__":
    sys.exit(bool(main()))
