"""What a validation measured, beside the bar it must keep to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest


@dataclass
class Bars:
    """Errors of one case; the test fails at its end if any lies beyond its bar."""

    case: str
    note: Callable[[str, object], None]
    beyond: list[str] = field(default_factory=list)

    def below(self, quantity: str, value: float, bar: float) -> None:
        """A figure that must lie below its bar."""
        self._note(quantity, value, "<", bar, kept=value < bar)

    def above(self, quantity: str, value: float, bar: float) -> None:
        """A figure that must lie above its bar."""
        self._note(quantity, value, ">", bar, kept=value > bar)

    def _note(self, quantity: str, value: float, side: str, bar: float, *, kept: bool) -> None:
        row = (self.case, quantity, f"{value:.3g}", f"{side} {bar:g}", "yes" if kept else "**no**")
        self.note("validation", row)
        if not kept:
            self.beyond.append(f"{quantity}: {value:.4g} is not {side} {bar:g}")


@pytest.fixture
def bars(record_property: Callable[[str, object], None]) -> Iterator[Callable[[str], Bars]]:
    """A function that begins a case."""
    begun: list[Bars] = []

    def begin(case: str) -> Bars:
        begun.append(Bars(case, record_property))
        return begun[-1]

    yield begin
    assert begun, "nothing was measured"
    assert [said for case in begun for said in case.beyond] == []
