"""Declaration of the format ``footprints``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from citytwin.errors import SourceError
from citytwin.formats.city.batch import read_files
from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.defects import with_defects
from citytwin.formats.city.duplicates import without_duplicates
from citytwin.formats.city.frames import building_frame, surface_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.summary import note_buildings
from citytwin.formats.data_set import SHAPEFILE_COMPANIONS
from citytwin.formats.footprints.lengths import Unit
from citytwin.formats.footprints.reader import FootprintReader, GeometryZ, Wanted
from citytwin.formats.footprints.usual import UsualHeights
from citytwin.formats.vector.row_ranges import DENSITY, row_ranges
from citytwin.model.grid import Bounds
from citytwin.model.notes import Severity
from citytwin.model.steps import Dataset, Decoded, Format, NotApartError, Params
from citytwin.model.tables import BUILDINGS, DEFECTS, SURFACES
from citytwin.model.text import text
from citytwin.transports.files import content_name

Box = tuple[float, float, float, float]


class FootprintParams(Params):
    """Which columns carry what, and what counts where nothing is recorded.

    The height of a building is the recorded one, else roof minus ground elevation, else storeys
    times `storey_m`, else that of `unknown_height`.
    """

    layer: str | None = None
    """Layer of the file; the first when not given."""
    detect: bool = True
    """Whether the columns of Overture, 3DBAG, BAG and OpenStreetMap are recognised by their names;
    columns named below count before them."""
    id_column: str | None = None
    """Identifier; the number of the row when not given."""
    stable_key_column: str | None = None
    """Identifier that outlives a release; a hash of the outline when not given."""
    height_column: str | None = None
    """Height above the ground [height_unit]."""
    storeys_column: str | None = None
    ground_column: str | None = None
    """Elevation of the ground [height_unit]; 0 counts as unknown, as in every outline."""
    roof_column: str | None = None
    """Elevation of the roof [height_unit]; needs `ground_column` or a height to be of use."""
    usage_column: str | None = None
    height_unit: Unit | None = None
    """Unit of numbers in these columns: m, ft or us_ft; metres when not given, except that columns
    whose names speak of feet are then refused. Texts such as ``40 ft`` carry their own."""
    storey_m: float = Field(default=3.0, ge=2.0, le=6.0, allow_inf_nan=False)
    """Height of a storey [m]."""
    unknown_height: Literal["median", "flat"] = "median"
    """Buildings without height and storeys: the median of their region, or flat."""
    region_m: float = Field(default=1000.0, ge=50, le=100_000, allow_inf_nan=False)
    """Side of the square regions [m]; one with under ten known heights takes the median of all."""
    geometry_z: GeometryZ = "ignored"
    """What the heights of vertices are, where no column gives an elevation: producers differ."""
    bounds: Box | None = None
    """West, south, east, north [m] in the city's CRS: only buildings that touch it are read."""

    @field_validator("bounds")
    @classmethod
    def _rising(cls, value: Box | None) -> Box | None:
        if value is not None and not (value[0] < value[2] and value[1] < value[3]):
            msg = "west must lie below east, and south below north"
            raise ValueError(msg)
        return value

    def wanted(self) -> Wanted:
        """What the readers of the files are told."""
        return Wanted(
            layer=self.layer,
            columns={
                "id": self.id_column,
                "stable_key": self.stable_key_column,
                "height": self.height_column,
                "storeys": self.storeys_column,
                "ground": self.ground_column,
                "roof": self.roof_column,
                "usage": self.usage_column,
            },
            detect=self.detect,
            unit=self.height_unit,
            storey_m=self.storey_m,
            geometry_z=self.geometry_z,
            bounds=Bounds(*self.bounds) if self.bounds is not None else None,
        )


def _site(path: Path, dataset: Dataset) -> FileSite:
    crs, given = dataset.target_crs, dataset.source_crs
    return FileSite(path.name, crs, given, east_first=True, metric_heights=True)


def _usual(dataset: Dataset, params: FootprintParams) -> UsualHeights:
    """Known heights of all files; a file that cannot be read is refused when it is read again."""
    usual = UsualHeights(params.region_m)
    for path in dataset.files:
        try:
            FootprintReader.open(path, _site(path, dataset), params.wanted()).survey(usual)
        except SourceError:
            continue
    usual.finish()
    return usual


