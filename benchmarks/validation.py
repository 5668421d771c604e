"""Whole cases against what was published or measured: errors beside their bars, as one table.

    CITYTWIN_SAMPLES=<folder> python -m benchmarks.validation

Runs what `make test` has only small versions of (`tests/validation`), and writes
`benchmarks/validation.md`. A case beyond its bar is written, and fails; one that gave no figures is
named below the table.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from citytwin.version import __version__

TABLE = Path(__file__).with_name("validation.md")
TITLE = """# Validation

Written by `make validate`, which runs whole cases against publications, wind tunnels, surveys and
other programs ([tests/validation](../tests/validation) names each). `make test` has small versions.
"""


class Collected:
    """What the cases say, in the order of their files."""

    def __init__(self) -> None:
        self.rows: dict[str, list[tuple[str, ...]]] = {}
        self.missing: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the figures of a case."""
        if report.skipped or (report.failed and report.when != "teardown"):
            self.missing.append(report.nodeid)
        if report.when == "call":
            rows = [tuple(row) for name, row in report.user_properties if name == "validation"]
            self.rows[report.nodeid] = rows

    def table(self) -> str:
        """All figures; cases in the order of their names."""
        rows = [row for node in sorted(self.rows) for row in self.rows[node]]
        lines = [f"| {' | '.join(row)} |" for row in rows]
        head = "| case | figure | measured | bar | kept |\n|---|---|---:|---:|---|"
        lost = [f"\nNo figures came from `{node}`." for node in sorted(set(self.missing))]
        return "\n".join((head, *lines, *lost))


def main() -> int:
    """Run the cases, print the table and write it."""
    collected = Collected()
    arguments = ["-m", "validation", "-q", "-n", "2", "--dist", "loadfile", "tests/validation"]
    code = pytest.main([*arguments, *sys.argv[1:]], plugins=[collected])
    print(collected.table())
    if collected.rows and not sys.argv[1:]:
        made = f"{date.today().isoformat()}, citytwin {__version__}."  # noqa: DTZ011
        TABLE.write_text(f"{TITLE}\n{made}\n\n{collected.table()}\n", encoding="utf-8")
    return int(code) or int(bool(collected.missing))


if __name__ == "__main__":
    sys.exit(main())
