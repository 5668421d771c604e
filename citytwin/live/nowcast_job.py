"""What a nowcast is made from; small enough to be sent to another process."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.config import LoadedConfig
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
