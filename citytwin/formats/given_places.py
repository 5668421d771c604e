"""Where sensors are that no file of a feed places: the configuration says it."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from citytwin.formats.observations import Place, on_earth


class GivenPlace(BaseModel):
    """A sensor with its position, from the configuration."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    thing: str = Field(min_length=1, max_length=200)
    """Identifier within the feed."""
    longitude_deg: float = Field(ge=-180, le=180)
    latitude_deg: float = Field(ge=-90, le=90)
    name: str | None = Field(default=None, min_length=1, max_length=200)
    height_m: float | None = Field(default=None, gt=-100, le=1000)
    """Height of the sensor above the ground [m]."""


def places_given(given: Sequence[GivenPlace], kind: str) -> dict[str, Place]:
    """Return the sensors of a configuration by identifier.

    Parameters
    ----------
    given
        From the parameters of a format; of two with one identifier the last counts.
    kind
        What the sensors are, such as ``weather_station``.
    """
    return {
        place.thing: Place(
            thing=place.thing,
            name=place.name,
            kind=kind,
            longitude_deg=place.longitude_deg,
            latitude_deg=place.latitude_deg,
            height_m=place.height_m,
        )
        for place in given
        if on_earth(place.longitude_deg, place.latitude_deg)
    }
