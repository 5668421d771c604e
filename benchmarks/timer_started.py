"""The units of `citytwin install-timer` started by a real systemd, in namespaces of its own (Linux, root).

A sealed city with a blank and Japanese letters in its path is killed in its first night, made in the
second, and begun by the timer in the third. Its key comes by LoadCredential=. The system's own
service manager, where there is one, sees nothing of it.

    python -m benchmarks.timer_started
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).parents[1]
SYSTEMD = Path("/usr/lib/systemd/systemd")
ZONE = "Asia/Tokyo"
ALONE = ("unshare", "--pid", "--mount", "--uts", "--ipc", "--cgroup", "--fork", "--mount-proc",
         "--kill-child")  # fmt: skip
TARGETS = ("sysinit", "basic", "shutdown", "timers", "network-online", "time-sync", "check")
"""That units ask for; here they hold nothing."""
CITY = """\
city: {id: check, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: %s
data_date: 2026-06-01
out: out
publication: served
encryption: {key: check}
grid: {cell_m: 10, bounds: [-44200, -94400, -43900, -94100]}
sources:
  - {name: relief, use: citygml_relief, path: %s, classification: restricted, title: Town, licence: none}
layers: [terrain]
nights: {at: "%s", on_failure: {command: [%s]}}
"""
INSIDE = """\
mount --make-rshared /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd /run/credstore
install -m 600 keys/citytwin-key-check /run/credstore/
mkdir -p cache && mount --bind cache /var/cache
{
    until systemctl is-system-running --quiet || [ -S /run/systemd/private ]; do sleep 0.2; done
    systemctl start --no-block citytwin-check.service
    until ls out/.work/.journal/check/*.json; do sleep 0.2; done
    systemctl kill -s KILL citytwin-check.service
    while [ "$(systemctl show -P ActiveState citytwin-check.service)" != failed ]; do sleep 0.2; done
    systemctl show -P Result citytwin-check.service > killed
    systemctl start citytwin-check.service
    systemctl show -P Result citytwin-check.service > made
    systemctl start citytwin-check.timer
    until [ "$(ls out/.work/.journal/check/*.json | wc -l)" = 3 ]; do sleep 1; done
    while [ "$(systemctl show -P ActiveState citytwin-check.service)" = activating ]; do sleep 0.2; done
    systemctl show -P Result citytwin-check.service > begun
    touch over
} > said 2>&1 &
exec env -i container=check PATH="$PATH" SYSTEMD_UNIT_PATH="$PWD/units" \\
    %s --system --unit=check.target
"""


def citytwin(*words: object, folder: Path) -> str:
    """Run the command of this environment; its failure ends this program."""
    command = [str(Path(sys.executable).parent / "citytwin"), *map(str, words)]
    keys = os.environ | {"CITYTWIN_KEYS": str(folder / "keys")}
    done = subprocess.run(command, env=keys, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def prepared(folder: Path) -> Path:
    """Write a city with its key and its units; return its configuration."""
    hook = folder / "tell"
    hook.write_text(f"#!/bin/sh\ncat > {shlex.quote(str(folder / 'out' / 'told.json'))}\n")
    hook.chmod(0o755)
    shutil.copytree(ROOT / "data/demo/udx/dem", folder / "dem")
    at = datetime.now(ZoneInfo(ZONE)) + timedelta(minutes=5)
    file = folder / "city.yaml"
    text = CITY % (ZONE, folder / "dem", f"{at:%H:%M}", json.dumps(str(hook)))
    file.write_text(text, encoding="utf-8")
    citytwin("keys", "create", "check", folder=folder)
    citytwin("install-timer", file, "--account", "root", "--to", folder / "units", folder=folder)
    for name in TARGETS:
        (folder / f"units/{name}.target").write_text("[Unit]\nDefaultDependencies=no\n")
    soon = folder / "units/citytwin-check.timer.d/soon.conf"
    soon.parent.mkdir()
    soon.write_text("[Timer]\nRandomizedDelaySec=0\n")
    (folder / "inside").write_text(INSIDE % SYSTEMD, encoding="utf-8")
    return file


def main() -> None:
    """Start it, and tell what became of each night."""
    folder = Path(tempfile.mkdtemp(dir="/var/lib", prefix="citytwin 町 "))
    try:
        file = prepared(folder)
        manager = subprocess.Popen([*ALONE, "bash", "inside"], cwd=folder)
        try:
            for _ in range(600):
                if (folder / "over").exists() or manager.poll() is not None:
                    break
                time.sleep(1)
        finally:
            manager.kill()
            manager.wait()
        assert (folder / "over").exists(), (folder / "said").read_text()
        results = [(folder / name).read_text().strip() for name in ("killed", "made", "begun")]
        records = citytwin("status", file, "--json", folder=folder).splitlines()
        outcomes = [json.loads(record)["outcome"] for record in records]
        told = json.loads((folder / "out/told.json").read_text())
        print(subprocess.check_output([SYSTEMD, "--version"], text=True).splitlines()[0])
        print("| night | systemd says | the journal says |\n|---|---|---|")
        for name, result, outcome in zip(
            ("killed", "started by hand", "begun by the timer"), results, outcomes, strict=True
        ):
            print(f"| {name} | {result} | {outcome} |")
        print(f"the failure hook was told: {told['outcome']}")
        assert results == ["signal", "success", "success"]
        assert outcomes == ["killed", "done", "nothing to do"]
        assert told["outcome"] == "killed"
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
