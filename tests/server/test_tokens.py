"""Tokens that are not what they should be, signed with the real key where that helps them most."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.server.served_city import AUDIENCE, Running

HEADER = {"alg": "ES256", "kid": "KEY", "typ": "at+jwt"}


def signed(server: Running, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """Return a token signed with the key of the provider; claims that are None are left out."""
    key = server.identity.key
    now = int(time.time())
    said = {
        "iss": server.identity.issuer,
        "aud": AUDIENCE,
        "sub": "ann",
        "roles": ["planner"],
        "iat": now,
        "exp": now + 60,
    }
    given = {name: value for name, value in (said | claims).items() if value is not None}
    return jwt.encode({**HEADER, "kid": key.kid, **(header or {})}, given, key)


def sees(server: Running, token: str) -> bool:
    """Whether a token shows a planner's layers; otherwise it must be refused, not ignored."""
    answer = server.get("/latest.json", token)
    if answer.status_code == 401:
        return False
    return {"traffic"} <= {entry["id"] for entry in answer.json()["layers"]}


def test_a_sound_token(server: Running) -> None:
    """Also one that names several audiences, or says that it is a JWT."""
    assert sees(server, signed(server))
    assert sees(server, signed(server, aud=["https://else.example", AUDIENCE]))
    assert sees(server, signed(server, {"typ": "JWT"}))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "citytwin"},
        {"aud": ["a", "b"]},
        {"aud": None},
        {"aud": [[AUDIENCE]]},
        {"exp": 1},
        {"exp": None},
        {"exp": "2099"},
        {"exp": 10**400},
        {"nbf": 10**10},
        {"iat": 10**10},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
)
def test_wrong_claims(server: Running, claims: dict[str, Any]) -> None:
    """Each is refused though the signature is right."""
    assert not sees(server, signed(server, **claims))


def test_roles_that_are_none(server: Running) -> None:
    """What is no list of words gives no role, and the reader sees what is public."""
    for roles in ("planner", {"planner": 1}, [["planner"]], [1, None]):
        answer = server.get("/latest.json", signed(server, roles=roles))
        assert answer.is_success
        assert not sees(server, signed(server, roles=roles))


def encoded(part: object) -> str:
    """Encode a part of a token by hand."""
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def test_wrong_headers_and_signatures(server: Running) -> None:
    """No algorithm, the public key as a secret, other keys under the same name, other types."""
    key = server.identity.key
    good = signed(server)
    head, body, signature = good.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    other = ECKey.generate_key("P-256", {"kid": key.kid})
    rsa = RSAKey.generate_key(2048, {"kid": "rsa"})
    confused = f"{encoded({**HEADER, 'alg': 'HS256', 'kid': key.kid})}.{body}"
    code = hmac.new(key.as_pem(private=False), confused.encode(), hashlib.sha256).digest()
    by_public_key = f"{confused}.{base64.urlsafe_b64encode(code).decode().rstrip('=')}"
    forged = [
        f"{encoded({**HEADER, 'alg': 'none', 'kid': key.kid})}.{body}.",
        f"{head}.{body}.",
        f"{head}.{encoded(claims | {'sub': 'bob'})}.{signature}",
        f"{head}.{body}.{signature[:-2]}",
        by_public_key,
        jwt.encode({**HEADER, "kid": key.kid}, claims, other),
        jwt.encode({**HEADER, "alg": "RS256", "kid": "rsa"}, claims, rsa),
        signed(server, {"typ": "citytwin-address"}),
        signed(server, {"typ": "dpop+jwt"}),
        signed(server, {"jwk": other.as_dict(private=False), "kid": "mine"}),
        good + "A" * 9000,
        "..",
    ]
    for token in forged:
        assert not sees(server, token), token[:80]


def test_a_token_is_over_at_its_second(server: Running) -> None:
    """With the leeway of the configuration, which is none here."""
    token = signed(server, exp=int(time.time()) + 2)
    assert sees(server, token)
    time.sleep(2.1)
    assert not sees(server, token)
