"""Nights under faults at random moments; after each the map is whole, and the next run heals.

A small town has had its good night. For every fault its copy gets new inputs and parameters, the
fault strikes while (or before) it runs, and two things are asked: does the published city stand as
one whole night, the last or the new one; and does the next, undisturbed run give the bytes that a
run without any fault gave? Scheduler, worker, client and the server of a feed are processes of their
own. The first three are killed with SIGKILL; the last, object storage over HTTP that the night fetches
corrected observations from, hangs, drips, lies about its length or sends garbage; full and read-only
disks are file systems in memory, mounted for the fault (root).

    python -m benchmarks.night_faults [RUNS] [SEED]
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks import faulty_feed
from benchmarks.faulty_feed import run_feed
from benchmarks.night_processes import client_of, run_client, run_scheduler, run_worker
from citytwin.config import load
from citytwin.nights.calendar import nights
from citytwin.nights.journal import journal_dir, read_records
from citytwin.nights.processes import is_going_on
from citytwin.nights.record import RunRecord
from citytwin.store.latest import published_city
from citytwin.store.publish import is_intact
from tests.pipelines.night_town import make_night_town
from tests.pipelines.small_city import published_files

PROCESSES = multiprocessing.get_context("forkserver")
PATIENCE_S = 600.0
DISK_MB = 160
SILENCE_S = 4
"""After which a night gives a silent feed up; five minutes, where nothing is said [s]."""


@dataclass
class Crew:
    """Scheduler, worker, client and the server of the feed, each a process of its own."""

    folder: Path
    processes: dict[str, BaseProcess] = field(default_factory=dict)
    stop: bool = False

    def start(self, role: str, target: Callable[..., None], *arguments: Any) -> BaseProcess:
        """Start a process in a role."""
        process = PROCESSES.Process(target=target, args=arguments, name=role)
        process.start()
        self.processes[role] = process
        return process

    @property
    def address_file(self) -> Path:
        """Where the scheduler says its address."""
        return self.folder / "scheduler.address"

    def close(self) -> None:
        """End all."""
        self.stop = True
        for process in self.processes.values():
            if process.is_alive():
                process.kill()
            process.join()


@dataclass(frozen=True)
class Outcome:
    """What a run said."""

    code: int | None
    """Exit code of the client; negative where it was killed."""
    said: str
    took_s: float


@dataclass(frozen=True)
class FeedFault:
    """What the feed does wrong in a night."""

    name: str = ""
    """Of `faulty_feed.FAULTS`; empty for nothing."""
    spared: int = 0
    """Requests that are answered well before."""
    seed: int = 0
    """Of its garbage."""


def night(
    config: Path,
    strike: Callable[[Crew], None] | None = None,
    now: str = "",
    feed: FeedFault = FeedFault(),
) -> Outcome:
    """Run a configuration on processes of its own, with a fault that strikes meanwhile."""
    with tempfile.TemporaryDirectory() as scratch:
        crew = Crew(Path(scratch))
        try:
            folder, port = config.parent / "data" / "feeds", port_of_feed(config)
            crew.start("feed", run_feed, folder, port, feed.name, feed.spared, feed.seed)
            crew.start("scheduler", run_scheduler, crew.address_file)
            crew.start("worker", run_worker, crew.address_file)
            said = Path(scratch) / "said.txt"
            client = crew.start("client", run_client, config, crew.address_file, said, now)
            watch = threading.Thread(target=_respawn, args=(crew,), daemon=True)
            watch.start()
            if strike is not None:
                threading.Thread(target=strike, args=(crew,), daemon=True).start()
            begin = time.monotonic()
            client.join(PATIENCE_S)
            took_s = time.monotonic() - begin
            crew.stop = True
            text = said.read_text("utf-8") if said.exists() else ""
            return Outcome(
                client.exitcode, text.replace(f"{config.parent}/", "").strip()[:160], took_s
            )
        finally:
            crew.close()


def _respawn(crew: Crew) -> None:
    """Start scheduler and worker again when they died, as a service manager does."""
    while not crew.stop:
        time.sleep(0.2)
        for role, target in (("scheduler", run_scheduler), ("worker", run_worker)):
            if not crew.stop and not crew.processes[role].is_alive():
                if role == "scheduler":
                    crew.address_file.unlink(missing_ok=True)
                crew.start(role, target, crew.address_file)


def port_of_feed(config: Path) -> int:
    """Where the configuration expects the server of the feed."""
    return int((load(config).config.buckets["feeds"].endpoint or "").rsplit(":", 1)[-1])


def take_feed_by_http(config: Path) -> None:
    """Let observations come from object storage, by a port of this computer that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    access = f"{{endpoint: 'http://127.0.0.1:{port}', anonymous: true, silence_s: {SILENCE_S}}}"
    text = config.read_text("utf-8").replace("path: data/feeds/amedas", "path: s3://feeds/amedas")
    config.write_text(f"{text}buckets: {{feeds: {access}}}\n", "utf-8")


