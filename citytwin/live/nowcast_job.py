"""What a nowcast is made from; small enough to be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.config import LoadedConfig
from citytwin.formats.observations import source_of
from citytwin.live.rain_outlook import Outlook
from citytwin.live.stage_outlook import StageLine
from citytwin.live_config import NowcastConfig
from citytwin.model.grid import GridSpec


@dataclass(frozen=True)
class NowcastJob:
    """One nowcast that is wanted."""

    loaded: LoadedConfig
    config: NowcastConfig
    outlook: Outlook
    grid: GridSpec
    """Of the city."""
    factor: int
    """Cells of the city in a row that become one."""
    stages: tuple[StageLine, ...] = ()
    """Levels at gauges."""
    silent: tuple[str, ...] = ()
    """URNs of gauges that have not measured lately; their water is left out."""

    @property
    def payloads(self) -> dict[str, tuple[str, ...]]:
        """By feed: sha256 of the raw payloads that went in, sorted."""
        found = {feed: set(refs) for feed, refs in self.outlook.payloads.items()}
        for line in self.stages:
            found.setdefault(source_of(line.config.thing), set()).update(line.references)
        return {feed: tuple(sorted(refs)) for feed, refs in found.items() if refs}
