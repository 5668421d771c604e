"""``citytwin export CITY FOLDER``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "file",
    type=click.Path(path_type=Path),
    help="Who may see what; without one, anyone may have what is public.",
)
def command(city: Path, folder: Path, file: Path | None) -> None:
    """Write the public layers of a published city, with their map, for any web server."""
    from citytwin.security.policy import PUBLIC_ONLY, load_policy
    from citytwin.viewer.static_export import export_public

    policy = load_policy(file) if file else PUBLIC_ONLY
    done = export_public(city, folder, policy)
    click.echo(f"exported: {', '.join(done.layers)}")
    if done.closed:
        click.echo(f"left out, not for anyone: {len(done.closed)} layers")
    click.echo(f"map: {folder / 'index.html'}")