def runs_of(config: Path) -> tuple[RunRecord, ...]:
    """What the journal holds."""
    return read_records(journal_dir(load(config)))


def told_by_status(config: Path, before: Collection[RunRecord]) -> tuple[str, str]:
    """What `citytwin status` says of runs after others, and why; empty where it knows of none."""
    new = [record for record in runs_of(config) if record not in before]
    far = datetime.now(UTC) + timedelta(days=10_000)  # of clocks that are ahead as well
    told = nights(new, None, ZoneInfo("Asia/Tokyo"), far, is_going_on)
    if not told or told[-1].last is None:
        return "", ""
    last = told[-1].last
    return told[-1].verdict, "; ".join((*last.failures, *last.losses))


def is_told(fault: str, outcome: Outcome, verdict: str, why: str) -> bool:
    """Whether the status of a night is what became of it, and names a feed that was sick."""
    if not verdict:
        return fault in AS_ROOT  # the journal lies on that disk
    expected = {0: ("done", "resumed", "nothing to do"), 3: ("done", "resumed"), 1: ("failed",)}
    known = expected.get(outcome.code or 0, ("interrupted",))
    named = outcome.code != 1 or not fault.startswith("a feed ") or "s3://feeds" in why
    return verdict in known and named


def served(city: Path) -> dict[str, bytes] | None:
    """Every file of the night that latest.json names; None where it does not stand whole."""
    latest = published_city(city)
    if latest is None or not all(is_intact(city, layer) for layer in latest.layers):
        return None
    paths = {f"{layer.path}/" for layer in latest.layers}
    return {
        "/".join((name.split("/")[0], *name.split("/")[2:])): data
        for name, data in _files(city).items()
        if any(name.startswith(path) for path in paths) and not name.endswith("item.json")
    }


def _files(city: Path) -> dict[str, bytes]:
    return {
        file.relative_to(city).as_posix(): file.read_bytes()
        for file in city.glob("*/*Z/**/*")
        if file.is_file()
    }


def killed(role: str, after_s: float) -> Callable[[Crew], None]:
    """Kill a process with SIGKILL at a moment."""

    def strike(crew: Crew) -> None:
        time.sleep(after_s)
        process = crew.processes[role]
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)

    return strike


@contextmanager
def small_disk(out: Path, *, read_only: bool = False) -> Iterator[Path]:
    """Lay a file system of its own under the outputs for the time of the block."""
    aside = out.with_name("out.aside")
    out.rename(aside)
    out.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(out)], check=True
    )
    try:
        shutil.copytree(aside, out, dirs_exist_ok=True)
        if read_only:
            subprocess.run(["mount", "-o", "remount,ro", str(out)], check=True)
        yield out
        shutil.rmtree(aside)
        shutil.copytree(out, aside, ignore=shutil.ignore_patterns("ballast", ".nfs*"))
    finally:
        subprocess.run(["umount", "-l", str(out)], check=True)
        out.rmdir()
        aside.rename(out)


