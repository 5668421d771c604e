"""Measurement site tables of DATEX II: where detectors are, and what each of their values means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from citytwin.errors import SourceError
from citytwin.formats.datex2.where import point_of
from citytwin.formats.feed_xml import Branch
from citytwin.formats.observations import Place, reject_of
from citytwin.model.notes import Reject

_ALL_LANES = ("allLanesCompleteCarriageway",)
_LARGEST_PERIOD_S = 86_400


@dataclass(frozen=True)
class Meaning:
    """What the value of one index of a site stands for."""

    lane: str
    """Empty for all lanes together."""
    all_vehicles: bool
    """Whether it counts every vehicle, rather than those of a class."""
    period_s: int | None
    """Length of the interval it covers, where the table says it."""


@dataclass(frozen=True)
class Site:
    """A measurement site."""

    place: Place
    meanings: Mapping[str, Meaning] = field(default_factory=dict)
    """By index."""


def sites_in(root: Branch) -> tuple[dict[str, Site], list[Reject]]:
    """Read the measurement sites of a document.

    Parameters
    ----------
    root
        Any document of DATEX II.

    Returns
    -------
    tuple
        Sites by id, and those that cannot be used. Sections of roads, over which travel times are
        measured, are no points and left out.
    """
    sites: dict[str, Site] = {}
    rejects: list[Reject] = []
    for name in ("measurementSiteRecord", "measurementSite"):
        for record in root.anywhere(name):
            try:
                site = _site(record)
            except SourceError as error:
                rejects.append(reject_of(error, "site"))
                continue
            if site is not None:
                sites[site.place.thing] = site
    return sites, rejects


def _site(record: Branch) -> Site | None:
    identifier = record.attribute("id")
    if not identifier:
        raise record.error("the site has no id")
    location = record.find("measurementSiteLocation")
    if location is None or not location.kind.startswith("Point"):
        return None
    position = point_of(location)
    if position is None:
        raise location.error(f"site {identifier} has no position")
    name = record.said("measurementSiteName/values/value") or record.said("measurementSiteName")
    place = Place(identifier, name, "traffic_detector", *position)
    meanings = {
        index: _meaning(found)
        for found in record.all("measurementSpecificCharacteristics")
        if (index := found.attribute("index")) is not None
    }
    return Site(place, meanings)


def _meaning(found: Branch) -> Meaning:
    inner = found.find("measurementSpecificCharacteristics") or found
    lane = inner.said("specificLane") or inner.said("specificLane/laneUsage") or ""
    vehicles = inner.find("specificVehicleCharacteristics")
    kinds = [kind.text() for kind in vehicles.all("vehicleType")] if vehicles is not None else []
    classed = vehicles is not None and any(
        child.name != "vehicleType" for child in vehicles.children()
    )
    period = inner.find("period")
    period_s = None if period is None else period.number()
    if period is not None and not 0 < (period_s or 0) <= _LARGEST_PERIOD_S:
        raise period.error("expected the seconds of a period, up to a day")
    return Meaning(
        lane="" if lane in _ALL_LANES else lane,
        all_vehicles=not classed and all(kind == "anyVehicle" for kind in kinds),
        period_s=None if period_s is None else int(period_s),
    )
