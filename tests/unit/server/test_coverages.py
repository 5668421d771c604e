"""Windows of values: few are made at the same time, for each takes much memory."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from fastapi import HTTPException

from citytwin.server import coverages


def test_one_too_many_is_sent_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """And told when to come again; when the others are done there is room."""
    monkeypatch.setattr(coverages, "_PATIENCE_S", 0.0)
    with ExitStack() as stack:
        for _ in range(coverages.AT_ONCE):
            stack.enter_context(coverages.one_of_few())
        with pytest.raises(HTTPException) as refused, coverages.one_of_few():
            pass
        assert refused.value.status_code == 503
        assert refused.value.headers == {"Retry-After": "5"}
    with coverages.one_of_few():
        pass
