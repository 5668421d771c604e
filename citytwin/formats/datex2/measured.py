"""Measured data publications of DATEX II 2 and 3 -> readings of traffic detectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Literal

from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.datex2.sites import Meaning, Site
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.feed_xml import Branch
from citytwin.formats.given_places import GivenPlace
from citytwin.formats.observations import Place, Reading, reject_of
from citytwin.model import properties as p
from citytwin.model.notes import Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Params
from citytwin.model.tables import Flag


class Datex2Params(Params):
    """What the measured data of DATEX II leave open."""

    time_is: Literal["start", "end"] = "end"
    """Whether the time of a measurement is the beginning or the end of its period; the standard
    allows both."""
    period_s: int | None = Field(default=None, gt=0, le=86_400)
    """Length of the period where no site table says it [s]; without it a value is an instant."""
    positions: tuple[GivenPlace, ...] = ()
    """Where sites are that no site table places."""


@dataclass(frozen=True)
class _Quantity:
    path: str
    """From ``basicData`` to the number."""
    observed: ObservedProperty


_QUANTITIES = {
    "TrafficFlow": _Quantity("vehicleFlow/vehicleFlowRate", p.TRAFFIC_FLOW),
    "TrafficSpeed": _Quantity("averageVehicleSpeed/speed", p.VEHICLE_SPEED),
    "TrafficConcentration": _Quantity("occupancy/percentage", p.ROAD_OCCUPANCY),
    "TravelTimeData": _Quantity("travelTime/duration", p.TRAVEL_TIME),
}


@dataclass
class Measured:
    """What the measured data of one document give."""

    places: dict[str, Place] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    of_classes: int = 0
    """Values of single classes of vehicles, which would count vehicles twice."""
    unread: Counter[str] = field(default_factory=Counter)
    """Kinds of values that the twin does not keep."""


def measured_in(
    root: Branch, sites: Mapping[str, Site], params: Datex2Params, zone: tzinfo | None
) -> Measured:
    """Read all measurements of a document.

    Parameters
    ----------
    root
        Any document of DATEX II.
    sites
        Measurement sites by id.
    params
        What the document leaves open.
    zone
        Of times that name none.
    """
    found = Measured()
    for block in root.anywhere("siteMeasurements"):
        try:
            _site(block, sites, params, zone, found)
        except SourceError as error:
            found.rejects.append(reject_of(error, "site"))
    return found


def _site(
    block: Branch,
    sites: Mapping[str, Site],
    params: Datex2Params,
    zone: tzinfo | None,
    found: Measured,
) -> None:
    identifier = block.member("measurementSiteReference").attribute("id")
    if not identifier:
        raise block.error("the measurements name no site")
    site = sites.get(identifier)
    if site is None:
        hint = "put the site table beside the measurements, or give `positions`"
        raise block.error(f"no position of site {identifier} is known", hint=hint)
    time = block.member("measurementTimeDefault")
    moment = time.find("timeValue") or time
    try:
        moment_s = utc_seconds(moment.text(), zone)
    except TimeStampError as error:
        raise moment.error(
            f"{error.message}, got {moment.text()[:40]!r}", hint=error.hint
        ) from error
    basics = list(_basics(block))
    kinds = Counter(basic.kind for _, basic in basics)
    for index, basic in basics:
        quantity = _QUANTITIES.get(basic.kind)
        if quantity is None:
            found.unread[basic.kind or "untyped"] += 1
            continue
        meaning = site.meanings.get(index)
        if meaning is not None and not meaning.all_vehicles:
            found.of_classes += 1
            continue
        try:
            value, flag = _value(basic, quantity)
        except SourceError as error:
            found.rejects.append(reject_of(error, "value"))
            continue
        place = _place(site.place, meaning, index if kinds[basic.kind] > 1 else "")
        found.places[place.thing] = place
        start_s, end_s = _interval(moment_s, meaning, params)
        found.readings.append(Reading(place.thing, quantity.observed, start_s, end_s, value, flag))


def _basics(block: Branch) -> Iterator[tuple[str, Branch]]:
    """Values of a site with their index; a value in a value is how both versions write it."""
    for name in ("measuredValue", "physicalQuantity"):
        for outer in block.children(name):
            for basic in outer.anywhere("basicData"):
                yield outer.attribute("index") or "", basic


def _value(basic: Branch, quantity: _Quantity) -> tuple[float | None, Flag | None]:
    """Read a number: a speed of -1 means that no vehicle came, an error that 0 is no count."""
    holder = basic.member(quantity.path.split("/", maxsplit=1)[0])
    if holder.said("dataError") in ("true", "1"):
        return None, Flag.MISSING
    number = basic.find(quantity.path)
    if number is None:
        return None, Flag.MISSING
    value = number.number()
    return (None, Flag.MISSING) if value == -1.0 else (value, None)


def _place(place: Place, meaning: Meaning | None, index: str) -> Place:
    part = (meaning.lane if meaning is not None else index) or ""
    if not part:
        return place
    return Place(
        thing=f"{place.thing}:{part}",
        name=f"{place.name or place.thing} {part}",
        kind=place.kind,
        longitude_deg=place.longitude_deg,
        latitude_deg=place.latitude_deg,
    )


def _interval(moment_s: int, meaning: Meaning | None, params: Datex2Params) -> tuple[int, int]:
    said = meaning.period_s if meaning is not None else None
    period_s = said or params.period_s or 0
    if params.time_is == "start":
        return moment_s, moment_s + period_s
    return moment_s - period_s, moment_s
