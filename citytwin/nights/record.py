"""What the journal says of one run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from citytwin.model.layer import Classification

Outcome = Literal[
    "running", "done", "nothing to do", "failed", "stopped", "killed", "busy", "missed"
]
"""``running`` stands while a run goes on, and where it was killed until somebody looks: then it is
``killed``; ``busy`` is a run that did not begin because another held the city; ``missed`` is none at all, told
by the failure hook alone: the journal holds no such record."""


class FeedAge(BaseModel):
    """Newest observation of a feed that a run, or one before it, has read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    """Name in the configuration."""
    newest: AwareDatetime
    """End of its latest interval, or its latest moment."""


class RunRecord(BaseModel):
    """One run, as it began or as it ended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    city: str
    begun: AwareDatetime
    classification: Classification = "secret"
    """Highest of the city's sources and feeds: a record names layers and losses."""
    process: int
    """Number of its process; gone from the system where the run was killed; 0 of a missed night."""
    started_ticks: int | None = None
    """When its process began, in ticks since the machine did; None where the system has none."""
    system: str = ""
    """What tells the system that the number is of from others: host, boot and namespace."""
    night: date | None = None
    """The night that was made up for; None where the run is that of its own night."""
    request: str = ""
    """Digest of what was asked of a night that was made up for: configuration, code, inputs."""
    ended: AwareDatetime | None = None
    outcome: Outcome = "running"
    exit_code: int | None = None
    run_id: str = ""
    """Of the published run, where one was published or stands."""
    standing_parts: int = Field(default=0, ge=0)
    """Parts that an earlier run had made already."""
    made_parts: int = Field(default=0, ge=0)
    published: tuple[str, ...] = ()
    """Layers whose content changed."""
    unchanged: tuple[str, ...] = ()
    no_longer: tuple[str, ...] = ()
    """Layers that stood published before it and do no longer."""
    losses: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    healed: tuple[str, ...] = ()
    """Damage in the working store that was met and made anew."""
    feeds: tuple[FeedAge, ...] = ()
    """As it has read them; as they were last read, where it was not done."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None where that is unknown."""
        return None if self.ended is None else (self.ended - self.begun).total_seconds()

    @property
    def stands(self) -> bool:
        """Whether the map was brought up to date."""
        return self.outcome in ("done", "nothing to do")

    def late_feeds(self, hours: float) -> tuple[FeedAge, ...]:
        """Feeds whose newest observation was older than this when the run began.

        Parameters
        ----------
        hours
            Age that is still well [h].
        """
        limit_s = hours * 3600.0
        return tuple(
            feed for feed in self.feeds if (self.begun - feed.newest).total_seconds() > limit_s
        )


def stamp_of(moment: datetime) -> str:
    """Name of a moment as part of a file name: sorts by time.

    Parameters
    ----------
    moment
        Aware, in UTC.
    """
    return moment.strftime("%Y%m%dT%H%M%S_%fZ")
