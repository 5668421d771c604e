"""Certificates: an authority, and what it signs for one role and some names."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from citytwin.errors import ConfigError

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)", re.ASCII)
_LONGEST_NAME = 253
_EARLY = timedelta(hours=1)
"""Clocks of machines differ."""


@dataclass(frozen=True)
class Signed:
    """A certificate and its private key (ECDSA on P-256)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate, in PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key, in PEM without a password."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def new_authority(name: str, life: timedelta) -> Signed:
    """Make an authority that signs certificates, and no other authorities.

    Parameters
    ----------
    name
        Its common name.
    life
        How long it is valid from now.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    signing = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        _builder(subject, subject, key.public_key(), datetime.now(UTC) + life)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(signing, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Signed(builder.sign(key, hashes.SHA256()), key)


def sign(
    authority: Signed, name: str, hosts: Sequence[str], life: timedelta, *, serves: bool = True
) -> Signed:
    """Make a certificate; it ends with its authority at the latest.

    Parameters
    ----------
    authority
        What signs it.
    name
        Its common name.
    hosts
        Names and addresses of the machines that show it; may be none.
    life
        How long it is valid from now.
    serves
        Whether it may be shown by who is connected to, not only by who connects.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    end = min(datetime.now(UTC) + life, authority.certificate.not_valid_after_utc)
    usages = [ExtendedKeyUsageOID.CLIENT_AUTH]
    if serves:
        usages.append(ExtendedKeyUsageOID.SERVER_AUTH)
    identifier = authority.certificate.extensions.get_extension_for_class(
        x509.SubjectKeyIdentifier
    ).value
    builder = (
        _builder(_name(name), issuer, key.public_key(), end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier),
            critical=False,
        )
    )
    if hosts:
        named = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
        builder = builder.add_extension(named, critical=False)
    return Signed(builder.sign(authority.key, hashes.SHA256()), key)


def checked_host(host: str) -> str:
    """Return the name or address of a machine, if it can be one.

    Parameters
    ----------
    host
        A name of the DNS without a port, or an address of IPv4 or IPv6 without brackets.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        named = all(_LABEL.fullmatch(label) for label in labels) and not labels[-1].isdecimal()
        if not named or len(host) > _LONGEST_NAME:
            msg = f"{host!r} is neither a name nor an address of a machine"
            hint = "such as node1.example, 192.0.2.7 or 2001:db8::7, without a port"
            raise ConfigError(msg, hint=hint) from None
    return host


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _EARLY)
        .not_valid_after(end)
    )
