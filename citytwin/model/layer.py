"""Layers: style, legend, and the documents that a published city consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, field_validator
from pydantic import Field as Key

from citytwin.model.axes import Axis
from citytwin.model.fields import Field
from citytwin.model.notes import Fact, Note
from citytwin.model.tables import Column, Table
from citytwin.model.text import Text, both_languages, text

if TYPE_CHECKING:
    import geopandas as gpd

Classification = Literal["public", "internal", "restricted", "secret"]
CLASSIFICATIONS: tuple[Classification, ...] = ("public", "internal", "restricted", "secret")
"""From least to most protected."""

Publication = Literal["static", "served"]
"""``static``: files that any web server may give to anyone, so public layers only. ``served``: a
folder that only `citytwin serve` reads, which asks of every reader what may be seen."""

Moment = Literal["state", "day", "begin"]
"""What the valid time of a layer is: the day that its data describe, the day that was computed,
or the instant at which the computed event begins."""

Rgb = tuple[int, int, int]

DISCLAIMER = text(
    "シミュレーション結果であり、公式のハザードマップではありません",
    "Simulation, not an official hazard map",
)


COMPUTED = text("シミュレーション結果であり、観測値ではありません", "Simulation, not a measurement")
"""Of simulations that nobody takes for a hazard map."""


def highest(classes: Sequence[Classification]) -> Classification:
    """Return the most protected of several classifications; ``secret`` when there is none.

    Parameters
    ----------
    classes
        Classifications of everything that a result was made from.
    """
    return max(classes, key=CLASSIFICATIONS.index, default="secret")


def is_within(classification: Classification, limit: Classification) -> bool:
    """Whether something is protected no more than a limit.

    Parameters
    ----------
    classification
        Of the thing.
    limit
        The most protected classification that is still within.
    """
    return CLASSIFICATIONS.index(classification) <= CLASSIFICATIONS.index(limit)


class _Document(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True
    )


class StyleItem(_Document):
    """One class, or one stop of a ramp: values in [min, max)."""

    min: float | None
    """None = open downwards."""
    max: float | None
    """None = open upwards."""
    rgb: Rgb
    label: Text
    transparent: bool = False
    """Not drawn on the map (dry ground); still in the legend."""


class Style(_Document):
    """The one source of a layer's colours: QML, SLD, colour table, legend and map come from it."""

    kind: Literal["class", "ramp"]
    """``class`` paints bins flat; ``ramp`` blends from the middle of one bin to the next."""
    unit: str
    title: Text
    items: tuple[StyleItem, ...]


class LayerColumn(_Document):
    """A column shown when a feature is clicked."""

    name: str
    label: Text
    unit: str = ""
    precision: float = 0.01
    values: dict[str, Text] | None = None
    """Wording of coded values."""
    missing: dict[str, Text] | None = None
    """What a missing value means, by the value of the column that colours the features."""


class Extrusion(_Document):
    """Which columns give the height and the base of extruded features [m]."""

    height: str
    base: str | None = None


class ImageAsset(_Document):
    """Picture of a raster layer in Web Mercator."""

    href: str
    bounds: tuple[float, float, float, float]
    """West, south, east, north [degrees]."""


class ValuesAsset(_Document):
    """Gzipped uint16 values of a raster layer, on the same box as its picture."""

    href: str
    dtype: Literal["uint16"] = "uint16"
    scale: float
    offset: float
    nodata: int = 65535
    width: int
    height: int
    mercator_bounds: tuple[float, float, float, float]
    """xmin, ymin, xmax, ymax [m] in EPSG:3857."""


