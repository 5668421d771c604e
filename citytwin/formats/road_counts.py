"""Traffic counts of Japan's national roads (MLIT/JARTIC GeoJSON, Japanese keys) -> observations.

The loop counters of ``t_travospublic_measure_5m`` and ``_1h``. Light, heavy and unclassified
vehicles of a direction are added up and brought to vehicles per hour. A time code names the
beginning of its five minutes or hour, in Japan Standard Time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Node, parse
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    on_earth,
    plausible_time,
    reject_of,
    says_synthetic,
    seconds_of,
)
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.model.text import text

JST = timezone(timedelta(hours=9))
_POINT = "常時観測点コード"
_TIME_CODE = "時間コード"
_DAY = "観測年月日"
_TIME = "時間帯"
_PERIOD = "収集時間フラグ（5分間／1時間）"
_CLASSES = ("小型交通量", "大型交通量", "車種判別不能交通量")
_FAULTS = ("停電", "ループ異常", "超音波異常")
_MISSING = "欠測"
_LAYER = re.compile(r"_measure_(?P<period>5m|1h)(?:\.|$)")
_SECONDS = {"1": 300, "2": 3600, "5m": 300, "1h": 3600}


@dataclass(frozen=True)
class _Direction:
    key: str
    """Prefix of the keys."""
    suffix: str
    """Of the thing."""


_DIRECTIONS = (_Direction("上り", "up"), _Direction("下り", "down"))


def decode_road_counts(raw: bytes, file: str) -> Batch:
    """Decode one response of the traffic count service.

    Parameters
    ----------
    raw
        GeoJSON feature collection.
    file
        Name of the file, for messages.

    Returns
    -------
    Batch
        Two places per counter: up (towards the origin of the road) and down.

    Raises
    ------
    SourceError
        If it is no feature collection.
    """
    document = parse(raw, file)
    if (kind := document.member("type")).value != "FeatureCollection":
        raise kind.error("expected a FeatureCollection")
    features = document.member("features").items()
    places: dict[str, Place] = {}
    readings: list[Reading] = []
    rejects: list[Reject] = []
    said = [str(v.value) for k in ("note", "generator", "description") if (v := document.find(k))]
    for feature in features:
        try:
            said.append(_identifier(feature))
            found, read = _feature(feature)
        except SourceError as error:
            rejects.append(reject_of(error, "record"))
            continue
        places |= {place.thing: place for place in found}
        readings += read
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(places.values()),
        readings=tuple(readings),
        rejects=tuple(rejects),
        notes=_cut_note(document, len(features)),
        synthetic=says_synthetic(said),
    )


def _identifier(feature: Node) -> str:
    identifier = feature.find("id")
    return "" if identifier is None or identifier.value is None else str(identifier.value)


def _feature(feature: Node) -> tuple[list[Place], list[Reading]]:
    properties = feature.member("properties")
    point = properties.member(_POINT)
    code = point.text() if isinstance(point.value, str) else str(point.whole())
    if not code.strip():
        raise point.error("the counter has no code")
    longitude_deg, latitude_deg = _position(feature.member("geometry"))
    duration_s = _duration_s(feature)
    start_s = _start_s(properties)
    places, readings = [], []
    for direction in _DIRECTIONS:
        thing = f"{code}:{direction.suffix}"
        name = f"{code} {direction.key}"
        places.append(Place(thing, name, "traffic_detector", longitude_deg, latitude_deg))
        count, flag = _count(properties, direction.key)
        flow = None if count is None else count * 3600.0 / duration_s
        readings.append(Reading(thing, p.TRAFFIC_FLOW, start_s, start_s + duration_s, flow, flag))
    return places, readings


def _position(geometry: Node) -> tuple[float, float]:
    """First point of a MultiPoint (counters have just one), or a Point."""
    coordinates = geometry.member("coordinates")
    kind = geometry.member("type").value
    if kind == "MultiPoint":
        points = coordinates.items()
        if not points:
            raise coordinates.error("the counter has no position")
        coordinates = points[0]
    elif kind != "Point":
        raise geometry.member("type").error("expected MultiPoint or Point")
    numbers = [number.number() for number in coordinates.items()]
    if len(numbers) < 2 or not on_earth(numbers[0], numbers[1]):
        raise coordinates.error("expected longitude and latitude in degrees")
    return numbers[0], numbers[1]


def _duration_s(feature: Node) -> int:
    period = feature.member("properties").find(_PERIOD)
    if period is not None and str(period.value) in _SECONDS:
        return _SECONDS[str(period.value)]
    layer = _LAYER.search(_identifier(feature))
    if period is None and layer is not None:
        return _SECONDS[layer["period"]]
    raise (period or feature).error(
        "no collection period", hint=f"expected {_PERIOD} 1 (5 minutes) or 2 (1 hour)"
    )


def _start_s(properties: Node) -> int:
    """Beginning of the interval, UTC [s]; 24:00 is the midnight that ends the day."""
    code = properties.find(_TIME_CODE)
    if code is not None:
        day, clock = divmod(code.whole(), 10_000)
        place = code
    else:
        place = properties.member(_TIME)
        day, clock = properties.member(_DAY).whole(), place.whole()
    hours, minutes = divmod(clock, 100)
    try:
        if not (0 <= minutes < 60 and 0 <= hours * 60 + minutes <= 24 * 60):
            raise ValueError(clock)
        midnight = datetime.strptime(f"{day:08d}", "%Y%m%d").replace(tzinfo=JST)
        start_s = seconds_of(midnight + timedelta(hours=hours, minutes=minutes))
    except (ValueError, OverflowError) as error:
        raise place.error(f"{day} and {clock} are no day and time") from error
    if not plausible_time(start_s):
        raise place.error("no time between 1900 and 2200")
    return start_s


def _count(properties: Node, direction: str) -> tuple[float | None, Flag | None]:
    """Vehicles of one direction, with what its status flags say of them."""
    faults = [_is_set(properties, f"{direction}・{name}") for name in _FAULTS]
    missing = _is_set(properties, f"{direction}・{_MISSING}")
    counts = [properties.find(f"{direction}・{name}") for name in _CLASSES]
    if counts[0] is None:
        hint = "loop counts (t_travospublic_measure_5m or _1h) are expected"
        raise properties.error(f"'{direction}・{_CLASSES[0]}' is missing", hint=hint)
    numbers = [count.number_or_none() for count in counts if count is not None]
    present = [number for number in numbers if number is not None]
    if missing or len(present) < len(numbers):
        return None, Flag.MISSING
    return sum(present), Flag.BAD if any(faults) else None


def _is_set(properties: Node, key: str) -> bool:
    flag = properties.find(key)
    if flag is None or flag.value is None or flag.value == "":
        return False
    if str(flag.value) not in ("0", "1"):
        raise flag.error("expected 0 (normal) or 1")
    return str(flag.value) == "1"


def _cut_note(document: Node, features: int) -> tuple[Note, ...]:
    matched = document.find("numberMatched")
    if matched is None or not isinstance(matched.value, int) or matched.value <= features:
        return ()
    return (
        Note(
            severity="loss",
            ja=f"{document.source}: 該当 {matched.value} 件のうち {features} 件のみ含まれています",
            en=f"{document.source} holds {features} of the {matched.value} records that matched",
        ),
    )


def read(dataset: Dataset, params: NoParams) -> Decoded:  # noqa: ARG001
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Files of one source.
    params
        None.
    """
    batches, rejects = decode_files(dataset, dataset.files, decode_road_counts)
    crs = dataset.source_crs or "EPSG:4326"
    return assemble(dataset, batches, source_crs=crs, rejects=rejects)


def _decode(raw: bytes, file: str, _fetched_s: int, _params: NoParams) -> Batch:
    return decode_road_counts(raw, file)


FORMAT = Format(
    name="road_counts",
    title=text("国土交通省 交通量（常設トラカン）", "MLIT traffic counts"),
    patterns=("*.geojson",),
    produces=(THINGS, OBSERVATIONS),
    params=NoParams,
    read=read,
    decode=_decode,
    observes=(p.TRAFFIC_FLOW,),
)
