"""Ports of this computer for servers of tests."""

from __future__ import annotations

import socket


def free_port() -> int:
    """Return the number of a port that nothing listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
    return port
