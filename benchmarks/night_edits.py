"""Nights after random edits: the plan names what is made, and the bytes are those of a full run.

A small town has had its good night. In each round its copy gets one to three edits and is run; then all
of it is run anew elsewhere, and every published file is compared.

    python -m benchmarks.night_edits [ROUNDS] [SEED]
"""

from __future__ import annotations

import random
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.pipelines.edited_nights import edit_and_run, newest_files
from tests.pipelines.night_edits import EDITS
from tests.pipelines.night_town import made_by, make_night_town, run_here, workers_here
from tests.pipelines.small_city import published_files


def main(rounds: int, seed: int) -> int:
    """Print a table; return in how many rounds a byte differed."""
    dice, wrong = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as temporary, workers_here() as address:
        good = make_night_town(Path(temporary) / "good")
        assert not run_here(good, address).failures
        print("| round | edits | parts made | of a full run | CPU s | full, CPU s | same bytes |")
        print("|---:|---|---:|---:|---:|---:|---|", flush=True)
        for number in range(1, rounds + 1):
            case, new = Path(temporary) / f"case{number}", Path(temporary) / f"new{number}"
            shutil.copytree(good.parent, case)
            kinds = dice.choices(sorted(EDITS), k=dice.randrange(1, 4))
            begin_s = time.process_time()
            done, made = edit_and_run(case / good.name, kinds, dice, address, case / "scratch")
            edited_s = time.process_time() - begin_s
            shutil.copytree(case, new, ignore=shutil.ignore_patterns("out", "scratch"))
            begin_s = time.process_time()
            full = run_here(new / good.name, address)
            full_s = time.process_time() - begin_s
            assert not full.failures, full.failures
            right = published_files(new / "out" / "town")
            same = newest_files(case / "out" / "town") == right
            wrong += not same
            all_parts = sum(made_by(full).values())
            print(
                f"| {number} | {'; '.join(done)} | {sum(made.values())} | {all_parts} | "
                f"{edited_s:.1f} | {full_s:.1f} | {'yes' if same else 'NO'} |",
                flush=True,
            )
            shutil.rmtree(case)
            shutil.rmtree(new)
    print(f"\n{rounds} rounds, {wrong} with other bytes; seed {seed}")
    return wrong


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(bool(main(*(given + [40, 1][len(given) :]))))
