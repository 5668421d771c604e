"""The format ``vector_sites``: building sites or parcels from any vector file."""

from __future__ import annotations

from citytwin.formats.city.theme_rows import SiteRow
from citytwin.formats.vector.files import PATTERNS
from citytwin.formats.vector.polygons import AreaColumns, AreaFeature, read_areas
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import DEFECTS, SITES
from citytwin.model.text import text


class VectorSiteParams(Params):
    """Which layer and column carry what."""

    layer: str | None = None
    """Layer of the file; the first when not given."""
    id_column: str | None = None
    """Identifier, such as the parcel number; the number of the row when not given."""


def _row(feature: AreaFeature) -> SiteRow:
    return SiteRow(feature.record, feature.source, feature.area)


def read(dataset: Dataset, params: VectorSiteParams) -> Decoded:
    """Read the areas of vector files as sites.

    Parameters
    ----------
    dataset
        The files.
    params
        Which layer and column carry what.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    return read_areas(SITES, dataset, AreaColumns(params.layer, params.id_column), _row)


FORMAT = Format(
    name="vector_sites",
    title=text("敷地・筆（ベクタデータ）", "Sites or parcels (vector files)"),
    patterns=PATTERNS,
    produces=(SITES, DEFECTS),
    params=VectorSiteParams,
    read=read,
)
