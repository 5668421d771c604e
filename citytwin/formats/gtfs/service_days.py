"""On which days the services of a timetable run (GTFS Schedule Reference, calendar files)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from citytwin.model.notes import Reject

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LOOKED_AT_DAYS = 366
"""From the first day of the timetable on."""
_ADDED, _REMOVED = "1", "2"


def day_of_text(text: str) -> date | None:
    """Return the day of a date as GTFS writes it, such as 20260701; None where it is none.

    Parameters
    ----------
    text
        The cell.
    """
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if len(text) == 8 else None
    except ValueError:
        return None


class ServiceDays:
    """Which services run on a day.

    Parameters
    ----------
    weekly
        Rows of ``calendar.txt``.
    exceptions
        Rows of ``calendar_dates.txt``.
    name
        How messages call the timetable.
    """

    def __init__(self, weekly: pd.DataFrame, exceptions: pd.DataFrame, name: str) -> None:
        self.rejects: list[Reject] = []
        self._weekly: list[tuple[str, date, date, tuple[bool, ...]]] = []
        self._exceptions: dict[date, dict[str, bool]] = {}
        for row in weekly.to_dict("records"):
            start, end = day_of_text(row["start_date"]), day_of_text(row["end_date"])
            if start is None or end is None or end < start:
                self._reject(name, "calendar.txt", row["service_id"], "runs from no day to another")
                continue
            runs = tuple(row[weekday] == "1" for weekday in WEEKDAYS)
            self._weekly.append((row["service_id"], start, end, runs))
        for row in exceptions.to_dict("records"):
            day, kind = day_of_text(row["date"]), row["exception_type"]
            if day is None or kind not in (_ADDED, _REMOVED):
                message = f"neither runs nor rests on {ascii(row['date'])[:20]}"
                self._reject(name, "calendar_dates.txt", row["service_id"], message)
                continue
            self._exceptions.setdefault(day, {})[row["service_id"]] = kind == _ADDED

    def _reject(self, name: str, file: str, record: str, message: str) -> None:
        self.rejects.append(
            Reject(
                source=f"{name}/{file}", record=ascii(record)[:80], code="service", message=message
            )
        )

    def on(self, day: date) -> frozenset[str]:
        """Return the services that run on a day.

        Parameters
        ----------
        day
            As the timetable counts it; its last trips end after midnight.
        """
        running = {
            service
            for service, start, end, runs in self._weekly
            if start <= day <= end and runs[day.weekday()]
        }
        for service, runs in self._exceptions.get(day, {}).items():
            (running.add if runs else running.discard)(service)
        return frozenset(running)

    def busiest(self, trips_of: Mapping[str, int]) -> date | None:
        """Return the first of the days with most trips in the first year; None without any.

        Parameters
        ----------
        trips_of
            Number of trips of each service.
        """
        begins = [start for _, start, _, _ in self._weekly]
        begins += [d for d, services in self._exceptions.items() if any(services.values())]
        if not begins:
            return None
        first = min(begins)
        last = min(date.max.toordinal() - first.toordinal() + 1, _LOOKED_AT_DAYS)
        days = [first + timedelta(days=k) for k in range(last)]
        most = max(days, key=lambda day: sum(trips_of.get(s, 0) for s in self.on(day)))
        return most if any(trips_of.get(s, 0) for s in self.on(most)) else None
