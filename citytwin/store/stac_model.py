"""Documents of a static STAC 1.1.0 catalogue."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Key

from citytwin.model.layer import Classification
from citytwin.model.notes import Fact, Note
from citytwin.model.text import Text

VERSION = "1.1.0"
PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
RASTER = "https://stac-extensions.github.io/raster/v2.0.0/schema.json"
PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"


class _Stac(BaseModel):
    model_config = ConfigDict(frozen=True, validate_by_name=True, serialize_by_alias=True)

    def text(self) -> str:
        """Return the JSON document; keys without a value are left out."""
        return self.model_dump_json(exclude_none=True, indent=1) + "\n"


class Link(_Stac):
    """A relative link to another document of the catalogue."""

    rel: Literal["root", "parent", "child", "collection", "item"]
    href: str
    type: str = "application/json"
    title: str | None = None


class Statistics(_Stac):
    """Figures of a band over all cells with data."""

    minimum: float
    maximum: float
    mean: float
    stddev: float
    valid_percent: float


class Band(_Stac):
    """The one band of a raster."""

    name: str
    description: str
    data_type: str
    nodata: float
    unit: str
    statistics: Statistics | None = None
    """None where the band holds no data at all."""
    spatial_resolution: float = Key(alias="raster:spatial_resolution")
    sampling: Literal["area"] = Key(default="area", alias="raster:sampling")


class Asset(_Stac):
    """A file of the layer's folder."""

    href: str
    title: str
    type: str
    roles: tuple[str, ...]
    size: int = Key(alias="file:size")
    checksum: str = Key(alias="file:checksum")
    classification: Classification = Key(alias="citytwin:classification")
    when: str | None = Key(default=None, alias="datetime")
    """Moment that the file holds, where the layer has several."""
    bands: tuple[Band, ...] | None = None


class Input(_Stac):
    """A source that the layer was made from."""

    href: str
    sha256: str
    title: str
    licence: str
    synthetic: bool


class ItemProperties(_Stac):
    """What an item says of a layer and its run."""

    when: str = Key(alias="datetime")
    begin: str | None = Key(default=None, alias="start_datetime")
    """First moment of a layer over time."""
    end: str | None = Key(default=None, alias="end_datetime")
    """Its last moment."""
    created: str
    title: str
    description: str
    license: str
    proj_code: str = Key(alias="proj:code")
    proj_shape: tuple[int, int] = Key(alias="proj:shape")
    proj_transform: tuple[float, float, float, float, float, float] = Key(alias="proj:transform")
    software: dict[str, str] = Key(alias="processing:software")
    lineage: str = Key(alias="processing:lineage")
    run_id: str = Key(alias="citytwin:run_id")
    config_sha256: str = Key(alias="citytwin:config_sha256")
    inputs: tuple[Input, ...] = Key(alias="citytwin:inputs")
    classification: Classification = Key(alias="citytwin:classification")
    fingerprint: str = Key(alias="citytwin:fingerprint")
    licence: str = Key(alias="citytwin:licence")
    disclaimer: Text | None = Key(default=None, alias="citytwin:disclaimer")
    synthetic: bool = Key(alias="citytwin:synthetic")
    notes: tuple[Note, ...] = Key(alias="citytwin:notes")
    facts: tuple[Fact, ...] = Key(alias="citytwin:facts")
    vertical_datum: Text = Key(alias="citytwin:vertical_datum")


class Polygon(_Stac):
    """Footprint in longitude and latitude."""

    type: Literal["Polygon"] = "Polygon"
    coordinates: tuple[tuple[tuple[float, float], ...], ...]


class Item(_Stac):
    """One run of one layer."""

    type: Literal["Feature"] = "Feature"
    stac_version: str = VERSION
    stac_extensions: tuple[str, ...]
    id: str
    collection: str
    bbox: tuple[float, float, float, float]
    geometry: Polygon
    properties: ItemProperties
    assets: dict[str, Asset]
    links: tuple[Link, ...]


class SpatialExtent(_Stac):
    """Boxes of a collection: the whole first."""

    bbox: tuple[tuple[float, float, float, float], ...]


class TemporalExtent(_Stac):
    """Begin and end of a collection."""

    interval: tuple[tuple[str, str], ...]


class CollectionExtent(_Stac):
    """Where and when."""

    spatial: SpatialExtent
    temporal: TemporalExtent


class Collection(_Stac):
    """All runs of one layer."""

    type: Literal["Collection"] = "Collection"
    stac_version: str = VERSION
    id: str
    title: str
    description: str
    license: str
    extent: CollectionExtent
    classification: Classification = Key(default="secret", alias="citytwin:classification")
    """Highest of all its items."""
    links: tuple[Link, ...]


class Catalog(_Stac):
    """All layers of a city."""

    type: Literal["Catalog"] = "Catalog"
    stac_version: str = VERSION
    id: str
    title: str
    description: str
    links: tuple[Link, ...]