class FrameAsset(_Document):
    """One moment, one direction of the wind, or one season of a raster layer."""

    time: str | None = None
    """ISO 8601 instant in UTC."""
    from_deg: float | None = None
    """Where the wind comes from, clockwise from true north [degrees]."""
    months: tuple[int, ...] | None = None
    """Months of the season, 1 to 12, as they follow each other."""
    said: Text | None = None
    """What holds then, such as where the sun stands; of a direction or season its name."""
    data: str
    """GeoTIFF."""
    image: ImageAsset
    values: ValuesAsset

    @property
    def axis(self) -> Axis:
        """What it is one of."""
        if self.time is not None:
            return "time"
        return "direction" if self.months is None else "season"


class SourceCredit(_Document):
    """An input that a layer was made from."""

    title: Text
    """A plain text stands for both languages."""
    sha256: str
    """Of its file; of several files, that of their list: what ``sha256sum FILES | sha256sum``
    says at the root of the source, the files in the order of ``inputs.json``."""
    licence: str
    synthetic: bool

    @field_validator("title", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return both_languages(value)


class InputFile(_Document):
    """A file that a layer was made from: an entry of ``inputs.json``."""

    href: str
    """Name, relative to the root of its source."""
    sha256: str
    title: Text
    """Of the source."""
    licence: str
    synthetic: bool


class FileAsset(_Document):
    """A file that a reader of the map can download."""

    href: str
    type: str
    title: Text


class Extent(_Document):
    """Grid that a layer was computed on, and the box of all that it shows."""

    crs: str
    shape: tuple[int, int]
    """Rows and columns."""
    transform: tuple[float, float, float, float, float, float]
    """a, b, c, d, e, f of x = a col + b row + c, y = d col + e row + f [m]."""
    bounds: tuple[float, float, float, float]
    """West, south, east, north [degrees]."""
    outline: tuple[tuple[float, float], ...] = ()
    """Rim of the grid as a closed ring: longitudes and latitudes [degrees]."""


class LayerDocument(_Document):
    """``layer.json``: all that the map page, the twin and the catalogue know of a layer."""

    schema_: Literal["citytwin-layer/1"] = Key(default="citytwin-layer/1", alias="schema")
    id: str
    kind: Literal["raster", "vector"]
    group: str
    title: Text
    summary: Text
    unit: str
    precision: float
    visible: bool
    style: str
    image: ImageAsset | None = None
    values: ValuesAsset | None = None
    frames: tuple[FrameAsset, ...] = ()
    """Moments of a layer over time, ascending, directions or seasons; `image` and `values` are those
    of `opening`."""
    opening: int = 0
    """Number of the frame that the map page opens on."""
    outlines: str | None = None
    """Vector tiles with the lines between the classes of a raster layer."""
    blank: Text | None = None
    """What stands where a raster layer has no data."""
    pmtiles: str | None = None
    geometry: Literal["point", "line", "polygon"] | None = None
    extrude: Extrusion | None = None
    thin: bool = False
    """Whether lines are drawn finely, as in a diagram, not as broad as a road."""
    directed: bool = False
    """Whether lines lead somewhere: arrows show where to, and on the map page they move."""
    style_column: str | None = None
    id_column: str | None = None
    columns: tuple[LayerColumn, ...] = ()
    notes: tuple[Note, ...]
    facts: tuple[Fact, ...]
    classification: Classification
    lowered_from: Classification | None = None
    """Highest classification of its sources, where a named rule has lowered it."""
    valid_time: str
    """ISO 8601 instant of the data in UTC, not of the run."""
    moment: Moment = "state"
    conditions: tuple[str, ...] = ()
    """Layers whose days and events this one stands on."""
    licence: str
    sources: tuple[SourceCredit, ...]
    vertical_datum: Text | None = None
    """What heights are counted from."""
    disclaimer: Text
    files: tuple[FileAsset, ...]
    extent: Extent | None = None
    fingerprint: str
    """Digest of the content, the grid, and the code that wrote it: equal fingerprints, equal
    files, whatever the tiles and the workers."""

    @property
    def named_files(self) -> tuple[str, ...]:
        """Files that the map page and its readers ask for."""
        assets = [asset.href for asset in (self.image, self.values) if asset is not None]
        for frame in self.frames:
            assets += [frame.data, frame.image.href, frame.values.href]
        return (self.style, *(file.href for file in self.files), *dict.fromkeys(assets))


class PublishedLayer(_Document):
    """Entry of ``latest.json``."""

    id: str
    run_id: str
    path: str
    checksum: str
    """``sha256:`` of the names and hashes of the files in the folder."""
    item: str = ""
    """``sha256:`` of its ``item.json``, which names the run and so is no part of the content."""


class CityName(_Document):
    """Identifier and title of a city."""

    id: str
    title: Text


class View(_Document):
    """Where the map opens."""

    bounds: tuple[float, float, float, float]
    """West, south, east, north [degrees]."""


class Latest(_Document):
    """``latest.json``: the one file that says which run of each layer stands published."""

    schema_: Literal["citytwin-latest/1"] = Key(default="citytwin-latest/1", alias="schema")
    city: CityName
    run_id: str
    published: str
    time_zone: str
    crs: str
    vertical_datum: Text
    classification: Classification
    synthetic: bool
    view: View
    layers: tuple[PublishedLayer, ...]
    live: str | None = None
    """File of live values beside the map, where a twin runs or ran."""
    publication: Publication = "static"


@dataclass(frozen=True)
class ValueRange:
    """Smallest and largest value of a field, for styles that follow the data."""

    low: float
    high: float
    ninths: tuple[float, ...] = ()
    """Values below which one, two, ... eight ninths of the cells lie; none where not counted."""


@dataclass(frozen=True)
class Attribute:
    """How a column of a vector layer is named and rounded on the map."""

    column: str
    label: Text
    precision: float = 0.01
    values: tuple[tuple[str, Text], ...] = ()
    missing: tuple[tuple[str, Text], ...] = ()
    """What a missing value means, by the value of the column that colours the features."""


@dataclass(frozen=True)
class Derived:
    """Table made for the map from the rows of another: classes, one row per sensor."""

    columns: tuple[Column, ...]
    """All columns of the rows shown, geometry included."""
    make: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
    """Pure; leaves the rows it is given unchanged."""


def rows_of_kind(table: Table, kind: str, columns: Sequence[str]) -> Derived:
    """Show the rows of one kind of a table that holds several, such as the lines of a diagram.

    Parameters
    ----------
    table
        With a column ``kind``.
    kind
        Of the rows shown.
    columns
        Those shown, geometry included, in the order of the table.
    """

    def make(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return rows.loc[(rows["kind"] == kind).to_numpy(dtype=bool), list(columns)]

    return Derived(tuple(column for column in table.columns if column.name in columns), make)


@dataclass(frozen=True)
class VectorView:
    """What a layer made from a table shows."""

    table: Table
    id_column: str
    style_column: str
    attributes: tuple[Attribute, ...]
    extrude: Extrusion | None = None
    thin: bool = False
    """Whether lines are drawn finely, as in a diagram, not as broad as a road."""
    directed: bool = False
    """Whether lines lead somewhere, from their first point to their last, as streamlines do."""
    derived: Derived | None = None
    """None where the rows are shown as the table has them."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """Columns of the rows that the layer delivers."""
        return self.table.columns if self.derived is None else self.derived.columns


Coarsening = Literal["average", "max", "min"]
"""What a coarser cell says of the cells that it stands for."""


BUILDING = text("建物", "building")
"""What stands where fields of the open air have no data."""


@dataclass(frozen=True)
class RasterView:
    """What a layer made from a field shows."""

    field: Field
    coarsening: Coarsening = "average"
    """``max`` for hazards, so that a peak does not fade when the map is zoomed out."""
    class_outlines: bool = False
    """Draw dark lines between classes whose colours differ little."""
    blank: Text | None = None
    """What stands where the field has no data, such as a building."""
