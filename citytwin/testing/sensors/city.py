"""The sensor city itself: what all devices send at each tick of a storm, with faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from citytwin.testing.sensors import storm
from citytwin.testing.sensors.devices import Device, devices
from citytwin.testing.sensors.faults import Batch, Faults, Measurement


@dataclass(frozen=True)
class SensorCity:
    """Devices under a storm that may pass faster than it would.

    Only the storm is quick: devices send at their usual pace, and stamp what they send with the
    time it is.
    """

    faults: Faults = field(default_factory=Faults)
    speed: float = 30.0
    """Hours of the storm in one hour."""
    every_s: float = 10.0
    """Between two values of a device [s]."""
    all_devices: tuple[Device, ...] = field(default_factory=devices)

    def hour(self, elapsed_s: float) -> float:
        """Hour of June 2026 in the storm; after its end it begins anew.

        Parameters
        ----------
        elapsed_s
            Since the start [s].
        """
        length_h = storm.LAST_H - storm.FIRST_H
        return storm.FIRST_H + (elapsed_s * self.speed / 3600.0) % length_h

    def measured(self, device: Device, elapsed_s: float, time_s: float) -> Batch:
        """What a device measures, without faults.

        Parameters
        ----------
        device
            The device.
        elapsed_s
            Since the start [s].
        time_s
            By the device's clock, seconds since 1970.
        """
        hour = self.hour(elapsed_s)
        return tuple(
            Measurement(
                device.id,
                q.name,
                q.unit,
                time_s,
                round(q.course(hour, device.point) * q.by_clock(time_s), q.digits),
            )
            for q in device.quantities
        )

    def tick(self, elapsed_s: float, start_s: float) -> list[Batch]:
        """What all devices send at one moment, with faults.

        Parameters
        ----------
        elapsed_s
            Since the start [s].
        start_s
            Time of the start, seconds since 1970.
        """
        time_s = round(start_s + elapsed_s, 3)
        return [
            batch
            for device in self.all_devices
            for batch in self.faults.apply(self.measured(device, elapsed_s, time_s), elapsed_s)
        ]

    def stream(self, duration_s: float, start_s: float) -> Iterator[tuple[float, Batch]]:
        """Yield all batches of a while, in the order they are sent, with the time of sending.

        Parameters
        ----------
        duration_s
            How long [s].
        start_s
            Time of the start, seconds since 1970.
        """
        ticks = round(duration_s / self.every_s)
        for k in range(ticks):
            elapsed_s = k * self.every_s
            for batch in self.tick(elapsed_s, start_s):
                yield start_s + elapsed_s, batch
        for batch in self.faults.left():
            yield start_s + ticks * self.every_s, batch