def _read_one(
    path: Path,
    dataset: Dataset,
    params: FootprintParams,
    usual: UsualHeights | None,
    ledger: Ledger,
) -> tuple[FootprintReader, list[BuildingRow]]:
    site = _site(path, dataset)
    reader = FootprintReader.open(path, site, params.wanted())
    if dataset.part is not None:
        reader.file = reader.file.part(dataset.part)
    rows = list(reader.rows(usual, ledger))
    if dataset.part is not None and site.misplaced and not site.placed:
        msg = f"{path.name}: no building of a range lies in its CRS"
        raise NotApartError(msg)  # whether the CRS is at fault, all of the file tells
    site.finish(ledger)
    return reader, rows


def _tell_columns(readers: Sequence[FootprintReader], ledger: Ledger) -> None:
    for reader in readers:
        if not reader.known:
            continue
        listed = ", ".join(
            f"{role} = {' / '.join(columns)}" for role, columns in reader.columns.items()
        )
        ledger.note(
            "info",
            f"{reader.site.source} の列を {reader.known} のものとして読みました: {listed}",
            f"columns of {reader.site.source} read as those of {reader.known}: {listed}",
        )


_TOLD: tuple[tuple[str, Severity, str, str], ...] = (
    (
        "height-assumed",
        "fallback",
        "建物 {count} 棟は高さも階数も記録がないため、地域の中央値を高さとしました",
        "{count} buildings record neither height nor storeys and have the median height of "
        "their region",
    ),
    (
        "height-from-storeys",
        "fallback",
        "建物 {count} 棟の高さは階数から推定しました",
        "the height of {count} buildings is estimated from their storeys",
    ),
    (
        "underside-ignored",
        "fallback",
        "建物 {count} 棟は地面から浮いた部分ですが、地面まであるものとして扱います",
        "{count} buildings begin above the ground, and are taken to reach down to it",
    ),
    (
        "underground",
        "info",
        "地下の建物 {count} 棟は含めていません",
        "{count} buildings below the ground are left out",
    ),
    (
        "z-ignored",
        "info",
        "建物 {count} 棟の頂点の高さは使いません（`geometry_z` で指定できます）",
        "heights of vertices of {count} buildings are not used (see `geometry_z`)",
    ),
)
"""Mark of buildings, and what is said of their number."""


def _tell(counts: Counter[str], rows: Sequence[BuildingRow], ledger: Ledger) -> None:
    marks = counts + Counter(mark for row in rows for mark in row.defects)
    for mark, severity, ja, en in _TOLD:
        if number := marks[mark]:
            ledger.note(severity, ja, en, number)


def read(dataset: Dataset, params: FootprintParams) -> Decoded:
    """Read building outlines of vector files, or a range of one, and raise each to a block.

    Parameters
    ----------
    dataset
        The files.
    params
        Which columns carry what.

    Raises
    ------
    SourceError
        If no file can be used.
    NotApartError
        If the range means nothing without the rest of its file.
    """
    ledger = Ledger()
    files = tuple(path for path in dataset.files if not _is_companion(path))
    main = replace(dataset, files=files)
    usual = _usual(main, params) if params.unknown_height == "median" else None
    results = read_files(main, lambda path, own: _read_one(path, main, params, usual, own), ledger)
    readers = [reader for _, (reader, _) in results]
    rows = without_duplicates([row for _, (_, some) in results for row in some], ledger)
    _tell_columns(readers, ledger)
    _tell(sum((reader.counts for reader in readers), Counter()), rows, ledger)
    note_buildings(rows, ledger)
    decoded = Decoded(
        tables={BUILDINGS: building_frame(rows, dataset.target_crs), SURFACES: surface_frame(rows)},
        rejects=ledger.all_rejects(),
        notes=tuple(ledger.notes),
    )
    return with_defects(decoded, dataset.target_crs)


def _is_companion(path: Path) -> bool:
    return content_name(path).lower().endswith(SHAPEFILE_COMPANIONS)


FORMAT = Format(
    name="footprints",
    title=text(
        "建物の外形と高さ（ベクタデータ）", "Building footprints with heights (vector files)"
    ),
    patterns=(
        "*.gpkg",
        "*.sqlite",
        "*.geojson",
        "*.fgb",
        "*.parquet",
        "*.shp",
        *(f"*{suffix}" for suffix in SHAPEFILE_COMPANIONS),
    ),
    produces=(BUILDINGS, SURFACES, DEFECTS),
    params=FootprintParams,
    ranges=row_ranges,
    density=DENSITY,
    read=read,
)
