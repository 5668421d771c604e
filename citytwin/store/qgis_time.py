"""When the bands of a raster hold, as the temporal controller of QGIS reads it.

A time range per band is understood by QGIS 3.38 and later; older versions show the one band that
the style names. Times are written in UTC, in which the controller counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from citytwin.model.instants import spans

_FIXED_RANGE_PER_BAND = "3"
_ANIMATED = "1"


def band_times(times: Sequence[datetime]) -> ET.Element:
    """Return the temporal properties of a raster: each band stands until the next, end excluded.

    Parameters
    ----------
    times
        Moments of the bands, ascending, at least two.
    """
    element = ET.Element(
        "temporal", enabled="1", mode=_FIXED_RANGE_PER_BAND, fetchMode="0", bandNumber="1"
    )
    ranges = ET.SubElement(element, "ranges")
    for number, (begin, end) in enumerate(spans(times), start=1):
        ET.SubElement(
            ranges,
            "range",
            band=str(number),
            begin=_iso(begin),
            end=_iso(end),
            includeBeginning="1",
            includeEnd="0",
        )
    return element


def project_time(times: Sequence[datetime]) -> ET.Element:
    """Return the time settings of a project: from the first to the last moment, in their step.

    Parameters
    ----------
    times
        Moments, ascending, at least two.
    """
    minutes = (times[1] - times[0]).total_seconds() / 60.0
    settings = ET.Element(
        "ProjectTimeSettings",
        timeStep=f"{minutes:g}",
        timeStepUnit="min",
        frameRate="2",
        cumulativeTemporalRange="0",
    )
    extent = ET.SubElement(settings, "TemporalRange")
    for name, moment in (("start", times[0]), ("end", times[-1])):
        ET.SubElement(extent, name).text = _iso(moment)
    return settings


def controller(times: Sequence[datetime]) -> ET.Element:
    """Return the state of the temporal controller: animated, over all moments.

    Parameters
    ----------
    times
        Moments, ascending, at least two.
    """
    element = ET.Element("TemporalControllerWidget")
    ET.SubElement(element, "NavigationMode", type="int").text = _ANIMATED
    for name, moment in (("StartDateTime", times[0]), ("EndDateTime", times[-1])):
        ET.SubElement(element, name, type="QString").text = _iso(moment)
    return element


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
