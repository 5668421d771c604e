"""``citytwin audit verify``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from citytwin.engine.report import Exit


@click.group()
def command() -> None:
    """Check the chain of what was asked of a server."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--anchors", type=click.Path(path_type=Path), required=True, help="Their folder.")
@click.option("--key-file", type=click.Path(path_type=Path), required=True, help="Of the chain.")
def verify(folder: Path, anchors: Path, key_file: Path) -> None:
    """Find entries that were edited, dropped or cut; exit code 1 where one was."""
    from citytwin.security.audit import read_key
    from citytwin.security.audit import verify as verified

    found = verified(folder, anchors, read_key(key_file))
    for name in found.torn:
        click.echo(f"{name}: its last entry is incomplete, as a kill leaves it", err=True)
    for finding in found.findings:
        entry = f"entry {finding.entry} " if finding.entry >= 0 else ""
        click.echo(f"{finding.chain}: {entry}{finding.what}", err=True)
    if found.findings:
        sys.exit(Exit.FAILED)
    click.echo(f"chains intact: {found.chains}, entries: {found.entries}")
