"""Addresses that hold for minutes, for programs that cannot log in: one layer, one reader, read only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jwt import JWTClaimsRegistry

from citytwin.security.decision import Subject

_ALGORITHM = "HS256"
_TYPE = "citytwin-address"
_MAX_CHARACTERS = 4096


@dataclass(frozen=True)
class Pass:
    """What a signed address is good for."""

    subject: Subject
    layer: str


class Signer:
    """Signs and reads addresses.

    Parameters
    ----------
    key
        At least 32 random bytes.
    """

    def __init__(self, key: bytes) -> None:
        self._key = OctKey.import_key(key)

    def sign(self, subject: Subject, layer: str, now: datetime, minutes: int) -> str:
        """Return the part of an address that stands for a reader.

        Parameters
        ----------
        subject
            Whose rights it carries, as they are now; they are decided on again at each use.
        layer
            The only one that it opens.
        now
            Aware.
        minutes
            For which it holds; never longer than the subject.
        """
        until = now + timedelta(minutes=minutes)
        if subject.expires is not None:
            until = min(until, subject.expires)
        claims = {
            "sub": subject.id,
            "roles": sorted(subject.roles),
            "layer": layer,
            "exp": int(until.timestamp()),
        }
        return jwt.encode({"alg": _ALGORITHM, "typ": _TYPE}, claims, self._key)

    def read(self, signed: str, now: datetime) -> Pass | None:
        """Return what a signed address is good for; None when it is forged, damaged or too old.

        Parameters
        ----------
        signed
            As :meth:`sign` returned it.
        now
            Aware.
        """
        if len(signed) > _MAX_CHARACTERS or not signed.isascii():
            return None
        try:
            token = jwt.decode(signed, self._key, algorithms=[_ALGORITHM])
            if token.header.get("typ") != _TYPE:
                return None
            required = JWTClaimsRegistry(
                now=int(now.timestamp()),
                exp={"essential": True},
                sub={"essential": True, "allow_blank": True},
                layer={"essential": True},
            )
            required.validate(token.claims)
        except (JoseError, ValueError, TypeError):
            return None
        claims = token.claims
        expires = datetime.fromtimestamp(claims["exp"], UTC)
        subject = Subject(claims["sub"], frozenset(claims["roles"]), expires)
        return Pass(subject, claims["layer"])
