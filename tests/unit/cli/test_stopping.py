"""Ctrl-C, also where it gets lost."""

from __future__ import annotations

import signal
from contextlib import suppress

import pytest

from citytwin.cli.running import following
from citytwin.cli.stopping import stopping


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_that_got_lost_stops_at_the_next_part(
    capsys: pytest.CaptureFixture[str], number: signal.Signals
) -> None:
    """Code that swallows the exception cannot keep a run going."""
    with following() as progress:
        progress.begin("read sources", 2, 0)
        with suppress(KeyboardInterrupt):
            signal.raise_signal(number)
        with pytest.raises(KeyboardInterrupt):
            progress.advance("read sources", 1)
    assert "event=part" not in capsys.readouterr().err


def test_afterwards_all_is_as_before() -> None:
    """The handler that stood before stands again, and nothing was asked."""
    before = signal.getsignal(signal.SIGINT)
    with stopping() as stop:
        stop.check()
    assert signal.getsignal(signal.SIGINT) is before
