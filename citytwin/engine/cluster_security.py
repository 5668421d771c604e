"""What a client shows to a cluster, and what it demands of it: mutual TLS under one authority."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from distributed.security import Security

from citytwin.errors import ConfigError
from citytwin.security.audit import read_secret
from citytwin.store.cluster_certificates import AUTHORITY, end_of, files_of

CERTIFICATES = "CITYTWIN_CERTIFICATES"
"""Environment variable that names the folder of the certificates."""
_CREDENTIALS = "CREDENTIALS_DIRECTORY"
ENCRYPTED = "tls://"


def client_security(scheduler: str, environment: Mapping[str, str] = os.environ) -> Security | None:
    """Return what a client needs to reach a scheduler; None for one without encryption.

    Parameters
    ----------
    scheduler
        Its address.
    environment
        Names the folder that holds ``ca.pem``, ``client.pem`` and ``client.key``.

    Raises
    ------
    ConfigError
        If the address asks for certificates and they are not there, or have ended, or others may
        read the key.
    """
    if not scheduler.startswith(ENCRYPTED):
        return None
    named = environment.get(CERTIFICATES) or environment.get(_CREDENTIALS)
    hint = (
        f"set {CERTIFICATES} to the folder that `citytwin cluster certs` wrote; a client needs "
        "ca.pem, client.pem and client.key of it"
    )
    if not named:
        msg = f"{scheduler} asks for certificates, and none are named"
        raise ConfigError(msg, hint=hint)
    authority = files_of(Path(named), AUTHORITY).certificate
    own = files_of(Path(named), "client")
    missing = [path for path in (authority, own.certificate, own.key) if not path.is_file()]
    if missing:
        msg = f"{scheduler} asks for certificates, and {missing[0]} is missing"
        raise ConfigError(msg, hint=hint)
    read_secret(own.key, hint)  # whoever may read it owns the workers
    for path in (authority, own.certificate):
        end = end_of(path)
        if end <= datetime.now(UTC):
            msg = f"certificate {path} ended on {end:%Y-%m-%d %H:%M} UTC"
            raise ConfigError(msg, hint="`citytwin cluster certs` renews it")
    return Security(
        require_encryption=True,
        tls_ca_file=str(authority),
        tls_client_cert=str(own.certificate),
        tls_client_key=str(own.key),
        tls_min_version=ssl.TLSVersion.TLSv1_3,
    )
