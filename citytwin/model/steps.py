"""What a step declares: inputs, outputs, parameters, reach. The engine does everything else.

Five kinds of steps: formats (bytes to tables), gridders (tables to fields), simulations (fields
and records to fields), assessments (fields and tables to tables), layer recipes (to maps).
A step is one file that ends in one module-level declaration; the registry finds it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationInfo

from citytwin.errors import CityTwinError
from citytwin.model.axes import Axes, Direction, Season
from citytwin.model.checkpoints import UNWATCHED, Watch
from citytwin.model.cost import Cost
from citytwin.model.fields import Field
from citytwin.model.gauges import Gauges
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.instants import Instant
from citytwin.model.kept_figures import KeptFigures
from citytwin.model.layer import Moment, RasterView, Style, ValueRange, VectorView
from citytwin.model.notes import Fact, Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.raster import Raster, RasterRole
from citytwin.model.reach import Reach, RowReach
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.split import Split
from citytwin.model.tables import Table
from citytwin.model.text import Text
from citytwin.model.tiled import Tiled
from citytwin.model.volume import Volume

if TYPE_CHECKING:
    import pandas as pd

Array: TypeAlias = NDArray[Any]
Arrays: TypeAlias = Mapping[Field, Array]
ClassCounts: TypeAlias = Mapping[Field, Mapping[int, int]]
"""Cells by value of each field of classes (uint8)."""
ByteRange: TypeAlias = tuple[int, int]
"""Where a range of a file begins, and where it ends."""


_OF_A_GRIDDER, _OF_A_SIMULATION, _OF_AN_ASSESSMENT = (
    Cost(1.0, 40.0),
    Cost(5.0, 40.0),
    Cost(1.0, 20.0),
)
"""Costs of steps that say nothing of theirs."""


class Params(BaseModel):
    """Parameters of a step; a subclass lists them with units in their names and ranges."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class WrittenIn:
    """Where parameters stand that are checked; the context in which pydantic does so."""

    folder: Path
    """Relative paths among them lead from here."""


def folder_of(info: ValidationInfo) -> Path:
    """Folder that relative paths among parameters lead from.

    Parameters
    ----------
    info
        Of a validator of parameters.

    Returns
    -------
    Path
        That of the configuration, else of the process.
    """
    return info.context.folder if isinstance(info.context, WrittenIn) else Path()


class NoParams(Params):
    """A step without parameters."""


P = TypeVar("P", bound=Params)


# --- formats -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Dataset:
    """The files of one source, as a format sees them."""

    name: str
    """Name of the source in the configuration."""
    root: Path
    """Folder that no reference may leave (code lists, images)."""
    files: tuple[Path, ...]
    """Files to read, sorted by name; a path may lead into an archive, so they are opened with
    :func:`citytwin.transports.files.open_binary`."""
    target_crs: str
    """Metric CRS of the city; tables come out in it."""
    time_zone: str
    """Zone of time stamps that name none and whose format defines none."""
    source_crs: str | None = None
    """CRS given by the user for files that name none."""
    synthetic: bool = False
    """Whether the user declares the source as generated rather than measured."""
    part: ByteRange | None = None
    """Range to read of the only file; None = all of it."""


class NotApartError(CityTwinError):
    """A range of a file that means nothing without the rest: the file must be read as a whole."""


