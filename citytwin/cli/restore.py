"""``citytwin restore BACKUP [CONFIG]``."""

from __future__ import annotations

from pathlib import Path

import click

from citytwin.config import load


@click.command()
@click.argument("backup", type=click.Path(path_type=Path))
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.option(
    "--serve", "serve", type=click.Path(path_type=Path), metavar="FILE",
    help="Configuration of the city's server, whose chain of decisions is restored too.",
)  # fmt: skip
@click.option("--verify-only", is_flag=True, help="Read and compare all files; restore nothing.")
def command(backup: Path, config: Path | None, serve: Path | None, *, verify_only: bool) -> None:
    """Verify a backup, and bring it back into the empty places that a configuration names."""
    from citytwin.store.backup import restore, verified

    if verify_only:
        document = verified(backup)
        click.echo(f"intact: {len(document.files)} files of {document.city}, {document.made}")
        return
    if config is None:
        msg = "name the configuration of the city, or --verify-only"
        raise click.UsageError(msg)
    loaded = load(config)
    from citytwin.engine.locking import holding
    from citytwin.nights.backup_places import places_of
    from citytwin.serve_config import load_serve

    audit = load_serve(serve).audit if serve else None
    places = places_of(loaded, *((audit.folder, audit.anchors) if audit else ()))
    with holding(loaded):
        document = restore(backup, places)
    click.echo(f"restored: {len(document.files)} files of {document.city}, as of {document.made}")
    click.echo(f"`citytwin run {config}` makes the working store anew; what stands stays published")
