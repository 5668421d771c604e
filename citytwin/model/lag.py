"""How far a record is from the time of the run, told in steps: a result does not change with every tick of the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from citytwin.model.notes import Note
from citytwin.model.text import Text, text

_HOUR_S, _DAY_S = 3600.0, 86400.0
_WORDS: dict[float, Text] = {
    6 * _HOUR_S: text("6 時間", "6 hours"),
    _DAY_S: text("1 日", "a day"),
    7 * _DAY_S: text("1 週間", "a week"),
    30 * _DAY_S: text("30 日", "30 days"),
    365 * _DAY_S: text("1 年", "a year"),
}
LAGS_S = tuple(_WORDS)
"""Steps of age [s]. What is younger than the first counts as of now."""


@dataclass(frozen=True)
class Lag:
    """A record that ends well before the run, or begins only after it."""

    at_least_s: float
    """One of `LAGS_S`, or 0 where it begins soon after the run [s]."""
    ahead: bool = False
    """Whether all of it is later than the run."""


def step_of(age_s: float) -> float:
    """Return the largest step that an age reaches [s]; 0 below the first.

    Parameters
    ----------
    age_s
        Age [s].
    """
    return max((one for one in LAGS_S if one <= age_s), default=0.0)


def lag_notes(lag: Lag | None, shown: datetime, older_s: float, zone: ZoneInfo) -> tuple[Note, ...]:
    """Say of what is shown as of now that it is old, or still to come.

    Parameters
    ----------
    lag
        Of the record; None = it reaches the time of the run, or nobody asked.
    shown
        Time of what is shown (aware).
    older_s
        By how much that is older than the end of the record [s].
    zone
        Of local time.
    """
    local = f"{shown.astimezone(zone):%Y-%m-%d %H:%M}"
    if lag is not None and lag.ahead:
        by = _WORDS.get(lag.at_least_s)
        ja, en = (f"（{by.ja}以上）", f" by {by.en} or more") if by else ("", "")
        return (
            Note(
                severity="fallback",
                ja=f"記録はすべて計算時刻より後{ja}のため、その最初の値（{local}、現地時刻）を示しています",
                en=f"All of the record is later than the run{en}: its first value is shown, of {local} local time",
            ),
        )
    age = _WORDS.get(step_of((lag.at_least_s if lag else 0.0) + older_s))
    if age is None:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"{local}（現地時刻）の値は計算時刻より {age.ja}以上前のもので、現在の値ではありません",
            en=f"Not of now: what is shown is of {local} local time, {age.en} or more before the run",
        ),
    )
