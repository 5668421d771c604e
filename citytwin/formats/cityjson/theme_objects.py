"""Water, plants and bridges of CityJSON as rows of their tables."""

from __future__ import annotations

import numpy as np
import shapely

from citytwin.formats.city.areas import Outline
from citytwin.formats.city.decks import ON_BRIDGE
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.city.recorded import recorded_measure
from citytwin.formats.city.site import FileSite
from citytwin.formats.city.theme_rows import (
    HIGHEST_PLANT_M,
    WIDEST_CROWN_M,
    BridgeRow,
    PlantRow,
    WaterRow,
)
from citytwin.formats.cityjson.document import Batch
from citytwin.formats.cityjson.parsing import Json
from citytwin.formats.cityjson.values import number_of, text_of

# Level above the ground in the Dutch register of topography, which CityJSON of the Netherlands
# carries along.
_LEVEL = "relatievehoogteligging"
_HIGHEST_LEVEL = 9

Object = dict[str, Json]


def water_row(name: str, known: Object, area: shapely.MultiPolygon, source: str) -> WaterRow:
    """Return the row of a WaterBody.

    Parameters
    ----------
    name
        Its key.
    known
        Its attributes.
    area
        Seen from above.
    source
        Name of the file.
    """
    return WaterRow(
        water_id=name,
        name=text_of(known.get("name")),
        water_class=text_of(known.get("class")),
        function=text_of(known.get("function")),
        source=source,
        geometry=area,
    )


def plant_row(
    name: str, known: Object, place: shapely.MultiPolygon | shapely.Point, source: str
) -> PlantRow:
    """Return the row of a PlantCover or SolitaryVegetationObject.

    Parameters
    ----------
    name
        Its key.
    known
        Its attributes.
    place
        Area of a cover, point of a plant.
    source
        Name of the file.
    """
    single = isinstance(place, shapely.Point)
    height = number_of(known.get("height" if single else "averageHeight"))
    crown = number_of(known.get("crownDiameter"))
    return PlantRow(
        plant_id=name,
        kind="single" if single else "cover",
        plant_class=text_of(known.get("class")),
        species=text_of(known.get("species")),
        height_m=recorded_measure(height, HIGHEST_PLANT_M),
        crown_diameter_m=recorded_measure(crown, WIDEST_CROWN_M),
        source=source,
        geometry=place,
    )


def bridge_row(name: str, known: Object, outline: Outline, source: str) -> BridgeRow:
    """Return the row of a Bridge or BridgePart.

    Parameters
    ----------
    name
        Its key.
    known
        Its attributes.
    outline
        Seen from above, with its heights.
    source
        Name of the file.
    """
    level = number_of(known.get(_LEVEL)) or 0.0
    return BridgeRow(
        bridge_id=name,
        name=text_of(known.get("name")),
        bridge_class=text_of(known.get("class")),
        function=text_of(known.get("function")),
        level=int(level) if ON_BRIDGE <= level <= _HIGHEST_LEVEL else ON_BRIDGE,
        bottom_z_m=outline.bottom_m,
        top_z_m=outline.top_m,
        source=source,
        geometry=outline.area,
    )


def object_point(
    name: str, item: Object, batch: Batch, site: FileSite, ledger: Ledger
) -> shapely.Point | None:
    """Point where an object stands, by its template or its points; None where it has neither.

    Parameters
    ----------
    name
        Key of the object.
    item
        The object.
    batch
        Its vertices.
    site
        The file.
    ledger
        Receives a point that cannot be used.
    """
    entries = item.get("geometry")
    for entry in entries if isinstance(entries, list) else []:
        if not isinstance(entry, dict) or entry.get("type") not in (
            "GeometryInstance",
            "MultiPoint",
        ):
            continue
        boundaries = entry.get("boundaries")
        first = boundaries[0] if isinstance(boundaries, list) and boundaries else None
        if not isinstance(first, int) or not 0 <= first < len(batch.vertices):
            message = f"vertex index {str(first)[:40]!r} is not one of the {len(batch.vertices)}"
            ledger.reject(site.source, name, "index", message)
            continue
        return _placed(name, batch, first, site, ledger)
    return None


def _placed(
    name: str, batch: Batch, index: int, site: FileSite, ledger: Ledger
) -> shapely.Point | None:
    vertex = batch.vertices[index : index + 1]
    if not np.isfinite(vertex).all():
        ledger.reject(site.source, name, "nan", "point is NaN or infinite")
        return None
    try:
        placed = site.place(vertex)
    except OutOfPlaceError as error:
        site.count(name, ledger, error, swap=False)
        return None
    site.count(name, ledger, None, placed.swapped)
    return shapely.Point(placed.xyz[0, :2])