@dataclass(frozen=True)
class Decoded:
    """What a format got out of a data set."""

    tables: Mapping[Table, pd.DataFrame] = field(default_factory=dict)
    rasters: Mapping[RasterRole, Raster] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class Format(Generic[P]):
    """Reads one kind of file into tables."""

    name: str
    title: Text
    patterns: tuple[str, ...]
    """Names of files taken from a folder or archive, such as ``*.gml``."""
    produces: tuple[Table | RasterRole, ...]
    params: type[P]
    read: Callable[[Dataset, P], Decoded]
    observes: tuple[ObservedProperty, ...] | None = None
    """Properties that its observations can be of; None = any."""
    by_file: Callable[[P], bool] = lambda _params: False
    """Whether, with these parameters, no file says anything about another: reading them one by
    one gives, in their order, the rows, rejects and notes of reading them at once. The engine
    then reads them side by side, adds up counts, and settles ids that files share."""
    decode: Callable[[bytes, str, int, P], object] | None = None
    """From one payload, its name, and when it was fetched [s since 1970] to a
    :class:`citytwin.formats.observations.Batch`, without files; None where a payload means nothing
    without others."""
    ranges: Callable[[Path, int], Sequence[ByteRange] | None] | None = None
    """From a file and a size in bytes: ranges of about that size that can be read apart, in
    order; None where it must be read as a whole. Reading a range (`Dataset.part`) may still
    raise `NotApartError`. A file that is the only one of its source has ranges even where files
    say something about each other."""
    density: int = 1
    """How many times as much memory as for CityGML a byte of its files takes; ranges are smaller
    by as much."""
    code_lists: bool = False
    """Whether a file may name code lists anywhere in its data set: any other file of XML there that
    looks like one counts then."""
    contents: Callable[[Path], str] | None = None
    """What a file holds, in a line, for formats whose files need no CRS or parameters to tell; it
    raises `SourceError` where `read` would. None where the first bytes are all that is looked at."""


def always(_params: Params) -> bool:
    """Whatever the parameters are."""
    return True


# --- gridders ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class GridTask:
    """One tile of the grid with the rows of the tables that can reach it."""

    grid: GridSpec
    tile: Tile
    tables: Mapping[Table, pd.DataFrame]
    """Rows in their original order, which may matter; their numbers, in the index, must not. They are
    read when they are asked for: what a tile does not look at may change without making it anew."""
    rasters: Mapping[RasterRole, tuple[Raster, ...]]
    fields: Arrays
    """Input fields, cut to the tile."""
    records: Mapping[ObservedProperty, Record] = field(default_factory=dict)
    """Observed properties, such as the wind that the city has."""


@dataclass(frozen=True)
class Outcome:
    """Fields made by a gridder or simulation, with what must be said about them."""

    fields: Arrays
    facts: tuple[Fact, ...] = ()
    """Figures about the whole result; only for steps whose reach is the domain."""
    notes: tuple[Note, ...] = ()
    """Remarks; the same for every tile, so without figures of the tile."""
    valid_time: datetime | None = None
    """Time (aware, UTC) that the result is about; None = that of the inputs."""
    gauges: Gauges | None = None
    """Water at places that were asked for, for runs on bare rasters."""


@dataclass(frozen=True)
class Gridder(Generic[P]):
    """Brings tables onto the grid, tile by tile; the same bits for any tiling."""

    name: str
    title: Text
    inputs: tuple[Table | RasterRole | Field | ObservedProperty, ...]
    outputs: tuple[Field, ...]
    params: type[P]
    margin_m: Callable[[P, float], float]
    """From parameters and cell size [m]: rows whose box lies within this distance of the tile
    are handed over [m]."""
    run: Callable[[GridTask, P], Outcome]
    optional: tuple[Table | RasterRole | Field | ObservedProperty, ...] = ()
    any_of: tuple[Table | RasterRole | Field | ObservedProperty, ...] = ()
    """Optional inputs of which a city must have at least one."""
    summary: Callable[[ClassCounts], tuple[tuple[Fact, ...], tuple[Note, ...]]] | None = None
    """From the cells of each class of its class fields over the whole city: figures and remarks,
    which a tile cannot know."""
    directions: Callable[[P], tuple[Direction, ...]] = lambda _params: ()
    """Directions of the outputs by direction, each once; none where no output is by direction."""
    reach: RowReach[P] | None = None
    """How far a row matters; its input fields matter in their own cells. None: whatever changes
    within the margin, all of a tile is made anew."""
    remarks: Callable[[GridTask, P], tuple[Note, ...]] | None = None
    """Remarks with figures of a tile, from the rows that touch it: `run` may make a part of it."""
    cost: Cost = _OF_A_GRIDDER

    def axes(self, params: P) -> Axes:
        """Coordinates of the outputs that have a leading axis."""
        return Axes(directions=self.directions(params))


