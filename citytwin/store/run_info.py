"""What is said of a run beside its layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from citytwin.model.layer import (
    CityName,
    Classification,
    Latest,
    LayerDocument,
    Publication,
    View,
    highest,
)
from citytwin.model.text import Text


@dataclass(frozen=True)
class CityFrame:
    """What is said of a city, whatever its layers."""

    city: CityName
    crs: str
    vertical_datum: Text
    time_zone: str
    view: View
    publication: Publication = "static"

    @classmethod
    def published(cls, latest: Latest) -> Self:
        """Return that of a city as it stands published.

        Parameters
        ----------
        latest
            What its ``latest.json`` says.
        """
        return cls(
            city=latest.city,
            crs=latest.crs,
            vertical_datum=latest.vertical_datum,
            time_zone=latest.time_zone,
            view=latest.view,
            publication=latest.publication,
        )


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

    @classmethod
    def of(
        cls,
        frame: CityFrame,
        documents: Sequence[LayerDocument],
        run_id: str,
        published: datetime,
        config_sha256: str,
    ) -> Self:
        """Return a run of these layers: as protected as the most protected, synthetic if one of them is.

        Parameters
        ----------
        frame
            Of the city.
        documents
            Of all its layers.
        run_id
            ``YYYYMMDDTHHMMSSZ`` in UTC.
        published
            When it is published (aware).
        config_sha256
            Of the configuration.
        """
        return cls(
            run_id=run_id,
            published=published,
            config_sha256=config_sha256,
            city=frame.city,
            crs=frame.crs,
            vertical_datum=frame.vertical_datum,
            time_zone=frame.time_zone,
            view=frame.view,
            classification=highest([document.classification for document in documents]),
            synthetic=any(source.synthetic for one in documents for source in one.sources),
            publication=frame.publication,
        )
