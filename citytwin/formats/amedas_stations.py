"""Where AMeDAS stations are: the station table of JMA, and what the configuration adds."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from citytwin.formats.feed_json import Node, parse
from citytwin.formats.observations import Place, says_synthetic

TABLE_NAME = "amedastable.json"
STATION_CRS = "EPSG:6668"
"""JGD2011, in which JMA gives positions."""
REMARKS = frozenset({"generator", "note", "description"})
"""Keys beside the station codes that tell where a file comes from."""


class StationPosition(BaseModel):
    """Where a station is that no station table names, or better than the table knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(pattern=r"^[0-9A-Za-z_-]{1,16}$")
    name: str = Field(min_length=1, max_length=80)
    longitude_deg: float = Field(ge=-180, le=180)
    latitude_deg: float = Field(ge=-90, le=90)
    anemometer_height_m: float | None = Field(default=None, gt=0, le=300)
    """Above the ground; AMeDAS masts differ (Tokyo 35 m), so none is assumed."""


@dataclass(frozen=True)
class Station:
    """A station with its place."""

    place: Place
    synthetic: bool
    """Whether one of its names, or a remark of its table, says so."""


def decode_table(raw: bytes, file: str) -> dict[str, Station]:
    """Decode ``amedastable.json``: degrees and minutes, names in three scripts.

    Parameters
    ----------
    raw
        JSON object by station code.
    file
        Name of the file, for messages.

    Returns
    -------
    dict
        Stations by code.

    Raises
    ------
    SourceError
        If it is no station table; the message names the station.
    """
    document = parse(raw, file)
    remarks = [str(node.value) for key, node in document.members() if key in REMARKS]
    stations = {}
    for code, station in document.members():
        if code in REMARKS:
            continue
        found = [station.find(key) for key in ("kjName", "knName", "enName")]
        names = [node.text() for node in found if node is not None]
        place = Place(
            thing=code,
            name=names[0] if names else None,
            kind="weather_station",
            longitude_deg=_degrees(station.member("lon"), 180.0),
            latitude_deg=_degrees(station.member("lat"), 90.0),
        )
        stations[code] = Station(place, says_synthetic([code, *names, *remarks]))
    return stations


def _degrees(pair: Node, limit_deg: float) -> float:
    parts = [part.number() for part in pair.items()]
    if len(parts) != 2 or not 0.0 <= parts[1] < 60.0 or not 0.0 <= parts[0] <= limit_deg:
        raise pair.error("expected [degrees, minutes]")
    return parts[0] + parts[1] / 60.0


def station_at(given: StationPosition) -> Station:
    """Return a station where the configuration says it is.

    Parameters
    ----------
    given
        Position, name and height of the mast.
    """
    place = Place(
        thing=given.code,
        name=given.name,
        kind="weather_station",
        longitude_deg=given.longitude_deg,
        latitude_deg=given.latitude_deg,
        height_m=given.anemometer_height_m,
    )
    return Station(place, says_synthetic([given.code, given.name]))
