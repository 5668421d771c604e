"""Login in the browser: authorization code with PKCE (RFC 6749, RFC 7636), by Authlib."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import httpx
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.starlette_client import OAuth
from fastapi import APIRouter, Depends, HTTPException
from joserfc.errors import JoseError
from joserfc.jws import extract_compact
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from citytwin.errors import UnreachableError
from citytwin.security.decision import Resource
from citytwin.serve_config import ServeConfig
from citytwin.server.city import ServedCity
from citytwin.server.doors import SESSION, Guard, Visitor, visitor_of
from citytwin.server.files import Asking
from citytwin.server.keys import DISCOVERY, trust_of
from citytwin.server.refusals import NotThereError
from citytwin.server.shell import PRIVATE
from citytwin.server.tiles import TILE_SET
from citytwin.server.tokens import TokenRefusedError, subject_from
from citytwin.server.wmts import CAPABILITIES


def _http_errors() -> tuple[type[Exception], ...]:
    """Errors of the client that Authlib takes: httpx2 where it is installed, else httpx."""
    if importlib.util.find_spec("httpx2") is None:
        return (httpx.HTTPError,)
    return (httpx.HTTPError, importlib.import_module("httpx2").HTTPError)


HTTP_ERRORS = _http_errors()
CALLBACK = "/callback"
_PROVIDER = "identity"


class Session(BaseModel):
    """Who has logged in."""

    model_config = ConfigDict(frozen=True)

    name: str = ""
    """Empty where nobody has."""


class Signed(BaseModel):
    """Addresses for programs that cannot log in."""

    model_config = ConfigDict(frozen=True)

    folder: str
    """Below it lie the files of the layer's run, such as ``layer.json``."""
    tiles: str | None = None
    """Template with {z}, {x} and {y}, of a raster layer."""
    wmts: str | None = None
    """Capabilities of OGC WMTS with this layer alone, of a raster layer."""
    features: str | None = None
    """Landing page of OGC API with this layer alone, of a vector layer."""
    minutes: int


def login_routes(config: ServeConfig, secret: str, city: ServedCity) -> APIRouter:
    """Return the routes of logging in and out, and of signing addresses.

    Parameters
    ----------
    config
        How the city is served.
    secret
        Of the client at the provider.
    city
        What is served.
    """
    routes = APIRouter(tags=["readers"])
    _way_in(routes, config, _client(config, secret))
    _session_routes(routes, config)
    _signing_route(routes, config, city)
    return routes


def _client(config: ServeConfig, secret: str) -> OAuth:
    """Know the provider, which is asked for nothing before somebody logs in."""
    oauth = OAuth()
    oauth.register(
        _PROVIDER,
        client_id=config.identity.client_id,
        client_secret=secret,
        server_metadata_url=config.identity.issuer.rstrip("/") + DISCOVERY,
        client_kwargs={
            "scope": config.identity.scopes,
            "code_challenge_method": "S256",
            "verify": trust_of(config.identity),
            "timeout": 10.0,
        },
    )
    return oauth


@contextmanager
def _answering(*others: type[Exception]) -> Iterator[None]:
    """Tell readers that the provider cannot be had, where it does not answer, or answers amiss."""
    try:
        yield
    except (*HTTP_ERRORS, *others) as error:
        msg = "the identity provider does not answer"
        raise UnreachableError(msg, hint="see whether it runs") from error


def _way_in(routes: APIRouter, config: ServeConfig, oauth: OAuth) -> None:
    """Add the way to the provider, and the way back."""

    @routes.get("/login", status_code=302, response_class=RedirectResponse)
    async def login(request: Request, _visitor: Asking) -> Response:
        """Lead to the provider; what was known of an earlier login is forgotten."""
        request.session.clear()
        client = oauth.create_client(_PROVIDER)
        with _answering(OAuthError):
            answer: Response = await client.authorize_redirect(
                request, config.public_url + CALLBACK
            )
        return answer

    @routes.get(CALLBACK, status_code=302, response_class=RedirectResponse)
    async def callback(request: Request, visitor: Asking) -> Response:
        """Take what the provider says, once, and lead back to the map."""
        client = oauth.create_client(_PROVIDER)
        try:
            with _answering():
                token = await client.authorize_access_token(
                    request, claims_options=_claims(config), leeway=config.identity.leeway_s
                )
            _require_algorithm(token["id_token"], config)
            subject = subject_from(token["userinfo"], config.identity)
        except (OAuthError, JoseError, TokenRefusedError, KeyError, ValueError) as error:
            request.session.clear()
            raise HTTPException(400, "the login did not succeed; begin again") from error
        expires = visitor.guard.clock() + timedelta(minutes=config.limits.session_minutes)
        request.session.clear()
        request.session[SESSION] = {
            "id": subject.id,
            "roles": sorted(subject.roles),
            "expires": expires.timestamp(),
        }
        return RedirectResponse("/", 302)


def _session_routes(routes: APIRouter, config: ServeConfig) -> None:
    """Add who has logged in, and the way out."""

    @routes.post("/logout", status_code=204, response_class=Response)
    def logout(request: Request, visitor: Asking) -> Response:
        """Forget who has logged in here."""
        _own_page_only(request, visitor, config)
        request.session.clear()
        return Response(status_code=204)

    @routes.get("/session.json")
    def session(visitor: Asking) -> Response:
        """Say who has logged in."""
        text = Session(name=visitor.subject.id).model_dump_json()
        return Response(text, media_type="application/json", headers=PRIVATE)


def _signing_route(routes: APIRouter, config: ServeConfig, city: ServedCity) -> None:
    """Add addresses for programs that cannot log in."""

    @routes.post("/sign/{layer}", response_model=Signed)
    def sign(
        layer: str, request: Request, visitor: Annotated[Visitor, Depends(visitor_of)]
    ) -> Signed:
        """Return addresses of a layer that hold for minutes."""
        _own_page_only(request, visitor, config)
        seen = city.layer(visitor, layer)
        document = seen.document
        if not visitor.may("sign", Resource("layer", document.id, document.classification)):
            raise NotThereError
        guard: Guard = visitor.guard
        minutes = config.limits.signed_minutes
        signed = guard.signer.sign(visitor.subject, layer, guard.clock(), minutes)
        base = f"{config.public_url}/signed/{signed}"
        tiles = f"{base}/tiles/{layer}/tiles/{TILE_SET}/{{z}}/{{x}}/{{y}}"
        is_raster = document.kind == "raster"
        return Signed(
            folder=f"{base}/{layer}/{seen.folder.name}/",
            tiles=tiles if is_raster else None,
            wmts=base + CAPABILITIES if is_raster else None,
            features=None if is_raster else f"{base}/ogc/",
            minutes=minutes,
        )


def _claims(config: ServeConfig) -> dict[str, dict[str, object]]:
    return {
        "iss": {"essential": True, "value": config.identity.issuer},
        "aud": {"essential": True, "value": config.identity.client_id},
        "exp": {"essential": True},
        "sub": {"essential": True},
    }


def _require_algorithm(token: str, config: ServeConfig) -> None:
    """Authlib takes the algorithms that the provider announces; here the configured ones count."""
    if extract_compact(token.encode()).headers().get("alg") not in config.identity.algorithms:
        raise TokenRefusedError


def _own_page_only(request: Request, visitor: Visitor, config: ServeConfig) -> None:
    """Refuse what another site has made a browser send with the cookie of this one."""
    if not visitor.by_session:
        return
    origin = request.headers.get("Origin", "")
    if urlsplit(origin)[:2] != urlsplit(config.public_url)[:2]:
        raise HTTPException(403, "only the map page itself may do this")
