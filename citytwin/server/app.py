"""Puts the server together: routes inside, what every request passes outside."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.middleware.sessions import SessionMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from citytwin.errors import CityTwinError, ConfigError, StoreError
from citytwin.security.audit import read_key, read_secret
from citytwin.serve_config import ServeConfig, require_audit_apart
from citytwin.server import refusals
from citytwin.server.city import ServedCity
from citytwin.server.collections import COVERAGES, FEATURES, TILES, collection_routes
from citytwin.server.coverages import coverage_routes
from citytwin.server.doors import Guard, limiter
from citytwin.server.features import feature_routes
from citytwin.server.files import file_routes
from citytwin.server.keys import ProviderKeys
from citytwin.server.login import login_routes
from citytwin.server.policy_file import PolicyFile
from citytwin.server.shell import Shell
from citytwin.server.signing import Signer
from citytwin.server.tiles import tile_routes
from citytwin.server.wmts import wmts_routes
from citytwin.version import __version__

_LOG = logging.getLogger(__name__)


def make_app(directory: Path, config: ServeConfig) -> FastAPI:
    """Return the server of a city.

    Parameters
    ----------
    directory
        Folder that holds ``latest.json``.
    config
        How it is served.

    Raises
    ------
    ConfigError
        If a secret or the policy is missing or wrong, or the audit lies in the city.
    StoreError
        If nothing is published there, or the audit cannot be written.
    """
    require_audit_apart(config, directory)
    if config.tls is not None:
        read_secret(config.tls.key, "name the key of the certificate")
    city = ServedCity(directory)
    city.latest()
    session_key, secret = read_key(config.session_key_file), _secret(config)
    audit = config.audit.begin()
    guard = Guard(
        policy=PolicyFile(config.policy, audit, city.root),
        identity=config.identity,
        keys=ProviderKeys(config.identity),
        signer=Signer(session_key),
        audit=audit,
        per_minute=config.limits.requests_per_minute,
        limiter=limiter(),
    )

    @asynccontextmanager
    async def living(_app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(guard.policy.warn)
        await run_in_threadpool(guard.keys.ask_ahead)
        yield
        try:
            guard.audit.close()
        except StoreError as error:  # the server ends all the same
            _LOG.error("the last entries have no anchor: %s", error)

    app = FastAPI(
        title="citytwin",
        version=__version__,
        lifespan=living,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
    )
    app.state.guard = guard
    _refuse_alike(app)
    app.include_router(login_routes(config, secret, city))
    for door in (FEATURES, TILES, COVERAGES):
        app.include_router(collection_routes(config, city, door))
    app.include_router(feature_routes(config, city))
    app.include_router(coverage_routes(city))
    app.include_router(wmts_routes(config, city))
    tile_routes(app, city)
    app.include_router(file_routes(city))  # last: its addresses are the most general
    tls = config.tls is not None
    app.add_middleware(
        SessionMiddleware,
        secret_key=session_key.hex(),
        session_cookie="__Host-citytwin" if tls else "citytwin",
        max_age=60 * config.limits.session_minutes,
        same_site="lax",  # the provider leads back here by a link
        https_only=tls,
    )
    app.add_middleware(
        TrustedHostMiddleware, allowed_hosts=[urlsplit(config.public_url).hostname or ""]
    )
    app.add_middleware(Shell, tls=tls)
    return app


def _refuse_alike(app: FastAPI) -> None:
    app.add_exception_handler(refusals.NotThereError, refusals.not_there)
    app.add_exception_handler(refusals.UnknownReaderError, refusals.unknown_reader)
    app.add_exception_handler(refusals.TooManyRequestsError, refusals.too_many)
    app.add_exception_handler(CityTwinError, refusals.unavailable)
    app.add_exception_handler(404, refusals.by_status)
    app.add_exception_handler(405, refusals.by_status)
    # a tile that cannot be is not there, whatever the layer: what is wrong with it tells nothing
    app.add_exception_handler(RequestValidationError, refusals.not_there)


def _secret(config: ServeConfig) -> str:
    file = config.identity.client_secret_file
    hint = "write there what the provider gave for this client"
    secret = read_secret(file, hint).strip()
    if not secret or not secret.isascii():
        msg = f"identity.client_secret_file {file} is empty, or no ASCII"
        raise ConfigError(msg, hint=hint)
    return secret.decode("ascii")