# --- simulations -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Block:
    """What a simulation sees: plain arrays of one padded tile, and where it lies."""

    arrays: Arrays
    """Shape (ny, nx) each, of a field by direction (n_dir, ny, nx)."""
    records: Mapping[ObservedProperty, Record]
    grid: GridSpec
    """The whole city's grid."""
    window: Tile
    """Which cells of it the arrays cover."""
    site: Site
    watch: Watch = UNWATCHED
    """Whom long runs tell how far they are, and what keeps their state."""
    directions: Mapping[Field, tuple[Direction, ...]] = field(default_factory=dict)
    """Of the arrays by direction: where the wind comes from, in the order of the leading axis."""
    tables: Mapping[Table, pd.DataFrame] = field(default_factory=dict)
    """Tables, such as images of rain; all their rows, whatever the window."""
    threads: int = 1
    """Threads that a long run may use; their number changes no bit of its result."""
    core: Tile | None = None
    """Cells whose results are wanted; None = all. Fields may be made of the core alone, or of the
    window with anything outside the core."""

    def __getitem__(self, key: Field) -> Array:
        return self.arrays[key]

    def get(self, key: Field) -> Array | None:
        """Return an optional field, or None where the city has none."""
        return self.arrays.get(key)

    @property
    def cell_m(self) -> float:
        """Cell size [m]."""
        return self.grid.cell_m

    @property
    def inner(self) -> tuple[slice, slice]:
        """Rows and columns of the arrays whose results are wanted."""
        return (self.core or self.window).within(self.window)

    @property
    def row0(self) -> int:
        """Global row of the first row of the arrays."""
        return self.window.row0

    @property
    def col0(self) -> int:
        """Global column of the first column of the arrays."""
        return self.window.col0


@dataclass(frozen=True)
class Case(Generic[P]):
    """One of several events, of which only one comes at a time."""

    name: str
    params: P


@dataclass(frozen=True)
class Ensemble(Generic[P]):
    """How the parameters of a simulation hold several cases, of which the worst counts."""

    cases: Callable[[P], Sequence[Case[P]]]
    hint: str
    """What parameters that hold no cases lack."""
    least: tuple[Field, ...] = ()
    """Outputs of which the smallest value is the worst, such as times of arrival; of the others
    it is the largest."""


@dataclass(frozen=True)
class OnDemand(Generic[P]):
    """Values in three dimensions for one direction of the wind, which no run makes by itself."""

    make: Callable[[Block, P, Direction], Volume]
    bytes_of: Callable[[P, GridSpec], float]
    """About how many bytes they take before they are compressed."""


StepInput: TypeAlias = Field | ObservedProperty | Table
"""Tables are handed over whole: they are few rows, such as images of rain."""


@dataclass(frozen=True)
class Simulation(Generic[P]):
    """A physical model on the grid."""

    name: str
    title: Text
    inputs: tuple[StepInput, ...]
    outputs: tuple[Field, ...]
    params: type[P]
    reach: Reach
    run: Callable[[Block, P], Outcome]
    optional: tuple[StepInput, ...] = ()
    also_needs: Callable[[P], tuple[StepInput, ...]] = lambda _params: ()
    """Which of the optional inputs these parameters cannot do without."""
    ignores: Callable[[P], tuple[StepInput, ...]] = lambda _params: ()
    """Which of the optional inputs these parameters make no use of; the result does not descend
    from them."""
    window: Callable[[P], tuple[datetime, datetime] | None] = lambda _params: None
    """Time that these parameters look at in the records; None = all that was recorded."""
    of_the_moment: Callable[[P], bool] = lambda _params: False
    """Whether these parameters ask for the latest of the records: the step is handed what had ended by
    the time of the run, with the lag of each record. Nothing else tells it what time it is."""
    instants: Callable[[P, Site], tuple[Instant, ...]] = lambda _params, _site: ()
    """Moments of the outputs over time, ascending; none where no output is over time."""
    directions: Callable[[P], tuple[Direction, ...]] = lambda _params: ()
    """Directions of the outputs by direction, each once; none where no output is by direction."""
    seasons: Callable[[P], tuple[Season, ...]] = lambda _params: ()
    """Seasons of the outputs by season, each once; none where no output is by season."""
    makes: Callable[[P], tuple[Field, ...]] | None = None
    """Those of the outputs that these parameters ask for; None = all."""
    cost: Cost = _OF_A_SIMULATION
    cost_of: Callable[[P, float], Cost] | None = None
    """The cost where parameters and cell size [m] change it."""
    tiled: Tiled | None = None
    """How it runs in tiles where its reach is the domain; the same bits."""
    split: Split | None = None
    """How it is cut into pieces that workers share where its reach is the domain; the same bits."""
    ensemble: Ensemble[P] | None = None
    """Where many cases can be asked for at once."""
    on_demand: OnDemand[P] | None = None
    """Where it can give values in three dimensions."""

    def required(self, params: P) -> tuple[StepInput, ...]:
        """Inputs that a run with these parameters needs."""
        return (*self.inputs, *self.also_needs(params))

    def axes(self, params: P, site: Site) -> Axes:
        """Coordinates of the outputs that have a leading axis."""
        return Axes(self.instants(params, site), self.directions(params), self.seasons(params))

    def made(self, params: P) -> tuple[Field, ...]:
        """Outputs of a run with these parameters."""
        return self.outputs if self.makes is None else self.makes(params)


