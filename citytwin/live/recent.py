"""The last hours in memory: what alert rules, nowcasts and the map page look at every second."""

from __future__ import annotations

import fnmatch
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isnan
from typing import NamedTuple

import numpy as np
import pandas as pd

from citytwin.alerts.rule import Watch
from citytwin.alerts.windows import Sample
from citytwin.formats.observations import Batch, source_of, urn
from citytwin.formats.rain.image import RainImage
from citytwin.formats.reading_columns import ReadingColumns
from citytwin.model.series_limits import LIMITS
from citytwin.model.tables import Flag
from citytwin.store.observations import ObservationLookup, Thing
from citytwin.store.observations.series_quality import tests_of_one

_FLAGS = {int(flag): flag for flag in Flag}


class Latest(NamedTuple):
    """The youngest value of a property of a thing, good or not."""

    at: datetime
    value: float | None
    flag: Flag


@dataclass
class Recent:
    """Values of the last hours, by property and thing.

    Parameters
    ----------
    reach
        How long ago is recent.
    """

    reach: timedelta
    things: dict[str, Thing] = field(default_factory=dict)
    latest: dict[tuple[str, str], Latest] = field(default_factory=dict)
    """By thing and property."""
    references: defaultdict[tuple[str, str], dict[datetime, str]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """Raw payloads that values came in."""
    images: dict[str, dict[int, RainImage]] = field(default_factory=dict)
    """Images of rain on the lattice of the city, by feed and end [s since 1970]."""
    _samples: defaultdict[str, defaultdict[str, dict[datetime, float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    """Good values."""
    _suspect: defaultdict[tuple[str, str], dict[datetime, float]] = field(
        default_factory=lambda: defaultdict(dict)
    )
    """Values that came as suspect, by thing and property."""

    def add(self, source: str, batch: Batch, things: Iterable[Thing]) -> None:
        """Take in what a payload held; a value that comes again replaces its first version.

        Parameters
        ----------
        source
            Name of the feed.
        batch
            What it held.
        things
            Of it.
        """
        readings = ReadingColumns.of(batch.readings)
        names = [urn(source, thing) for thing in readings.things]
        properties = [observed.name for observed in readings.observed]
        ends_s = readings.end_s.tolist()
        moments = {end_s: datetime.fromtimestamp(end_s, UTC) for end_s in set(ends_s)}
        for thing, observed, end_s, value, flag in zip(
            readings.thing_codes.tolist(),
            readings.observed_codes.tolist(),
            ends_s,
            readings.result.tolist(),
            readings.flag.tolist(),
            strict=True,
        ):
            key, at = (names[thing], properties[observed]), moments[end_s]
            self._put(*key, at, None if isnan(value) else value, _FLAGS[flag])
            self.references[key][at] = batch.raw_ref
        self.add_images(source, batch.images)
        self.things.update((thing.thing, thing) for thing in things)

    def add_images(self, source: str, images: Iterable[RainImage]) -> None:
        """Take in images of rain; one of the same end replaces the one before.

        Parameters
        ----------
        source
            Name of the feed.
        images
            On the lattice of the city.
        """
        for image in images:
            self.images.setdefault(source, {})[image.end_s] = image

    def _put(
        self, thing: str, observed: str, at: datetime, value: float | None, flag: Flag
    ) -> None:
        known = self.latest.get((thing, observed))
        if known is None or at >= known.at:
            self.latest[thing, observed] = Latest(at, value, flag)
        samples = self._samples[observed][thing]
        if flag is Flag.GOOD and value is not None:
            samples[at] = value
        else:
            samples.pop(at, None)
        if flag is Flag.SUSPECT and value is not None:
            self._suspect[thing, observed][at] = value
        elif self._suspect:
            self._suspect[thing, observed].pop(at, None)

    def forget(self, now: datetime) -> None:
        """Let go of what is no longer recent; things stay, so that they are missed.

        Parameters
        ----------
        now
            Aware.
        """
        first = now - self.reach
        for by_thing in self._samples.values():
            for samples in by_thing.values():
                for at in [at for at in samples if at < first]:
                    del samples[at]
        for suspect in self._suspect.values():
            for at in [at for at in suspect if at < first]:
                del suspect[at]
        for images in self.images.values():
            for end_s in [end_s for end_s in images if end_s < first.timestamp()]:
                del images[end_s]
        for references in self.references.values():
            for at in [at for at in references if at < first]:
                del references[at]

    def series(self, watch: Watch) -> Mapping[str, Sequence[Sample]]:
        """Return the good values of all things that a rule watches, and those that it counts all the same.

        Parameters
        ----------
        watch
            Of the rule.
        """
        return {
            thing: self._counted(watch, thing, samples)
            for thing, samples in self._samples.get(watch.property, {}).items()
            if fnmatch.fnmatchcase(thing, watch.things)
        }

    def _counted(self, watch: Watch, thing: str, samples: Mapping[datetime, float]) -> list[Sample]:
        if watch.doubted:
            suspect = self._suspect.get((thing, watch.property))
            samples = samples if not suspect else {**samples, **suspect}
        elif watch.property in LIMITS:
            return _undoubted(watch.property, samples)
        return [Sample(at, samples[at]) for at in samples]

    def doubtful(self, watch: Watch, now: datetime) -> int:
        """Return how many things a rule watches of which the last value is suspect, and left out.

        Parameters
        ----------
        watch
            Of the rule.
        now
            Aware; what is older than the rule allows is not told.
        """
        if watch.doubted:
            return 0
        first = now - timedelta(minutes=watch.max_age_minutes)
        return sum(
            latest.flag is Flag.SUSPECT and latest.at >= first
            for (thing, observed), latest in self.latest.items()
            if observed == watch.property and fnmatch.fnmatchcase(thing, watch.things)
        )

    def sources(self, watch: Watch) -> frozenset[str]:
        """Return the names of the feeds that a rule has met things of.

        Parameters
        ----------
        watch
            Of the rule.
        """
        return frozenset(
            source_of(thing)
            for thing, observed in self.latest
            if observed == watch.property and fnmatch.fnmatchcase(thing, watch.things)
        )

    def refill(
        self,
        reader: ObservationLookup,
        now: datetime,
        name_of: Callable[[bytes], bytes | None] = lambda _begin: None,
    ) -> None:
        """Read back what was recent before a restart.

        Parameters
        ----------
        reader
            Of the store.
        now
            Aware.
        name_of
            Gives the whole name of a raw payload by its begin, None where it is gone.
        """
        self.things.update(reader.things())
        every = tuple(Flag)
        state = reader.state(now, usable=every, lookback=timedelta(days=7)).frame
        for thing, observed in zip(
            state["thing"].astype(str), state["property"].astype(str), strict=True
        ):
            frame = reader.history(thing, observed, now - self.reach, now).frame
            for past, begin in zip(_past(frame), frame["raw_ref"], strict=True):
                self._put(thing, observed, past.at, past.value, past.flag)
                name = name_of(bytes(begin))
                if name is not None:
                    self.references[thing, observed][past.at] = name.hex()
        for thing, observed, last in zip(
            state["thing"].astype(str), state["property"].astype(str), _past(state), strict=True
        ):
            self._put(thing, observed, last.at, last.value, last.flag)


def _undoubted(observed: str, samples: Mapping[datetime, float]) -> list[Sample]:
    """Values that their own series does not speak against."""
    if not samples:
        return []
    ordered = sorted(samples.items())
    time_s = np.array([at.timestamp() for at, _ in ordered])
    tests = tests_of_one(observed, time_s, np.array([value for _, value in ordered]))
    return [Sample(*pair) for pair, doubt in zip(ordered, tests, strict=True) if not doubt]


def _past(frame: pd.DataFrame) -> list[Latest]:
    """Times, values and flags of rows of the store."""
    ends = frame["phenomenon_end"].dt.to_pydatetime()
    values = frame["result"].to_numpy(dtype=np.float64)
    flags = frame["flag"].to_numpy(dtype=np.int64)
    return [
        Latest(at, None if np.isnan(value) else float(value), Flag(int(flag)))
        for at, value, flag in zip(ends, values, flags, strict=True)
    ]
