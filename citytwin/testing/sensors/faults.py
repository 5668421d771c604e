"""What goes wrong with sensors, on request: each fault for some devices and some time."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from citytwin.errors import ConfigError
from citytwin.wording import nearest


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value as a device sends it."""

    device: str
    name: str
    unit: str
    time_s: float
    """Seconds since 1970, by the device's clock."""
    value: float


Batch = tuple[Measurement, ...]
"""What one device sends at once."""


class FaultKind(StrEnum):
    """What can go wrong."""

    DUPLICATES = "duplicates"
    GAPS = "gaps"
    DRIFT = "drift"
    STUCK = "stuck"
    UNIT_CHANGE = "unit-change"
    """Another unit, and the message says so."""
    UNIT_ERROR = "unit-error"
    """Another unit, and the message does not."""
    CLOCK_SKEW = "clock-skew"
    OUT_OF_ORDER = "out-of-order"
    CORRECTIONS = "corrections"
    """A value is sent again, a little different."""


_USUAL = {
    FaultKind.DUPLICATES: 0.2,
    FaultKind.GAPS: 0.2,
    FaultKind.DRIFT: 1.0,
    FaultKind.STUCK: 1.0,
    FaultKind.UNIT_CHANGE: 1.0,
    FaultKind.UNIT_ERROR: 1.0,
    FaultKind.CLOCK_SKEW: 9 * 3600.0,
    FaultKind.OUT_OF_ORDER: 0.3,
    FaultKind.CORRECTIONS: 0.1,
}
_OTHER_UNIT = {"mm/h": ("m/h", 1e-3), "m/s": ("km/h", 3.6), "m": ("cm", 100.0)}
"""What a device that was set up anew speaks, and by what its values are multiplied."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of some devices.

    Share of messages for duplicates, gaps, out-of-order and corrections; drift in units of the
    quantity per hour; seconds of clock-skew, positive for a clock that is ahead.
    """

    kind: FaultKind
    devices: str = "*"
    """Pattern of ids, with ``*`` and ``?``."""
    begin_s: float = 0.0
    """After the start of the sensor city [s]."""
    end_s: float = math.inf
    amount: float | None = None

    @property
    def strength(self) -> float:
        """The amount, or the usual one."""
        return _USUAL[self.kind] if self.amount is None else self.amount

    def concerns(self, device: str, elapsed_s: float) -> bool:
        """Whether it is at work on a device.

        Parameters
        ----------
        device
            Id.
        elapsed_s
            Since the start [s].
        """
        return fnmatch.fnmatchcase(device, self.devices) and self.begin_s <= elapsed_s < self.end_s


def parse_fault(text: str) -> Fault:
    """Read ``kind[:devices[:begin[-end][:amount]]]``, such as ``stuck:gauge-02:60-300``.

    Parameters
    ----------
    text
        As on the command line; times in seconds after the start.

    Raises
    ------
    ConfigError
        If it is none.
    """
    parts = [*text.split(":"), "", "", ""]
    kinds = [kind.value for kind in FaultKind]
    if parts[0] not in kinds:
        raise ConfigError(f"{parts[0]!r} is no fault{nearest(parts[0], kinds)}")
    begin, _, end = parts[2].partition("-")
    try:
        return Fault(
            FaultKind(parts[0]),
            parts[1] or "*",
            float(begin or 0.0),
            float(end or math.inf),
            float(parts[3]) if parts[3] else None,
        )
    except ValueError as error:
        msg = f"{text!r} is no fault: {error}"
        raise ConfigError(msg, hint="write it like drift:level-01:60-600:0.5") from error


