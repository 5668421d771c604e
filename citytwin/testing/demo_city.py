"""Command: ``python -m citytwin.testing.demo_city DIRECTORY`` writes the demo city."""

from __future__ import annotations

import argparse
from pathlib import Path

from citytwin.testing.demo_data import write_demo_city


def main() -> None:
    """Write the demo city to the directory named on the command line."""
    parser = argparse.ArgumentParser(description="Write the synthetic demo city.")
    parser.add_argument("directory", type=Path, help="where to write; made if missing")
    write_demo_city(parser.parse_args().directory)


if __name__ == "__main__":
    main()
