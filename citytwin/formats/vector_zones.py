"""The format ``vector_zones``: zones of use from any vector file."""

from __future__ import annotations

from citytwin.formats.city.recorded import recorded_ratio
from citytwin.formats.city.theme_rows import ZoneRow
from citytwin.formats.vector.files import PATTERNS
from citytwin.formats.vector.polygons import AreaColumns, AreaFeature, read_areas
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import DEFECTS, ZONES
from citytwin.model.text import text

_MOST_FLOOR_AREA = 20.0
_MOST_COVERAGE = 1.0


class VectorZoneParams(Params):
    """Which layer and columns carry what."""

    zone_column: str = "zone"
    """Name of the zone, such as ``第1種住居地域``."""
    layer: str | None = None
    """Layer of the file; the first when not given."""
    id_column: str | None = None
    """Identifier; the number of the row when not given."""
    floor_area_ratio_column: str | None = None
    """Largest floor area by site area, as a ratio or in percent."""
    building_coverage_ratio_column: str | None = None
    """Largest built-over share of a site, as a ratio or in percent."""


def read(dataset: Dataset, params: VectorZoneParams) -> Decoded:
    """Read the areas of vector files as zones of use.

    Parameters
    ----------
    dataset
        The files.
    params
        Which layer and columns carry what.

    Raises
    ------
    SourceError
        If no file can be used.
    """

    def row(feature: AreaFeature) -> ZoneRow:
        floor_area = feature.text(params.floor_area_ratio_column)
        coverage = feature.text(params.building_coverage_ratio_column)
        return ZoneRow(
            zone_id=feature.record,
            kind="UseDistrict",
            name=None,
            code=None,
            text=feature.text(params.zone_column),
            floor_area_ratio_max=recorded_ratio(floor_area, _MOST_FLOOR_AREA),
            floor_area_ratio_min=None,
            building_coverage_ratio_max=recorded_ratio(coverage, _MOST_COVERAGE),
            building_height_max_m=None,
            building_height_min_m=None,
            building_area_min_m2=None,
            source=feature.source,
            geometry=feature.area,
        )

    others = (
        params.zone_column,
        params.floor_area_ratio_column,
        params.building_coverage_ratio_column,
    )
    return read_areas(ZONES, dataset, AreaColumns(params.layer, params.id_column, others), row)


FORMAT = Format(
    name="vector_zones",
    title=text("用途地域（ベクタデータ）", "Zones of use (vector files)"),
    patterns=PATTERNS,
    produces=(ZONES, DEFECTS),
    params=VectorZoneParams,
    read=read,
)
