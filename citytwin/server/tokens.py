"""Access tokens (RFC 9068, RFC 7519) -> who asks. What a token says of its algorithm decides nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from joserfc.jwt import JWTClaimsRegistry

from citytwin.security.decision import Subject
from citytwin.serve_config import IdentityConfig
from citytwin.server.keys import ProviderKeys

_MAX_CHARACTERS = 8192
_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})


class TokenRefusedError(ValueError):
    """A token that says nothing; why is not told to whoever sent it."""


def subject_of(token: str, keys: ProviderKeys, config: IdentityConfig, now: datetime) -> Subject:
    """Check an access token and return whom it speaks of.

    Parameters
    ----------
    token
        As it came in the header.
    keys
        Of the provider.
    config
        Issuer, audience and algorithms that are accepted.
    now
        Aware.

    Raises
    ------
    TokenRefusedError
        If anything of it is wrong.
    UnreachableError
        If the keys of the provider are not known yet and cannot be had.
    """
    if len(token) > _MAX_CHARACTERS or not token.isascii():
        raise TokenRefusedError
    try:
        header = extract_compact(token.encode()).headers()
        key_id, kind = header.get("kid"), str(header.get("typ", "jwt")).lower()
        if not isinstance(key_id, str) or kind not in _TYPES:
            raise TokenRefusedError
        known = keys.holding(key_id)
        if known is None:
            raise TokenRefusedError
        found = jwt.decode(token, known, algorithms=[*config.algorithms])
        _claims(config, now).validate(found.claims)
        return subject_from(found.claims, config)
    except (JoseError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise TokenRefusedError from error


def subject_from(claims: Mapping[str, Any], config: IdentityConfig) -> Subject:
    """Return whom checked claims speak of.

    Parameters
    ----------
    claims
        Of a token that was checked.
    config
        Names the claim that holds the roles.

    Raises
    ------
    TokenRefusedError
        If they name nobody.
    """
    name, expires = claims.get("sub"), claims.get("exp")
    if not isinstance(name, str) or not name or not isinstance(expires, int | float):
        raise TokenRefusedError
    roles = claims.get(config.roles_claim, [])
    listed = roles if isinstance(roles, list) else []
    return Subject(
        id=name[:500],
        roles=frozenset(role for role in listed if isinstance(role, str) and len(role) <= 200),
        expires=datetime.fromtimestamp(expires + config.leeway_s, UTC),
    )


def _claims(config: IdentityConfig, now: datetime) -> JWTClaimsRegistry:
    return JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=config.leeway_s,
        iss={"essential": True, "value": config.issuer},
        aud={"essential": True, "value": config.audience},
        exp={"essential": True},
        sub={"essential": True},
        iat={"essential": True},
    )
