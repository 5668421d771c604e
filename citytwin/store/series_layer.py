"""Files of a layer that shows a field over time: one GeoTIFF, picture and values per moment.

A moment is read, written and forgotten before the next, so that a day of a whole city needs the
memory of one map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from citytwin.model.fields import Field
from citytwin.model.instants import Instant
from citytwin.model.layer import FileAsset, FrameAsset, ValueRange
from citytwin.model.notes import Note
from citytwin.model.text import text
from citytwin.store.fields import extremes
from citytwin.store.raster_layer import (
    DrawnArray,
    RasterPlan,
    write_array,
    write_picture_thumbnail,
)
from citytwin.store.series_vrt import write_series_vrt
from citytwin.store.style_files import write_style_files
from citytwin.store.web_raster import notes_of
from citytwin.store.written import Written


@dataclass(frozen=True, eq=False)
class FieldSeries:
    """A field over time, of which one moment is in memory at a time."""

    instants: tuple[Instant, ...]
    """Ascending, at least one."""
    read: Callable[[int], NDArray[Any]]
    """From the number of a moment to its values, shape of the grid."""

    def extremes(self, field: Field) -> ValueRange | None:
        """Smallest and largest value of all moments; None where none has data.

        Parameters
        ----------
        field
            The field.
        """
        found = [extremes(field, self.read(number)) for number in range(len(self.instants))]
        known = [one for one in found if one is not None]
        if not known:
            return None
        return ValueRange(min(one.low for one in known), max(one.high for one in known))


def write_series_files(plan: RasterPlan, series: FieldSeries) -> Written:
    """Write the files of a layer that shows a field over time.

    Parameters
    ----------
    plan
        The layer; its labels hold for every moment but for the time.
    series
        The field.

    Raises
    ------
    StoreError
        If no cell has data at any moment, or the disk refuses.
    """
    style = plan.style(series.extremes(plan.field))
    opening = len(series.instants) // 2
    files: list[FileAsset] = []
    frames: list[FrameAsset] = []
    notes: list[Note] = []
    for number, instant in enumerate(series.instants):
        labels = replace(plan.labels, valid_time=instant.time)
        stem = f"{plan.layer}_{instant.stamp}"
        values = series.read(number)
        # vector lines would have to be swapped at every moment: here they lie in the picture
        drawn = write_array(plan, style, stem, values, labels, edges=plan.view.class_outlines)
        files.append(_titled(drawn, instant))
        frames.append(
            FrameAsset(
                time=instant.iso,
                said=instant.said,
                data=drawn.data.href,
                image=drawn.image,
                values=drawn.values,
            )
        )
        notes += notes_of(plan.view, plan.grid, drawn.warped, drawn.values)
    target = plan.target(tuple(instant.time for instant in series.instants), opening)
    write_series_vrt(plan, [frame.data for frame in frames], series.instants)
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


def _titled(drawn: DrawnArray, instant: Instant) -> FileAsset:
    said = text(f"GeoTIFF (COG) {instant.iso}", f"GeoTIFF (COG) {instant.iso}")
    return drawn.data.model_copy(update={"title": said})
