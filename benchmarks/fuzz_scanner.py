"""Feeds damaged buildings to the scanner for as long as it is given: no crash, no other result.

    python -m benchmarks.fuzz_scanner SAMPLE... --seconds 60

Three processes get the same documents, made from the samples by cutting, doubling, swapping and
overwriting. One runs the compiled kernels with checks of every index, one their Python bodies:
what both answer must be the same, and any document that they own must be well-formed for lxml. The
third reads each document by both ways of reading buildings and compares everything they give.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from lxml import etree

SLOWEST_S = 60.0
_PURE_BYTES = 16_000
_FIRST_WHOLE = 9
"""The first documents are not damaged, so that every kernel is compiled before time is taken."""
_MEMBER = re.compile(rb"<[a-z]*:?cityObjectMember[ >]")
_TOKENS = (
    b"<", b">", b"/>", b"</", b"&", b"&#x41;", b"&lt;", b"]]>", b"<!--", b"-->", b"<![CDATA[", b'"', b"'",
    b"\x00", b"\xff", b"\xe3\x81\x82", b"<?x ?>", b" srsName='EPSG:6697'", b" xmlns:gml='u'",
    b" xlink:href='#a'", b" gml:id='a'", b"NaN", b"1e999", b"-", b".", b"12345678901234567890", b" ",
    b"<gml:pos>1 2 3</gml:pos>", b"<bldg:BuildingPart>", b"</bldg:BuildingPart>", b"\r\n", b"e", b"#",
    b" orientation='-'", b"<gml:interior>", b"</gml:interior>", b"<bldg:lod2Solid>", b"0 0 0 ",
)  # fmt: skip


def mutated(source: bytes, chance: random.Random) -> bytes:
    """A sample with some damage."""
    data = bytearray(source)
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        at = chance.randrange(len(data) + 1)
        other = min(len(data), at + chance.choice((1, 2, 5, 30, 400)))
        kind = chance.randrange(6)
        if kind == 0:
            data[at:at] = chance.choice(_TOKENS)
        elif kind == 1:
            del data[at:other]
        elif kind == 2:
            data[at:at] = data[at:other]
        elif kind == 3 and at < len(data):
            data[at] = chance.randrange(256)
        elif kind == 4:
            data[at:other] = chance.choice(_TOKENS)
        elif chance.random() < 0.2:
            del data[at:]
        else:
            tags = [k for k in range(at, min(len(data), at + 2000)) if data[k] == ord("<")]
            if len(tags) > 2:
                a, b = sorted(chance.sample(tags, 2))
                data[a:b] = b""
    return bytes(data)


def shortened(source: bytes, largest: int) -> list[bytes]:
    """Documents of about a size with some members of a sample each."""
    if len(source) <= largest:
        return [source]
    first = _MEMBER.search(source)
    if first is None:
        return []
    head, end = source[: first.start()], source.rindex(b"</")
    head = re.sub(rb"<app:appearanceMember>.*</app:appearanceMember>", b"", head, flags=re.DOTALL)
    starts = [found.start() for found in _MEMBER.finditer(source)]
    pieces = []
    for number in range(0, len(starts), max(1, len(starts) // 8)):
        body = b""
        for a, b in zip(starts[number:], [*starts[number + 1 :], end], strict=True):
            if len(head) + len(body) + b - a > largest:
                break
            body += source[a:b]
        if body:
            pieces.append(head + body + source[end:])
    return pieces


def documents(samples: list[Path], largest: int) -> Iterator[bytes]:
    """Damaged samples without end; the same ones in every process."""
    sources = [piece for path in samples for piece in shortened(path.read_bytes(), largest)]
    yield from sources[: _FIRST_WHOLE + 1]
    number = 0
    while True:
        chance = random.Random(number)
        yield mutated(chance.choice(sources), chance)
        number += 1


def answer(path: Path) -> str:
    """What the kernels make of a document, as one word."""
    from citytwin.formats.citygml.document import open_document
    from citytwin.formats.citygml.scanning import DeclinedError, read_shapes, scan_windows

    document = open_document(path)
    if document is None:
        return "unopened"
    total = hashlib.sha256()
    scanned = False
    try:
        for elements in scan_windows(document):
            for table in (elements.table, elements.marks):
                total.update(np.ascontiguousarray(table).tobytes())
            shapes = read_shapes(elements)
            for array in (shapes.units[:, :7], shapes.faces, shapes.rings, shapes.points):
                total.update(np.ascontiguousarray(array).tobytes())
        scanned = True
    except DeclinedError as error:
        return f"declined: {error}"
    if scanned:
        etree.fromstring(path.read_bytes(), etree.XMLParser(huge_tree=True))
    return total.hexdigest()[:16]


def compared(path: Path) -> str:
    """Read a document by both ways; raises when they differ."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "unit" / "formats"))
    from citygml_ways import assert_same, both

    from citytwin.model.steps import Dataset

    data = Dataset("x", path.parent, (path,), "EPSG:6677", "Asia/Tokyo", "EPSG:6677")
    assert_same(*both(data))
    return "same"


def child(role: str, samples: list[Path], seconds: float) -> None:
    """Answer documents until the time is over, one line each."""
    work = compared if role == "ways" else answer
    largest = 40_000 if role == "ways" else _PURE_BYTES
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x_bldg_6697.gml"
        begin = 0.0
        for number, content in enumerate(documents(samples, largest)):
            path.write_bytes(content)
            started = time.monotonic()
            try:
                print(work(path), flush=True)
            except BaseException:  # the document is kept whatever ended it, an interrupt too
                kept = Path(tempfile.gettempdir()) / f"fuzz-{role}-{number}.gml"
                kept.write_bytes(content)
                print(f"document {number} failed; kept as {kept}", file=sys.stderr)
                raise
            if number == _FIRST_WHOLE:  # those before pay for compiling
                begin = time.monotonic()
            elif number > _FIRST_WHOLE and time.monotonic() - started > SLOWEST_S:
                msg = f"document {number} took {time.monotonic() - started:.0f} s"
                raise SystemExit(msg)
            if number > _FIRST_WHOLE and time.monotonic() - begin > seconds:
                return


def started(role: str, samples: list[Path], seconds: float) -> subprocess.Popen[str]:
    """One of the processes."""
    environment = dict(os.environ)
    if role == "pure":
        environment["NUMBA_DISABLE_JIT"] = "1"
    else:
        # Code without checks must not come out of the cache.
        environment["NUMBA_BOUNDSCHECK"] = "1"
        environment["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / "fuzz-scanner-cache")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.fuzz_scanner", "--role", role]
    command += ["--seconds", str(seconds), *map(str, samples)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def main() -> None:
    """Run the three processes and compare their answers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("samples", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--role", choices=("checked", "pure", "ways"))
    given = parser.parse_args()
    files = [f for p in given.samples for f in (sorted(p.rglob("*.gml")) if p.is_dir() else [p])]
    if given.role:
        child(given.role, files, given.seconds)
        return
    running = {role: started(role, files, given.seconds) for role in ("checked", "pure", "ways")}
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
