"""Runs the server: GDAL closed before it is loaded, TLS by uvicorn, a port or a clear word."""

from __future__ import annotations

import os
from pathlib import Path

import uvicorn

from citytwin.security.core_dumps import dump_no_memory
from citytwin.serve_config import load_serve
from citytwin.server.app import make_app
from citytwin.server.connections import Connection, loop_for_tls

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2; those of 1.3 are all as good."""
DIRECTORY, CONFIG = "CITYTWIN_SERVED", "CITYTWIN_SERVE_CONFIG"


def serve(directory: Path, file: Path, address: tuple[str, int], workers: int) -> None:
    """Serve a city until Ctrl-C.

    Parameters
    ----------
    directory
        Folder that holds ``latest.json``.
    file
        How it is served; that nothing passes in the clear was checked before.
    address
        Interface and port.
    workers
        Processes.

    Raises
    ------
    CityTwinError
        If something is missing.
    """
    dump_no_memory()  # keys and sessions are in it
    config = load_serve(file)
    host, port = address
    make_app(directory, config).state.guard.audit.close()  # what is wrong is told before it starts
    os.environ[DIRECTORY], os.environ[CONFIG] = str(directory.resolve()), str(file.resolve())
    uvicorn.run(
        "citytwin.server.running:application",
        factory=True,
        host=host,
        port=port,
        workers=workers,
        ssl_certfile=str(config.tls.certificate) if config.tls else None,
        ssl_keyfile=str(config.tls.key) if config.tls else None,
        ssl_ciphers=CIPHERS,
        http=Connection,
        # of asyncio, whose transports a connection knows
        loop=f"{loop_for_tls.__module__}:{loop_for_tls.__name__}" if config.tls else "asyncio",
        ws="none",
        access_log=False,  # addresses may be signed; the audit says what was asked
        server_header=False,
        proxy_headers=False,  # nobody may say from where somebody else comes
        limit_concurrency=config.limits.connections,
        h11_max_incomplete_event_size=32 * 1024,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=10,
        log_level="error",  # whoever sends no HTTP writes no line
    )


def application() -> object:
    """Return the server of this process, as the environment of the command says."""
    return make_app(Path(os.environ[DIRECTORY]), load_serve(Path(os.environ[CONFIG])))
