"""Lets atheris look for documents that lead the scanner where no document has led it before.

    NUMBA_DISABLE_JIT=1 python -m benchmarks.fuzz_coverage CORPUS SAMPLE... --seconds 60

The Python bodies of the kernels run, instrumented: which branches a document takes decides whether
it is kept and damaged further (libFuzzer). Half of the damage is libFuzzer's own, with the tokens
of XML and GML as its dictionary, half that of `benchmarks.fuzz_documents`. What the kernels answer
must be what `benchmarks.fuzz_scanner` allows: tables, or that they do not own the document, and a
document that they own must be well-formed for lxml. An index out of range, any other error, a
document that takes longer than a minute or 2 GB ends the run; libFuzzer keeps it beside the corpus.
The corpus lasts: give it to `benchmarks.fuzz_scanner` as samples, which compares the compiled kernels.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["citytwin.kernels", "citytwin.formats.citygml"]):
    from citytwin.formats.citygml import document, fast, scanning  # noqa: F401

from benchmarks.fuzz_documents import TOKENS, files_of, mutated, shortened
from benchmarks.fuzz_scanner import SLOWEST_S, answer, set_window

_LARGEST = 8_000
"""The bodies read about a megabyte a second."""


def seeds(samples: list[Path], corpus: Path) -> None:
    """Write whole buildings of the samples as the first documents."""
    for path in samples:
        for number, content in enumerate(shortened(path.read_bytes(), _LARGEST)):
            (corpus / f"{path.stem}-{number}.gml").write_bytes(content)


def dictionary(path: Path) -> None:
    """Write the tokens the way libFuzzer reads them."""
    lines = ('"' + "".join(f"\\x{byte:02x}" for byte in token) + '"' for token in TOKENS)
    path.write_text("\n".join(lines) + "\n", encoding="ascii")


def damaged(data: bytes, largest: int, seed: int) -> bytes:
    """One more document for libFuzzer."""
    chance = random.Random(seed)
    if chance.random() < 0.5:
        return bytes(atheris.Mutate(data, largest))
    return mutated(data or b"<", chance)[:largest]


def main() -> None:
    """Run libFuzzer until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("samples", nargs="*", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    given = parser.parse_args()
    given.corpus.mkdir(parents=True, exist_ok=True)
    seeds(files_of(given.samples), given.corpus)
    with tempfile.TemporaryDirectory() as folder:
        path, tokens = Path(folder) / "x_bldg_6697.gml", Path(folder) / "tokens.txt"
        dictionary(tokens)

        def one(data: bytes) -> None:
            path.write_bytes(data)
            set_window(len(data))
            answer(path)

        options = [
            f"-max_total_time={given.seconds}",
            f"-max_len={2 * _LARGEST}",
            f"-timeout={SLOWEST_S:.0f}",
            "-rss_limit_mb=2048",
            f"-dict={tokens}",
            f"-artifact_prefix={given.corpus.parent}/found-",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, str(given.corpus)], one, custom_mutator=damaged)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
