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
    help="Name or address of a machine of the cluster; may be given again.",
)  # fmt: skip
def certs(folder: Path, hosts: tuple[str, ...]) -> None:
    """Write certificates for scheduler, workers and clients; repeat to renew them.

    The authority stays: keep `ca.key` off the machines of the cluster.
    """
    from citytwin.store.cluster_certificates import end_of, write_cluster_certificates

    for path in write_cluster_certificates(folder, hosts):
        ends = f"  until {end_of(path):%Y-%m-%d}" if path.suffix == ".pem" else ""
        click.echo(f"{path}{ends}")
    tls = f"--tls-ca-file {folder}/ca.pem"
    for role, words in (("scheduler", "scheduler"), ("worker", f"worker tls://{hosts[0]}:8786")):
        click.echo(
            f"\ndask {words} {tls} --tls-cert {folder}/{role}.pem --tls-key {folder}/{role}.key"
        )
    click.echo(
        f"\nCITYTWIN_CERTIFICATES={folder} citytwin run CONFIG --scheduler tls://{hosts[0]}:8786"
    )
