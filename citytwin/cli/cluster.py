"""``citytwin cluster``: certificates for a cluster of Dask."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def command() -> None:
    """Certificates for a cluster of Dask that nobody else gets into."""


@command.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--host", "hosts", multiple=True, required=True, metavar="NAME",
    help="Name or address of a machine of the cluster, the one of the scheduler first; may be given "
    "again.",
)  # fmt: skip
def certs(folder: Path, hosts: tuple[str, ...]) -> None:
    """Write certificates for scheduler, workers and clients; repeat to renew them.

    The authority stays: keep `ca.key` off the machines of the cluster.
    """
    from citytwin.engine.cluster_commands import start_commands
    from citytwin.store.cluster_certificates import end_of, write_cluster_certificates

    for path in write_cluster_certificates(folder, hosts):
        ends = f"  until {end_of(path):%Y-%m-%d}" if path.suffix == ".pem" else ""
        click.echo(f"{path}{ends}")
    for start in start_commands(folder, hosts):
        click.echo(f"\n{start.where}:")
        for line in start.lines:
            click.echo(f"  {line}")
