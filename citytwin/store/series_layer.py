"""Files of a layer whose field has a leading axis: one GeoTIFF, picture and values per moment, per
direction of the wind, or per season.

A moment is read, written and forgotten before the next, so that a day of a whole city needs the
memory of one map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
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


@dataclass(frozen=True)
class Look:
    """What is known of a moment, direction or season once it has been read."""

    digest: str
    """Of its values."""
    known: ValueRange | None
    """Smallest and largest value; None where it has no data."""


@dataclass(frozen=True, eq=False)
class FieldSeries:
    """A field with a leading axis, of which one moment, direction or season is in memory at a time."""

    along: tuple[Coordinate, ...]
    """Moments, ascending, directions or seasons; at least one."""
    read: Callable[[int], NDArray[Any]]
    """From the number of one of them to its values, shape of the grid."""
    _seen: list[Look] = field(default_factory=list, init=False, repr=False)

    def looks(self, shown: Field) -> tuple[Look, ...]:
        """Look at all of them; each is read once, however often this is asked.

        Parameters
        ----------
        shown
            The field.
        """
        if not self._seen:
            for number in range(len(self.along)):
                values = self.read(number)
                self._seen.append(Look(digest_of(values), extremes(shown, values)))
        return tuple(self._seen)

    def extremes(self, field: Field) -> ValueRange | None:
        """Smallest and largest value of all; None where none has data.

        Parameters
        ----------
        field
            The field.
        """
        known = [look.known for look in self.looks(field) if look.known is not None]
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
    for number, look in enumerate(series.looks(plan.field)):
        place = series.along[number]
        drawn = _drawn(plan, style, place, look.digest, partial(series.read, number))
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


def _drawn(
    plan: RasterPlan, style: Style, place: Coordinate, digest: str, read: Callable[[], NDArray[Any]]
) -> DrawnArray:
    """Files of one moment, direction or season, read and drawn unless those before are the same."""
    labels = (
        replace(plan.labels, valid_time=place.time) if isinstance(place, Instant) else plan.labels
    )
    stem = f"{plan.layer}_{place.stamp}"
    # vector lines would have to be swapped with each: here they lie in the picture
    edges = plan.view.class_outlines
    said = (labels.fingerprint, labels.valid_time.isoformat(), stem, style.model_dump_json())
    return plan.drawing.once(
        (*said, digest),
        _DRAWN,
        lambda: write_array(plan, style, stem, read(), labels, edges=edges)[0],
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
