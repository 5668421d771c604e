"""The certificates of a cluster in a folder: one authority per deployment, one set of files per role."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from citytwin.errors import ConfigError, StoreError
from citytwin.security.audit import read_secret
from citytwin.security.certificates import Signed, checked_host, new_authority, sign
from citytwin.store.atomic import replacing

AUTHORITY = "ca"
ROLES = ("scheduler", "worker", "client")
LIFE = timedelta(days=90)
AUTHORITY_LIFE = timedelta(days=3 * 365)


@dataclass(frozen=True)
class CertificateFiles:
    """Files of one role, or of the authority."""

    certificate: Path
    key: Path


def files_of(folder: Path, role: str) -> CertificateFiles:
    """Return the files of a role.

    Parameters
    ----------
    folder
        Of the certificates.
    role
        ``ca``, ``scheduler``, ``worker`` or ``client``.
    """
    return CertificateFiles(folder / f"{role}.pem", folder / f"{role}.key")


def write_cluster_certificates(folder: Path, hosts: Sequence[str]) -> list[Path]:
    """Make the certificates of a cluster, and its authority where there is none yet.

    Those that stand are made anew under the same authority, so that a cluster is renewed role by
    role: both old and new are trusted until the old ones end.

    Parameters
    ----------
    folder
        Made when it is missing, for its owner only.
    hosts
        Names and addresses of the machines of scheduler and workers.

    Returns
    -------
    list of Path
        Files written.

    Raises
    ------
    ConfigError
        If one of the hosts is neither a name nor an address.
    StoreError
        If the authority there is damaged or has ended, or the disk refuses.
    """
    for host in hosts:  # before anything is written
        checked_host(host)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written: list[Path] = []
    if not files_of(folder, AUTHORITY).certificate.exists():
        name = f"citytwin cluster {datetime.now(UTC):%Y-%m-%d}"
        written += _write(folder, AUTHORITY, new_authority(name, AUTHORITY_LIFE))
    authority = _read_authority(folder)
    for role in ROLES:
        serves = role != "client"
        made = sign(authority, f"citytwin {role}", hosts if serves else (), LIFE, serves=serves)
        written += _write(folder, role, made)
    return written


def _write(folder: Path, role: str, made: Signed) -> list[Path]:
    files = files_of(folder, role)
    with replacing(files.key) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(made.key_pem)
    with replacing(files.certificate) as temporary:
        temporary.write_bytes(made.certificate_pem)
        temporary.chmod(0o644)
    return [files.certificate, files.key]


def _read_authority(folder: Path) -> Signed:
    files = files_of(folder, AUTHORITY)
    hint = "bring back ca.key from where it is kept, or begin anew in another folder"
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(read_secret(files.key, hint), password=None)
    except (OSError, ValueError) as error:
        msg = f"the authority in {folder} cannot be read: {error}"
        raise StoreError(msg, hint=hint) from error
    if certificate.not_valid_after_utc <= datetime.now(UTC):
        msg = f"the authority in {folder} ended on {certificate.not_valid_after_utc:%Y-%m-%d}"
        raise StoreError(msg, hint="begin anew in another folder, and give it to all machines")
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != (
        certificate.public_key()
    ):
        msg = f"{files.key} is not the key of {files.certificate}"
        raise StoreError(msg, hint="bring back the right one, or begin anew in another folder")
    return Signed(certificate, key)


def end_of(certificate: Path) -> datetime:
    """Return when a certificate ends (aware).

    Parameters
    ----------
    certificate
        PEM file.

    Raises
    ------
    ConfigError
        If it cannot be read.
    """
    try:
        return x509.load_pem_x509_certificate(certificate.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as error:
        msg = f"certificate {certificate} cannot be read: {error}"
        raise ConfigError(msg, hint="`citytwin cluster certs` writes them") from error
