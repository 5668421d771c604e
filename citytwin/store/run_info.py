"""What is said of a run beside its layers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from citytwin.model.layer import CityName, Classification, Publication, View
from citytwin.model.text import Text


@dataclass(frozen=True)
class RunInfo:
    """A run, and the city it describes."""

    run_id: str
    """``YYYYMMDDTHHMMSSZ`` in UTC."""
    published: datetime
    """When it is published (aware)."""
    config_sha256: str
    city: CityName
    crs: str
    vertical_datum: Text
    time_zone: str
    view: View
    classification: Classification
    synthetic: bool
    publication: Publication = "static"
