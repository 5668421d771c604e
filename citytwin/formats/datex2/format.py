"""DATEX II (CEN/TS 16157) 2.x and 3.x, also in SOAP: detectors of traffic, and situations.

Everything is found by local names, since versions and countries differ in namespaces and wrappers.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import tzinfo

from citytwin.errors import SourceError
from citytwin.formats.alert_tables import alert_table
from citytwin.formats.datex2.measured import Datex2Params, Measured, measured_in
from citytwin.formats.datex2.sites import Site, sites_in
from citytwin.formats.datex2.situations import situations_in
from citytwin.formats.feed_file import decode_files, file_name, raw_ref, read_file
from citytwin.formats.feed_xml import Branch, parse_xml
from citytwin.formats.given_places import places_given
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import Batch, says_synthetic, zone_named
from citytwin.formats.quality import few
from citytwin.formats.xml import namespace
from citytwin.model import properties as p
from citytwin.model.notes import Note
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import ALERTS, OBSERVATIONS, THINGS
from citytwin.model.text import text

_NAMESPACE = "datex2.eu/schema/"
_PUBLICATIONS = ("siteMeasurements", "situation", "measurementSiteTable")


def decode_datex2(
    raw: bytes,
    file: str,
    sites: Mapping[str, Site],
    params: Datex2Params,
    zone: tzinfo | None = None,
) -> Batch:
    """Decode one document.

    Parameters
    ----------
    raw
        XML with any publications.
    file
        Name of the file, for messages.
    sites
        Measurement sites by id, besides those of the document itself.
    params
        What the document leaves open.
    zone
        Of times that name none.

    Raises
    ------
    SourceError
        If it is no DATEX II, or holds no publication that the twin reads.
    """
    root = _document(raw, file)
    own, bad_sites = sites_in(root)
    measured = measured_in(root, {**sites, **own}, params, zone)
    alerts, bad_records = situations_in(root, zone)
    said = [value.prose() for value in root.anywhere("nationalIdentifier")]
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(measured.places.values()),
        readings=tuple(measured.readings),
        rejects=few((*bad_sites, *measured.rejects, *bad_records)),
        notes=_notes(file, measured),
        synthetic=says_synthetic(said),
        alerts=tuple(alerts),
    )


def _document(raw: bytes, file: str) -> Branch:
    root = parse_xml(raw, file)
    named = any(_NAMESPACE in namespace(element) for element in root.element.iter())
    if not named:
        raise SourceError(f"no DATEX II: its root is {root.name}", source=file)
    if not any(next(root.anywhere(name), None) is not None for name in _PUBLICATIONS):
        hint = "expected measured data, a site table, or situations"
        raise SourceError("holds no publication that the twin reads", source=file, hint=hint)
    return root


def _notes(file: str, measured: Measured) -> tuple[Note, ...]:
    notes = []
    if measured.of_classes:
        notes.append(
            Note(
                severity="info",
                ja=f"{file}: 車種別の値 {measured.of_classes} 件は二重に数えないため使用しません",
                en=f"{file}: {measured.of_classes} values of single classes of vehicles are not "
                "used, so that no vehicle counts twice",
            )
        )
    if measured.unread:
        kinds = ", ".join(sorted(measured.unread)[:10])
        notes.append(
            Note(
                severity="info",
                ja=f"{file}: 次の種類の値は使用しません: {kinds}",
                en=f"{file}: values of these kinds are not used: {kinds}",
            )
        )
    return tuple(notes)


def read(dataset: Dataset, params: Datex2Params) -> Decoded:
    """Read all documents of a source; site tables among them count for all.

    Parameters
    ----------
    dataset
        Documents.
    params
        What they leave open.

    Raises
    ------
    SourceError
        If none can be used.
    """
    given = places_given(params.positions, "traffic_detector")
    sites = _sites(dataset) | {thing: Site(place) for thing, place in given.items()}
    zone = zone_named(dataset.time_zone)
    decode = functools.partial(decode_datex2, sites=sites, params=params, zone=zone)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    tables = assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)
    alerts, lost = alert_table(dataset, batches)
    return Decoded(
        tables={**tables.tables, ALERTS: alerts},
        rejects=(*tables.rejects, *lost),
        notes=tables.notes,
    )


def _sites(dataset: Dataset) -> dict[str, Site]:
    sites: dict[str, Site] = {}
    for path in dataset.files:
        name = file_name(dataset, path)
        try:
            raw = read_file(path, name)
            if b"easurementSiteTable" in raw:
                sites |= sites_in(parse_xml(raw, name))[0]
        except SourceError:
            continue  # told when the file itself is decoded
    return sites


def _decode(raw: bytes, file: str, _fetched_s: int, params: Datex2Params) -> Batch:
    """A document as it is fetched; sites stand in it, or in the configuration."""
    given = places_given(params.positions, "traffic_detector")
    return decode_datex2(raw, file, {thing: Site(place) for thing, place in given.items()}, params)


FORMAT = Format(
    name="datex2",
    title=text("DATEX II 交通情報", "DATEX II traffic data"),
    patterns=("*.xml",),
    produces=(THINGS, OBSERVATIONS, ALERTS),
    params=Datex2Params,
    read=read,
    decode=_decode,
    observes=(p.TRAFFIC_FLOW, p.VEHICLE_SPEED, p.ROAD_OCCUPANCY, p.TRAVEL_TIME),
)
