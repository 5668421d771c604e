"""Certificates for servers on this computer: an authority of a week, and what it signs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from citytwin.security.certificates import new_authority, sign

_LIFE = timedelta(days=7)


@dataclass(frozen=True)
class Certificates:
    """Files of one authority and one server."""

    authority: Path
    """What clients trust."""
    certificate: Path
    key: Path
    """Readable by its owner only."""


def write_certificates(folder: Path) -> Certificates:
    """Make an authority, and a certificate of ``localhost`` and the loopback addresses.

    The key of the authority is thrown away at once: nobody can sign with it again.

    Parameters
    ----------
    folder
        Where the three files go.
    """
    folder.mkdir(parents=True, exist_ok=True)
    root = new_authority("citytwin test authority", _LIFE)
    own = sign(root, "localhost", ["localhost", "127.0.0.1", "::1"], _LIFE)
    files = Certificates(folder / "authority.pem", folder / "server.pem", folder / "server.key")
    files.authority.write_bytes(root.certificate_pem)
    files.certificate.write_bytes(own.certificate_pem)
    files.key.touch(mode=0o600)
    files.key.write_bytes(own.key_pem)
    return files
