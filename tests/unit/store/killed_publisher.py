"""Publishes the same run again and again, killed with SIGKILL before its n-th change of the disk.

Usage: killed_publisher.py TEMPLATE WORK. TEMPLATE holds ``city`` (published) and ``staging``; for
each n a copy WORK/n is published by a forked child. The last child, which nothing kills, ends the
row. Prints the number of the last copy.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

from citytwin.model.layer import LayerDocument
from citytwin.store.publish import StagedLayer, publish
from tests.unit.store.little_city import run_info

_CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir"}


def staged(folder: Path) -> list[StagedLayer]:
    """Return the layers that lie in a staging folder, in the order of their names."""
    return [
        StagedLayer(LayerDocument.model_validate_json((d / "layer.json").read_bytes()), d)
        for d in sorted(folder.iterdir())
    ]


def _kill_before_change(number: int) -> None:
    done = 0

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal done
        writes = event == "open" and isinstance(arguments[2], int)
        writes = writes and bool(int(str(arguments[2])) & (os.O_WRONLY | os.O_RDWR))
        if writes or event in _CHANGES:
            done += 1
            if done == number:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)


def main(template: Path, work: Path) -> int:
    """Kill one copy after the other; return the number of the copy that was not killed."""
    number = 0
    while True:
        number += 1
        copy = work / str(number)
        shutil.copytree(template, copy)
        child = os.fork()
        if child == 0:
            layers = staged(copy / "staging")
            _kill_before_change(number)
            publish(copy / "city", layers, run_info("20261124T210000Z"))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            if os.WEXITSTATUS(status):
                raise SystemExit(1)
            return number


if __name__ == "__main__":
    sys.stdout.write(str(main(Path(sys.argv[1]), Path(sys.argv[2]))))
