"""Trigger of a layer that shows what was measured: due when that has changed, or grows old on the map."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from citytwin.errors import StepError
from citytwin.live.following import Done, Task
from citytwin.live.warned_area import published_grid
from citytwin.live_config import FollowConfig
from citytwin.model.grid import GridSpec
from citytwin.store.latest import published_city


class Measured(Protocol):
    """What was measured, of a moment."""

    @property
    def at(self) -> datetime:
        """Time of the last measurement."""


M = TypeVar("M", bound=Measured)


@dataclass(frozen=True)
class Followed(Generic[M]):
    """What a layer shows, and when that has changed."""

    layer: str
    """Its id."""
    newest: Callable[[], object]
    """Tells quickly whether anything was measured since: another value then."""
    measured: Callable[[datetime], M | None]
    """As of a moment; None where nobody has measured lately."""
    changed: Callable[[M, M], bool]
    """Whether it differs enough from what is on the map."""
    task: Callable[[M, GridSpec], Task]
    """Makes the layer of it on the grid of the city."""


class ChangeTrigger(Generic[M]):
    """Asks for a layer when what it shows has changed.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    config
        How often.
    followed
        What is watched, and what is made.
    """

    def __init__(self, city_dir: Path, config: FollowConfig, followed: Followed[M]) -> None:
        self._city_dir, self._config, self._followed = city_dir, config, followed
        self._asked: M | None = None
        self._shown: M | None = None
        self._path: str | None = None
        self._seen: object = None
        self.layer = followed.layer
        self.every_s = config.every_minutes * 60.0
        self.budget_s = config.budget_s

    def wanted(self, now: datetime) -> bool:
        """Whether something new differs from what is on the map, or that is old.

        Parameters
        ----------
        now
            Aware.
        """
        newest = self._followed.newest()
        if newest == self._seen:
            return False
        found = self._followed.measured(now)
        if found is not None and self._differs(found):
            return True
        self._seen = newest
        return False

    def _differs(self, found: M) -> bool:
        shown = self._shown
        # `citytwin run` puts what its own files say in the place of ours
        if shown is None or self._path != self._path_on_the_map():
            return True
        aged = found.at - shown.at >= timedelta(minutes=self._config.unchanged_minutes)
        return aged or self._followed.changed(found, shown)

    def _path_on_the_map(self) -> str | None:
        latest = published_city(self._city_dir)
        entries = () if latest is None else latest.layers
        return next((entry.path for entry in entries if entry.id == self.layer), None)

    def task(self, now: datetime) -> Task:
        """Return what makes the layer of this moment.

        Parameters
        ----------
        now
            Aware.

        Raises
        ------
        StepError
            If nobody has measured lately.
        StoreError
            If nothing is published.
        """
        found = self._followed.measured(now)
        if found is None:
            raise StepError("nobody has measured lately", step=self.layer)
        grid = published_grid(self._city_dir)
        self._asked = found
        return self._followed.task(found, grid)

    def published(self, done: Done) -> None:  # noqa: ARG002 - any one will do
        """Learn what is on the map.

        Parameters
        ----------
        done
            The last one.
        """
        self._shown, self._path = self._asked, self._path_on_the_map()

    def late(self) -> None:
        """Nothing can be made cheaper: the next one is tried after its interval."""
