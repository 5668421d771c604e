"""Files of a layer whose field has a leading axis: one GeoTIFF, picture and values per moment, per
direction of the wind, or per season.

A moment is read, written and forgotten before the next, so that a day of a whole city needs the
memory of one map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray
from pydantic import TypeAdapter

from citytwin.model.axes import Coordinate, Season
from citytwin.model.fields import Field
from citytwin.model.instants import Instant
from citytwin.model.layer import FileAsset, FrameAsset, Style, ValueRange
from citytwin.model.notes import Note
from citytwin.model.text import text
from citytwin.store.fields import digest_of, extremes
from citytwin.store.raster_layer import (
    DrawnArray,
    RasterPlan,
    write_array,
    write_picture_thumbnail,
)
from citytwin.store.series_vrt import write_series_vrt
from citytwin.store.style_files import write_style_files
from citytwin.store.written import Written

_DRAWN = TypeAdapter(DrawnArray)


@dataclass(frozen=True, eq=False)
class FieldSeries:
    """A field with a leading axis, of which one moment, direction or season is in memory at a time."""

    along: tuple[Coordinate, ...]
    """Moments, ascending, directions or seasons; at least one."""
    read: Callable[[int], NDArray[Any]]
    """From the number of one of them to its values, shape of the grid."""

    def extremes(self, field: Field) -> ValueRange | None:
        """Smallest and largest value of all; None where none has data.

        Parameters
        ----------
        field
            The field.
        """
        found = [extremes(field, self.read(number)) for number in range(len(self.along))]
        known = [one for one in found if one is not None]
        if not known:
            return None
        return ValueRange(min(one.low for one in known), max(one.high for one in known))


def write_series_files(plan: RasterPlan, series: FieldSeries) -> Written:
    """Write the files of a layer whose field has a leading axis.

    Parameters
    ----------
    plan
        The layer; its labels hold for all but for the time.
    series
        The field.

    Raises
    ------
    StoreError
        If no cell has data anywhere along the axis, or the disk refuses.
    """
    style = plan.style(series.extremes(plan.field))
    opening = len(series.along) // 2
    files: list[FileAsset] = []
    frames: list[FrameAsset] = []
    notes: list[Note] = []
    for number, place in enumerate(series.along):
        drawn = _drawn(plan, style, place, series.read(number))
        files.append(_titled(drawn, place))
        frames.append(_frame(drawn, place))
        notes += drawn.notes
    times = tuple(place.time for place in series.along if isinstance(place, Instant))
    target = plan.target(times, opening)
    write_series_vrt(plan, [frame.data for frame in frames], series.along)
    write_picture_thumbnail(plan, frames[opening].image)
    return Written(
        style=style,
        precision=plan.field.precision,
        files=(*files, *write_style_files(plan.directory, style, target)),
        notes=tuple(dict.fromkeys(notes)),
        bounds=frames[opening].image.bounds,
        image=frames[opening].image,
        values=frames[opening].values,
        frames=tuple(frames),
        opening=opening,
    )


def _drawn(plan: RasterPlan, style: Style, place: Coordinate, values: NDArray[Any]) -> DrawnArray:
    """Files of one moment, direction or season, drawn unless those before are the same."""
    labels = (
        replace(plan.labels, valid_time=place.time) if isinstance(place, Instant) else plan.labels
    )
    stem = f"{plan.layer}_{place.stamp}"
    # vector lines would have to be swapped with each: here they lie in the picture
    edges = plan.view.class_outlines
    said = (labels.fingerprint, labels.valid_time.isoformat(), stem, style.model_dump_json())
    return plan.drawing.once(
        (*said, digest_of(values)),
        _DRAWN,
        lambda: write_array(plan, style, stem, values, labels, edges=edges)[0],
    )


def _frame(drawn: DrawnArray, place: Coordinate) -> FrameAsset:
    image, values = drawn.image, drawn.values
    if isinstance(place, Instant):
        return FrameAsset(
            time=place.iso, said=place.said, data=drawn.data.href, image=image, values=values
        )
    if isinstance(place, Season):
        return FrameAsset(
            months=place.months,
            said=place.name,
            data=drawn.data.href,
            image=image,
            values=values,
        )
    said = text(f"{place.name.ja}の風", f"wind from {place.name.en}")
    return FrameAsset(
        from_deg=place.from_deg, said=said, data=drawn.data.href, image=image, values=values
    )


def _titled(drawn: DrawnArray, place: Coordinate) -> FileAsset:
    name = text(place.iso, place.iso) if isinstance(place, Instant) else place.name
    said = text(f"GeoTIFF (COG) {name.ja}", f"GeoTIFF (COG) {name.en}")
    return drawn.data.model_copy(update={"title": said})