# --- assessments -------------------------------------------------------------------------------
@dataclass(frozen=True)
class CityState:
    """The whole city, for assessments."""

    grid: GridSpec
    fields: Arrays
    tables: Mapping[Table, pd.DataFrame]
    time_zone: str = "UTC"
    """IANA name of the zone in which local dates are meant."""
    directions: Mapping[Field, tuple[Direction, ...]] = field(default_factory=dict)
    """Of the fields by direction: where the wind comes from, in the order of the leading axis."""
    records: Mapping[ObservedProperty, Record] = field(default_factory=dict)
    """What one sensor each observed over time, where the step asks for the property."""
    figures: KeptFigures = field(default_factory=KeptFigures)
    """Figures of places that need not be found again."""
    before: Callable[[Sequence[str]], pd.DataFrame | None] = lambda _columns: None
    """Reads columns of the table that the step has made with the figures of before, none of them a
    geometry; None where there is none."""

    def __getitem__(self, key: Field) -> Array:
        return self.fields[key]

    @property
    def site(self) -> Site:
        """Where on Earth the city is."""
        return Site.of(self.grid, self.time_zone)

    def table(self, key: Table) -> pd.DataFrame:
        """Return a table by its schema."""
        return self.tables[key]


@dataclass(frozen=True)
class Assessed:
    """Table made by an assessment."""

    frame: pd.DataFrame
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    valid_time: datetime | None = None
    """Time (aware, UTC) that the table is about; None = that of the inputs."""
    used: Mapping[Table, frozenset[str]] = field(default_factory=dict)
    """For tables whose rows name their source: the sources of the rows that were used. The
    result descends from these alone; of a table not named here it descends from every source."""


@dataclass(frozen=True)
class Assessment(Generic[P]):
    """Says what fields mean for buildings, roads and people."""

    name: str
    title: Text
    inputs: tuple[StepInput, ...]
    output: Table
    params: type[P]
    run: Callable[[CityState, P], Assessed]
    optional: tuple[StepInput, ...] = ()
    observes: tuple[ObservedProperty, ...] = ()
    """Properties whose observations it reads, where it reads those of some only."""
    concerns: tuple[Table, ...] = ()
    """Tables that its losses speak of: they are told on every layer made from the same sources."""
    on_request: bool = False
    """Whether it runs only where the configuration lists it, as simulations do."""
    cost: Cost = _OF_AN_ASSESSMENT


# --- layers ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class LayerRecipe:
    """Turns a field or a table into a map layer."""

    id: str
    order: float
    """Low numbers are drawn first, and listed first within their group; a group stands in the layer
    list where its first layer does."""
    group: str
    title: Text
    summary: Text
    """What the layer shows, how it was made and how far to trust it, in two sentences."""
    view: RasterView | VectorView
    style: Callable[[ValueRange], Style]
    visible: bool = False
    simulation: bool = True
    """Whether the disclaimer of simulations belongs on it."""
    moment: Moment = "state"
    """What its valid time is; it stands over the legend, on the screen and on paper."""
    conditions: tuple[str, ...] = ()
    """Layers on whose days and events it stands, where it has none of its own."""


Step: TypeAlias = Format[Any] | Gridder[Any] | Simulation[Any] | Assessment[Any] | LayerRecipe