def filled(out: Path, after_s: float) -> Callable[[Crew], None]:
    """Take all of a disk's room at a moment, as others who write to it may."""

    def strike(_: Crew) -> None:
        time.sleep(after_s)
        try:
            with (out / "ballast").open("wb") as file:
                while True:
                    file.write(b"\0" * 65536)
                    file.flush()
        except OSError:
            return

    return strike


def spoiled(file: Path, dice: random.Random) -> str:
    """Turn a bit of a file, cut its end off, or put other bytes in its place."""
    data = file.read_bytes()
    place = dice.randrange(len(data))
    how = dice.choice(("bit", "cut", "garbage"))
    if how == "bit":
        data = data[:place] + bytes([data[place] ^ (1 << dice.randrange(8))]) + data[place + 1 :]
    else:
        data = data[:place] if how == "cut" else dice.randbytes(len(data))
    file.write_bytes(data)
    return f"{how} in {file.name}"


def damaged_store(config: Path, dice: random.Random) -> str:
    """Damage a file of the working store."""
    work = config.parent / "out" / ".work" / "town"
    kinds = ("fields/*/*/c/**/*", "tables/**/*.parquet", "rasters/**/*", "manifest.sqlite")
    stored = [sorted(file for file in work.glob(kind) if file.is_file()) for kind in kinds]
    return spoiled(dice.choice(dice.choice([files for files in stored if files])), dice)


HTTP_FAULTS = tuple(f"a feed {name}" for name in faulty_feed.FAULTS)
KILLS = ("kill the client", "kill the worker", "kill the scheduler")
FAULTS = (
    *KILLS, "disk fills up", "output is read-only", "damaged store", "damaged input",
    "garbage from a feed", *KILLS, "clock jumps back", "clock jumps ahead", "no room from the start",
    *HTTP_FAULTS,
)  # fmt: skip
AS_ROOT = ("disk fills up", "output is read-only", "no room from the start")
"""Only root may mount; others run the rest."""


def struck_at(after_s: float, outcome: Outcome) -> str:
    """Say when a fault struck; from other runs nobody knows how long one will take."""
    late = ", too late" if after_s > outcome.took_s else ""
    return f"after {after_s:.1f} of {outcome.took_s:.1f} s{late}"


def struck(fault: str, config: Path, dice: random.Random, usual_s: float) -> tuple[Outcome, str]:
    """Let a fault strike a night; return what the run said, and what was done."""
    out = config.parent / "out"
    after_s = dice.uniform(0.0, usual_s)
    if fault in KILLS:
        outcome = night(config, killed(fault.rsplit(" ", 1)[-1], after_s))
        return outcome, struck_at(after_s, outcome)
    if fault == "disk fills up":
        with small_disk(out) as disk:
            outcome = night(config, filled(disk, after_s))
        return outcome, struck_at(after_s, outcome)
    if fault == "no room from the start":
        with small_disk(out) as disk:
            spare = max(0, shutil.disk_usage(disk).free - 20_000_000)
            (disk / "ballast").write_bytes(b"\0" * spare)
            return night(config), ""
    if fault == "output is read-only":
        with small_disk(out, read_only=True):
            return night(config), ""
    if fault in HTTP_FAULTS:
        spared = dice.randrange(1 + len(list((config.parent / "data/feeds").rglob("*.json"))))
        name = fault.removeprefix("a feed ")
        return night(config, feed=FeedFault(name, spared, dice.randrange(1 << 30))), (
            f"from request {spared + 1}"
        )
    if fault == "damaged store":
        done = damaged_store(config, dice)
        return night(config), done
    if fault in ("damaged input", "garbage from a feed"):
        folder = config.parent / "data" / ("udx" if fault == "damaged input" else "feeds")
        file = dice.choice(sorted(file for file in folder.rglob("*") if file.is_file()))
        whole, stamp = file.read_bytes(), file.stat()
        done = spoiled(file, dice)
        keep_inputs(config)
        outcome = night(config)
        file.write_bytes(whole)
        os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        return outcome, done
    days = dice.randrange(1, 4000) * (-1 if fault == "clock jumps back" else 1)
    return night(config, now=(datetime.now(UTC) + timedelta(days=days)).isoformat()), f"{days} days"


