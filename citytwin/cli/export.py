"""``citytwin export CITY FOLDER``."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path

import click


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--policy",
    "file",
    type=click.Path(path_type=Path),
    help="Who may see what; without one, that of --serve, else anyone may have what is public.",
)
@click.option(
    "--serve",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Configuration of the city's server: its policy counts, and its chain of decisions gets "
    "each.",
)
def command(city: Path, folder: Path, file: Path | None, serve: Path | None) -> None:
    """Write the public layers of a published city, with their map, for any web server."""
    from citytwin.security.policy import PUBLIC_ONLY, load_policy
    from citytwin.serve_config import load_serve, require_audit_apart
    from citytwin.store.names_of_nothing import names_of_nothing
    from citytwin.viewer.static_export import export_public

    served = load_serve(serve) if serve else None
    if served is not None:
        require_audit_apart(served, city)
    rules = file or (served.policy if served else None)
    policy = load_policy(rules) if rules else PUBLIC_ONLY
    if city.is_dir():  # what is none is refused below
        for said in names_of_nothing(policy, city):
            click.echo(f"doubtful: policy {rules}: {said}", err=True)
    with ExitStack() as stack:
        chain = stack.enter_context(closing(served.audit.begin())) if served else None
        done = export_public(city, folder, policy, chain)
    click.echo(f"exported: {', '.join(done.layers)}")
    if done.closed:
        click.echo(f"left out, not for anyone: {len(done.closed)} layers")
    click.echo(f"map: {folder / 'index.html'}")
