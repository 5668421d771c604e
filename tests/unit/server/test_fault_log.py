"""What keeps the server from answering is told to its operator, once a minute, and to no reader."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from citytwin.errors import CityTwinError, StoreError
from citytwin.server import refusals
from citytwin.server.fault_log import FaultLog


def test_the_same_error_is_told_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    """Others at once; what to do stands with each."""
    now_s = [0.0]
    log = FaultLog(lambda: now_s[0])
    for _ in range(3):
        log.tell(StoreError("the disk is full", hint="free some space"))
    log.tell(StoreError("the key is gone"))
    assert [record.getMessage() for record in caplog.records] == [
        "answered 503: the disk is full (free some space)",
        "answered 503: the key is gone",
    ]
    now_s[0] = 60.0
    log.tell(StoreError("the disk is full", hint="free some space"))
    assert len(caplog.records) == 3


def test_many_errors_take_no_memory(caplog: pytest.LogCaptureFixture) -> None:
    """Only the latest are known."""
    log = FaultLog(lambda: 0.0)
    for number in range(200):
        log.tell(StoreError(f"fault {number}"))
    log.tell(StoreError("fault 0"))
    assert len(caplog.records) == 201
    assert len(log._told) < 100


def test_readers_are_told_nothing_of_it(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """The answer is the one it always was."""
    app = FastAPI()
    app.add_exception_handler(CityTwinError, refusals.unavailable)

    @app.get("/")
    def fails() -> None:
        raise StoreError(f"audit {tmp_path}: no space", hint="free some")

    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.json()) == (503, {"detail": "not available now"})
    assert answer.headers["Retry-After"] == "10"
    assert f"audit {tmp_path}: no space (free some)" in caplog.text