def keep_inputs(config: Path) -> None:
    """Lay the inputs as they are beside the case, for a night of their own."""
    alone = config.parent / "alone"
    shutil.copytree(config.parent / "data", alone / "data")
    shutil.copy(config, alone / config.name)


def is_another_value(case: Path, stands: dict[str, bytes] | None) -> bool:
    """Whether damage reads as another value, such as a height, which only who wrote it could tell:
    what was published is a whole night of just these inputs.
    """
    alone = case / "alone"
    if stands is None or not alone.is_dir():
        return False
    return night(alone / "city.yaml").code == 0 and served(alone / "out" / "town") == stands


def changed(config: Path) -> None:
    """What the second night brings: another day, a longer rain, and all its observations corrected."""
    for file in (config.parent / "data" / "feeds").rglob("map_*.json"):
        observed = json.loads(file.read_text("utf-8"))
        for values in observed.values():
            if values.get("precipitation10m", [None])[0] is not None:
                values["precipitation10m"][0] += 0.5
        file.write_text(json.dumps(observed), "utf-8")
    text = config.read_text("utf-8").replace("2026-12-22", "2026-06-21")
    config.write_text(text.replace("duration_h: 0.5", "duration_h: 0.6"), "utf-8")


def main(runs: int, seed: int) -> int:
    """Print a table; return how many faults left something wrong."""
    PROCESSES.set_forkserver_preload(["benchmarks.night_processes"])
    dice, wrong = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        (root / "good").mkdir()
        good = make_night_town(root / "good")
        take_feed_by_http(good)
        outcome = night(good)
        assert outcome.code == 0, outcome
        last = served(root / "good" / "out" / "town")
        shutil.copytree(root / "good", root / "undisturbed")
        changed(root / "undisturbed" / "city.yaml")
        outcome = night(root / "undisturbed" / "city.yaml")
        usual_s = outcome.took_s
        assert outcome.code == 0, outcome
        new = served(root / "undisturbed" / "out" / "town")
        assert None not in (last, new)
        assert last != new
        print(
            "| run | fault | the run ended with | status | served after it | next run | same bytes |"
        )
        print("|---:|---|---|---|---|---|---|", flush=True)
        faults = [one for one in FAULTS if os.geteuid() == 0 or one not in AS_ROOT]
        for number in range(runs):
            fault = faults[number % len(faults)]
            case = root / f"case{number}"
            shutil.copytree(root / "good", case, symlinks=True)
            config = case / "city.yaml"
            changed(config)
            before = runs_of(config)
            outcome, done = struck(fault, config, dice, usual_s)
            stands = served(case / "out" / "town")
            kept = "last night" if stands == last else "new night" if stands == new else "WRONG"
            if kept == "WRONG" and stands is not None and outcome.code == 3:
                kept = "new night, its losses told"
            if kept == "WRONG" and outcome.code == 0 and is_another_value(case, stands):
                kept = "new night of the other value"
            verdict, why = told_by_status(config, before)
            told = is_told(fault, outcome, verdict, why)
            healing = night(config)
            if kept == "last night" and fault not in KILLS:  # all of a night was made then
                usual_s = healing.took_s
            same = served(case / "out" / "town") == new
            whole = published_files(case / "out" / "town")
            wrong += kept == "WRONG" or not same or healing.code != 0 or not whole or not told
            ended = f"{client_of(outcome.code)}{': ' if outcome.said else ''}{outcome.said}"
            print(
                f"| {number + 1} | {fault}{f' ({done})' if done else ''} | {ended} | "
                f"{verdict or 'no record'}{'' if told else ', WRONG'} | {kept} | "
                f"{client_of(healing.code)} | {'yes' if same else 'NO ' + healing.said} |",
                flush=True,
            )
            shutil.rmtree(case)
    print(f"\n{runs} faults, {wrong} left something wrong; seed {seed}")
    return wrong


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(main(*(given + [66, 1][len(given) :]))))