@dataclass
class Faults:
    """Applies faults to what devices measure; counts what it does.

    Parameters
    ----------
    requested
        All faults.
    seed
        The same seed gives the same faults.
    """

    requested: Sequence[Fault] = ()
    seed: int = 1
    counts: Counter[FaultKind] = field(default_factory=Counter)
    """Batches that were touched, by kind."""

    def __post_init__(self) -> None:
        self._dice = np.random.Generator(np.random.PCG64(self.seed))
        self._stuck: dict[tuple[str, str], float] = {}
        self._held: dict[str, list[Batch]] = {}

    def apply(self, batch: Batch, elapsed_s: float) -> list[Batch]:
        """Return what a device sends instead of a batch: nothing, it, or more than it.

        Parameters
        ----------
        batch
            Of one device.
        elapsed_s
            Since the start [s].
        """
        device = batch[0].device
        sent = [batch]
        held = self._held.pop(device, [])
        for fault in self.requested:
            if fault.concerns(device, elapsed_s):
                sent = self._changed(fault, sent, elapsed_s)
            elif fault.kind is FaultKind.STUCK:
                self._stuck = {key: v for key, v in self._stuck.items() if key[0] != device}
        return [*sent, *held]

    def left(self) -> list[Batch]:
        """Return what is still held back, at the end."""
        found = [batch for held in self._held.values() for batch in held]
        self._held.clear()
        return found

    def _changed(self, fault: Fault, sent: list[Batch], elapsed_s: float) -> list[Batch]:
        if fault.kind in _BY_VALUE:
            changed = [self._by_value(fault, batch, elapsed_s) for batch in sent]
            self.counts[fault.kind] += len(changed)
            return changed
        kept: list[Batch] = []
        for batch in sent:
            if self._dice.random() >= fault.strength:
                kept.append(batch)
                continue
            self.counts[fault.kind] += 1
            kept += self._by_chance(fault.kind, batch)
        return kept

    def _by_chance(self, kind: FaultKind, batch: Batch) -> list[Batch]:
        if kind is FaultKind.DUPLICATES:
            return [batch, batch]
        if kind is FaultKind.CORRECTIONS:
            return [batch, tuple(replace(m, value=round(m.value * 1.02 + 0.1, 3)) for m in batch)]
        if kind is FaultKind.OUT_OF_ORDER:
            self._held.setdefault(batch[0].device, []).append(batch)
        return []

    def _by_value(self, fault: Fault, batch: Batch, elapsed_s: float) -> Batch:
        return tuple(_BY_VALUE[fault.kind](self, fault, m, elapsed_s) for m in batch)

    def _drifted(self, fault: Fault, m: Measurement, elapsed_s: float) -> Measurement:
        hours = (elapsed_s - fault.begin_s) / 3600.0
        return replace(m, value=round(m.value + fault.strength * hours, 4))

    def _stuck_at(self, _fault: Fault, m: Measurement, _elapsed_s: float) -> Measurement:
        return replace(m, value=self._stuck.setdefault((m.device, m.name), m.value))

    def _in_another_unit(self, _fault: Fault, m: Measurement, _elapsed_s: float) -> Measurement:
        unit, factor = _OTHER_UNIT.get(m.unit, (m.unit, 1.0))
        return replace(m, unit=unit, value=round(m.value * factor, 9))

    def _in_another_unit_unsaid(
        self, fault: Fault, m: Measurement, elapsed_s: float
    ) -> Measurement:
        return replace(self._in_another_unit(fault, m, elapsed_s), unit=m.unit)

    def _skewed(self, fault: Fault, m: Measurement, _elapsed_s: float) -> Measurement:
        return replace(m, time_s=m.time_s + fault.strength)


_BY_VALUE: dict[FaultKind, Callable[[Faults, Fault, Measurement, float], Measurement]] = {
    FaultKind.DRIFT: Faults._drifted,  # noqa: SLF001
    FaultKind.STUCK: Faults._stuck_at,  # noqa: SLF001
    FaultKind.UNIT_CHANGE: Faults._in_another_unit,  # noqa: SLF001
    FaultKind.UNIT_ERROR: Faults._in_another_unit_unsaid,  # noqa: SLF001
    FaultKind.CLOCK_SKEW: Faults._skewed,  # noqa: SLF001
}
