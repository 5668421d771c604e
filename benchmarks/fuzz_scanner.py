"""Feeds damaged buildings to the scanner for as long as it is given: no crash, no other result.

    python -m benchmarks.fuzz_scanner SAMPLE... --seconds 60 --corpus FOLDER

Three processes get the same documents, made from the samples by cutting, doubling, swapping and
overwriting. One runs the compiled kernels with checks of every index, one their Python bodies:
what both answer must be the same, and any document that they own must be well-formed for lxml. The
third reads each document by both ways of reading buildings and compares everything they give.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from lxml import etree

from benchmarks.fuzz_documents import FIRST_WHOLE, documents, files_of

SLOWEST_S = 60.0
"""Processor time that a document may take: on a busy machine waiting is no hang."""
_PURE_BYTES = 16_000
_WINDOWS = (16_000_000, 1_500, 6_000)
"""Bytes that the scanner has at hand, in turn: all of a document, less than a building, a few."""


def set_window(number: int) -> None:
    """Choose how many bytes the scanner has at hand for a document of a number."""
    from citytwin.formats.citygml import document

    document.WINDOW_BYTES = _WINDOWS[number % len(_WINDOWS)]


def answer(path: Path) -> str:
    """What the kernels make of a document, as one word."""
    from citytwin.errors import SourceError
    from citytwin.formats.citygml.document import open_document
    from citytwin.formats.citygml.scanning import DeclinedError, read_shapes, scan_windows

    document = open_document(path)
    if document is None:
        return "unopened"
    total = hashlib.sha256()
    try:
        for elements in scan_windows(document):
            for table in (elements.table, elements.marks):
                total.update(np.ascontiguousarray(table).tobytes())
            shapes = read_shapes(elements)
            for array in (shapes.units[:, :7], shapes.faces, shapes.rings, shapes.points):
                total.update(np.ascontiguousarray(array).tobytes())
    except DeclinedError as error:
        return f"declined: {error}"
    except SourceError as error:
        return f"refused: {error}"
    parser = etree.XMLParser(huge_tree=True, resolve_entities=False, no_network=True)
    etree.fromstring(path.read_bytes(), parser)
    return total.hexdigest()[:16]


def compared(path: Path) -> str:
    """Read a document by both ways; raises when they differ."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "formats"))
    from citygml_ways import assert_same, both

    from citytwin.model.steps import Dataset

    data = Dataset("x", path.parent, (path,), "EPSG:6677", "Asia/Tokyo", "EPSG:6677")
    assert_same(*both(data))
    return "same"


def child(role: str, samples: list[Path], corpus: list[Path], seconds: float, seed: int) -> None:
    """Answer documents until the time is over, one line each."""
    work = compared if role == "ways" else answer
    largest = 40_000 if role == "ways" else _PURE_BYTES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x_bldg_6697.gml"
        begin = 0.0
        for number, content in enumerate(documents(samples, corpus, largest, seed)):
            path.write_bytes(content)
            set_window(number)
            started = time.process_time()
            try:
                print(work(path), flush=True)
            except (Exception, KeyboardInterrupt):  # a hang is ended by an interrupt
                kept = Path(tempfile.gettempdir()) / f"fuzz-{role}-{seed}-{number}.gml"
                kept.write_bytes(content)
                print(f"document {number} failed; kept as {kept}", file=sys.stderr)
                raise
            if number == FIRST_WHOLE:  # those before pay for compiling
                begin = time.monotonic()
            elif number > FIRST_WHOLE and time.process_time() - started > SLOWEST_S:
                msg = f"document {number} took {time.process_time() - started:.0f} s"
                raise SystemExit(msg)
            if number > FIRST_WHOLE and time.monotonic() - begin > seconds:
                return


def started(role: str, arguments: list[str]) -> subprocess.Popen[str]:
    """One of the processes."""
    environment = dict(os.environ)
    if role == "pure":
        environment["NUMBA_DISABLE_JIT"] = "1"
    else:
        # Code without checks must not come out of the cache.
        environment["NUMBA_BOUNDSCHECK"] = "1"
        environment["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "fuzz-scanner-cache")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.fuzz_scanner", "--role", role]
    return subprocess.Popen(
        [*command, *arguments], env=environment, stdout=subprocess.PIPE, text=True
    )


def main() -> None:
    """Run the three processes and compare their answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--role", choices=("checked", "pure", "ways"))
    parser.add_argument("--seed", type=int, default=0, help="number of the first document")
    parser.add_argument("--corpus", type=Path, help="folder that benchmarks.fuzz_coverage filled")
    given = parser.parse_args()
    files = files_of(given.samples)
    if given.role:
        corpus = sorted(given.corpus.iterdir()) if given.corpus else []
        child(given.role, files, corpus, given.seconds, given.seed)
        return
    running = {role: started(role, sys.argv[1:]) for role in ("checked", "pure", "ways")}
    answers = {role: process.communicate()[0].splitlines() for role, process in running.items()}
    failed = [role for role, process in running.items() if process.returncode]
    pairs = list(zip(answers["checked"], answers["pure"], strict=False))
    differing = [number for number, (a, b) in enumerate(pairs) if a != b]
    owned = sum(" " not in a and a != "unopened" for a, _ in pairs)
    print(
        f"{len(answers['checked'])} documents checked, {len(pairs)} of them by the Python bodies too"
        f" ({owned} owned), {len(answers['ways'])} read by both ways"
    )
    if failed or differing:
        msg = f"failed: {failed or 'none'}; different answers: {differing[:10] or 'none'}"
        raise SystemExit(msg)


if __name__ == "__main__":
    main()
