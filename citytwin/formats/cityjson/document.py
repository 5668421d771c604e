"""CityJSON files: JSON, version, transform and CRS, checked before any object is read."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.cityjson.parsing import Json, parse
from citytwin.transports.files import open_binary

FloatArray = NDArray[np.float64]

_VERSIONS = ("1.0", "1.1", "2.0")
_HUGE = 1e300
"""Larger than any coordinate; integers beyond it may not fit into a float."""


@dataclass(frozen=True, eq=False)
class Templates:
    """Shapes that objects of the file may be instances of."""

    shapes: list[Json] = field(default_factory=list)
    """Geometries as in the file."""
    vertices: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    """Shape (n, 3) [m]: from the origin of the template."""
    fault: str = ""
    """Why none can be used; empty when they can."""


@dataclass(frozen=True, eq=False)
class Header:
    """What holds for all objects of a file."""

    srs_name: str
    """As written; empty when the file names none."""
    scale: FloatArray
    """Shape (3,)."""
    translate: FloatArray
    """Shape (3,)."""
    templates: Templates


@dataclass(frozen=True, eq=False)
class Batch:
    """Objects that share one list of vertices: a whole file, or one feature of a sequence."""

    objects: dict[str, dict[str, Json]]
    vertices: FloatArray
    """Shape (n, 3): transformed, in the CRS of the file."""
    place: str
    """Line of a sequence; empty for a whole file."""
    offset: int | None = None
    """Bytes of the file before the line of a sequence; None for a whole file."""


def open_cityjson(path: Path, ledger: Ledger) -> tuple[Header, Iterator[Batch]]:
    """Read a CityJSON file, or the first line of a sequence.

    Parameters
    ----------
    path
        The file.
    ledger
        Receives lines of a sequence that cannot be used.

    Returns
    -------
    tuple
        What holds for the whole file, and its objects in batches.

    Raises
    ------
    SourceError
        If it is no CityJSON that can be used.
    """
    content, mark_bytes = _text(path)
    first, _, rest = content.partition("\n")
    one_line = not rest or rest.isspace()
    try:
        head = parse(first, path.name, "line 1")
    except SourceError:
        head = None
    if one_line or not isinstance(head, dict) or "CityObjects" not in head:
        is_whole = one_line and head is not None
        root = _object(head if is_whole else parse(content, path.name, ""), path.name, "")
        header = _header(root, path.name)
        return header, iter([_batch(root, header, path.name, "")])
    root = _object(head, path.name, "line 1")
    header = _header(root, path.name)
    offset = mark_bytes + len(first.encode()) + 1
    return header, _features(root, rest, header, (path, ledger, mark_bytes, offset))


def _features(
    root: dict[str, Json], rest: str, header: Header, where: tuple[Path, Ledger, int, int]
) -> Iterator[Batch]:
    path, ledger, offset, behind = where
    yield _batch(root, header, path.name, "line 1", offset)
    for number, line in enumerate(rest.split("\n"), start=2):
        offset, behind = behind, behind + len(line.encode()) + 1
        if not line.strip():
            continue
        place = f"line {number}"
        try:
            feature = _object(parse(line, path.name, place), path.name, place)
            yield _batch(feature, header, path.name, place, offset)
        except SourceError as error:
            ledger.reject(path.name, place, "bad-line", str(error))


def _text(path: Path) -> tuple[str, int]:
    """Content, and the length of the byte order mark before it."""
    try:
        with open_binary(path) as file:
            content = file.read()
        text = content.decode("utf-8-sig")
        return text, len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    except UnicodeDecodeError as error:
        msg = f"is not UTF-8 near byte {error.start}"
        raise SourceError(msg, source=path.name, hint="save the file as UTF-8") from error
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", source=str(path)) from error


def _object(value: Json, source: str, place: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        msg = f"is not CityJSON: expected an object, got {type(value).__name__}"
        raise SourceError(msg, source=source, record=place)
    return value


def _header(root: dict[str, Json], source: str) -> Header:
    if root.get("type") != "CityJSON":
        msg = f"is not CityJSON: its type is {str(root.get('type'))[:40]!r}"
        raise SourceError(msg, source=source, hint="give a CityJSON file")
    version = str(root.get("version"))
    known = next((v for v in _VERSIONS if version == v or version.startswith(f"{v}.")), None)
    if known is None:
        msg = f"is CityJSON {version[:20]!r}, known are {', '.join(_VERSIONS)}"
        raise SourceError(msg, source=source, record="version", hint="convert the file")
    transform = root.get("transform")
    if transform is None:
        if known != "1.0":
            raise SourceError(
                f"has no transform, which CityJSON {known} requires",
                source=source,
                record="transform",
                hint="write the file again with scale and translate",
            )
        return Header(_srs_name(root), np.ones(3), np.zeros(3), _templates(root, source))
    parts = _object(transform, source, "transform")
    scale = _triple(parts.get("scale"), source, "transform.scale")
    if not (scale > 0.0).all():
        msg = f"has a scale that is not positive: {parts.get('scale')}"
        raise SourceError(msg, source=source, record="transform.scale", hint="write the file again")
    translate = _triple(parts.get("translate"), source, "transform.translate")
    return Header(_srs_name(root), scale, translate, _templates(root, source))


def _triple(value: Json, source: str, place: str) -> FloatArray:
    if isinstance(value, list) and len(value) == 3:
        # Digits without end would not fit into a float.
        numbers = [float(v) for v in value if isinstance(v, int | float) and abs(v) < _HUGE]
        if len(numbers) == 3:
            return np.array(numbers)
    msg = f"expected three numbers, got {str(value)[:60]}"
    raise SourceError(msg, source=source, record=place)


def _srs_name(root: dict[str, Json]) -> str:
    """CRS in the forms of 2.0 and 1.1 (address), 1.0 (urn) and 0.9 (number)."""
    metadata = root.get("metadata")
    if not isinstance(metadata, dict):
        return ""
    reference = metadata.get("referenceSystem")
    if isinstance(reference, str):
        return reference.strip()
    old = metadata.get("crs")
    code = old.get("epsg") if isinstance(old, dict) else None
    return f"EPSG:{code}" if isinstance(code, int) else ""


def _batch(
    root: dict[str, Json], header: Header, source: str, place: str, offset: int | None = None
) -> Batch:
    objects = root.get("CityObjects")
    if not isinstance(objects, dict):
        raise SourceError("has no CityObjects", source=source, record=place)
    vertices = root.get("vertices", [])
    kept = {_clean(name): item for name, item in objects.items() if isinstance(item, dict)}
    raw = _points(vertices, source, place, "vertices")
    with np.errstate(over="ignore", invalid="ignore"):
        return Batch(kept, raw * header.scale + header.translate, place, offset)


def _templates(root: dict[str, Json], source: str) -> Templates:
    """Templates of the file; a fault in them costs the instances, not the file."""
    given = root.get("geometry-templates")
    if not isinstance(given, dict):
        return Templates()
    shapes = given.get("templates")
    try:
        vertices = _points(given.get("vertices-templates", []), source, "", "vertices-templates")
    except SourceError as error:
        return Templates(fault=str(error))
    return Templates(shapes if isinstance(shapes, list) else [], vertices)


def _clean(name: str) -> str:
    """Name without halves of surrogate pairs, which no table could store."""
    return name.encode("utf-8", "replace").decode("utf-8")


def _points(value: Json, source: str, place: str, name: str) -> FloatArray:
    if value == []:
        return np.empty((0, 3))
    rows = value if isinstance(value, list) else []
    try:
        raw = np.array(rows)
    except (ValueError, TypeError, OverflowError) as error:
        raise _no_points(rows, source, place, name) from error
    if raw.shape[1:] != (3,) or raw.dtype.kind not in "if":  # a text of digits is no number
        raise _no_points(rows, source, place, name)
    return raw.astype(np.float64)


def _no_points(rows: list[Json], source: str, place: str, name: str) -> SourceError:
    for number, row in enumerate(rows):
        numbers = isinstance(row, list) and all(
            isinstance(v, int | float) and not abs(v) > _HUGE for v in row
        )
        if not isinstance(row, list) or not numbers or len(row) != 3:
            msg = f"expected three numbers, got {str(row)[:60]}"
            where = f"{place} {name}[{number}]".strip()
            return SourceError(msg, source=source, record=where)
    return SourceError(f"{name} are no list of points", source=source, record=place)
