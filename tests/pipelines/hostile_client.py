"""A client of a cluster that believes every server, and shows what it likes."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from citytwin.security.certificates import Signed, new_authority, sign
from tests.pipelines.dask_cluster import HOST

Shown = tuple[Path, Path] | None
"""Certificate and key; None shows nothing."""


def listening() -> dict[int, str]:
    """Ports at which Dask's commands that this process has started listen, with the interface."""
    found: dict[int, str] = {}
    for process in psutil.Process().children():
        if not any(word.startswith("distributed.cli.") for word in process.cmdline()):
            continue  # of another test
        for own in (process, *process.children(recursive=True)):
            for one in own.net_connections("tcp"):
                if one.status == psutil.CONN_LISTEN:
                    found[one.laddr.port] = one.laddr.ip
    return found


def heard(port: int, shown: Shown) -> bytes:
    """What a server says to a client that shows this, or why it says nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if shown is not None:
        context.load_cert_chain(*shown)
    try:
        with (
            socket.create_connection((HOST, port), timeout=20) as plain,
            context.wrap_socket(plain) as wrapped,
        ):
            return wrapped.recv(1000)  # with TLS 1.3 a refusal comes after the handshake
    except OSError:
        return b""


def pages(port: int) -> int:
    """Status of the list of pages where a server speaks HTTP in clear; 0 where it does not."""
    try:
        return httpx.get(f"http://{HOST}:{port}/sitemap.json", timeout=20).status_code
    except httpx.HTTPError:
        return 0


def heard_in_clear(port: int) -> bytes:
    """What a server says to a client without encryption."""
    try:
        with socket.create_connection((HOST, port), timeout=20) as plain:
            plain.settimeout(5)
            plain.sendall(bytes(8) + b"hello" * 10)
            return plain.recv(1000)
    except OSError:
        return b""


def forgeries(certificates: Path, folder: Path) -> dict[str, Shown]:
    """What a stranger may show, and for comparison a certificate that holds."""
    certificate = x509.load_pem_x509_certificate((certificates / "ca.pem").read_bytes())
    key = load_pem_private_key((certificates / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority, day = Signed(certificate, key), timedelta(days=1)
    name = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    good = sign(authority, "client", (), day, serves=False)
    namesake = new_authority(str(name), day)
    made = {
        "good": good,
        "of a namesake": sign(namesake, "client", (), day, serves=False),
        "expired": _signed(authority, datetime.now(UTC) - 2 * day),
        "of tomorrow": _signed(authority, datetime.now(UTC) + day),
        "signed by a client": _signed(good, datetime.now(UTC) - day / 2),
    }
    shown: dict[str, Shown] = {"nothing": None}
    for number, (what, one) in enumerate(made.items()):
        files = folder / f"{number}.pem", folder / f"{number}.key"
        files[0].write_bytes(one.certificate_pem + good.certificate_pem)
        files[1].write_bytes(one.key_pem)
        shown[what] = files
    return shown


def _signed(by: Signed, begin: datetime) -> Signed:
    """A certificate that holds for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "stranger")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=1))
    )
    return Signed(builder.sign(by.key, hashes.SHA256()), key)
