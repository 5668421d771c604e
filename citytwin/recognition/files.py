"""Files at the places that a user names, each with a first look at it."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from citytwin import registry
from citytwin.errors import SourceError
from citytwin.formats.data_set import CODE_LISTS, data_set_root
from citytwin.formats.vector.files import kind_of
from citytwin.model.steps import Format
from citytwin.recognition import sewers
from citytwin.recognition.cityjson import look_at_json
from citytwin.recognition.feeds import feed_format_of
from citytwin.recognition.gml import look_at_gml
from citytwin.recognition.look import Look, reason
from citytwin.recognition.rasters import look_at_geotiff, look_at_points
from citytwin.recognition.vector import look_at_vector
from citytwin.store.latest import LATEST
from citytwin.store.manifest import WORK
from citytwin.store.model_folder import DOCUMENT
from citytwin.transports.files import content_name, open_binary
from citytwin.transports.finding import find_files

_SUFFIXES = (
    "*.gml", "*.citygml", "*.xml", "*.json", "*.jsonl", "*.jsonseq", "*.cityjson",
    "*.cityjsonseq", "*.geojson", "*.gpkg", "*.sqlite", "*.fgb", "*.parquet", "*.geoparquet", "*.shp",
    "*.las", "*.laz", "*.tif", "*.tiff", f"*{sewers.SUFFIX}",
)  # fmt: skip
_NOT_READ = ("*.7z", "*.rar", "*.tar", "*.tgz", "*.lzh")
"""Archives that are not read: whoever looks for a city in a folder of these is told."""
_BESIDE = frozenset({CODE_LISTS, "schemas", "metadata", "specification"})
"""Folders of a PLATEAU data set that hold no model."""
_TEXTURES = "_appearance"
_MADE_HERE = (DOCUMENT, LATEST)
"""Files that mark a folder which was made from a city model."""
_DATA_SET = re.compile(r"(\d{5})_[\w-]+_(?:\d{4}|citygml)")
"""Name of a PLATEAU data set, such as ``17206_kaga-shi_city_2023_citygml_1_op``."""
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_PACKED = (
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "RAR"), (b"\xfd7zXZ\0", "xz"), (b"BZh", "bzip2"), (b"\x1f\x8b\x08", "gzip"),
    (b"\x28\xb5\x2f\xfd", "Zstandard"),
)  # fmt: skip
"""First bytes of archives that are not read, with their names."""
_TAR = (b"ustar", 257)
_LZH = re.compile(rb"..-lh[0-9a-z]-", re.DOTALL)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class LookedAt:
    """A file with what a first look at it told."""

    path: Path
    root: Path
    """Folder that no reference of it may leave."""
    look: Look
    asked: bool
    """Whether the user named this very file, rather than a folder or a pattern."""


def look_at_places(
    places: Iterable[str | Path], *, given: str | None = None, apart: Path | None = None
) -> tuple[LookedAt, ...]:
    """Find all files that could be city models, and look at each.

    What was made from a city model counts where its own folder is named, not where a folder above
    is: a model would be read together with its copies.

    Parameters
    ----------
    places
        Files, folders, patterns.
    given
        CRS of files that name none.
    apart
        Folder of which nothing is read, since it is written to.

    Raises
    ------
    SourceError
        If at one of the places there is no file that could be a city model.
    """
    found: dict[Path, bool] = {}
    for place in places:
        path = _absolute(place)
        for file in _files_at(path):
            if apart is not None and file.is_relative_to(_absolute(apart)):
                continue
            if path == file or not (_lies_beside(file, path) or _was_made_here(file, path)):
                found[file] = found.get(file, False) or path == file
    by_name = _names()
    return tuple(
        _looked_at(file, look_at(file, by_name, given), asked)
        for file, asked in sorted(found.items())
    )


def _files_at(path: Path) -> tuple[Path, ...]:
    try:
        return find_files(path, (*_SUFFIXES, *_NOT_READ))
    except SourceError:
        return find_files(path, _SUFFIXES)  # says why, and what could be given


def _absolute(place: str | Path) -> Path:
    return Path(os.path.abspath(Path(place).expanduser()))  # noqa: PTH100 - keeps `..` of links


def _looked_at(file: Path, look: Look, asked: bool) -> LookedAt:
    """Take the municipality from the name of the data set where the file does not say it."""
    root = data_set_root(file)
    if not look.municipality and (match := _DATA_SET.match(root.name)):
        look = replace(look, municipality=match[1])
    return LookedAt(file, root, look, asked)


def _lies_beside(file: Path, place: Path) -> bool:
    below = file.relative_to(place).parts[:-1] if file.is_relative_to(place) else ()
    return any(part.lower() in _BESIDE or part.lower().endswith(_TEXTURES) for part in below)


def _was_made_here(file: Path, place: Path) -> bool:
    """Whether a file lies in a folder below a place that was ingested, published or worked in."""
    below = [folder for folder in file.parents if folder != place and folder.is_relative_to(place)]
    if any(folder.name == WORK for folder in below):
        return True
    return any((folder / mark).is_file() for folder in below for mark in _MADE_HERE)


def _names() -> list[tuple[str, str]]:
    """Patterns of names that tell a theme of CityGML by themselves, with their formats."""
    return [
        (pattern, chosen.name)
        for chosen in registry.all_of(Format)
        for pattern in chosen.patterns
        if pattern.startswith("*_") and pattern.endswith(".gml")
    ]


def look_at(path: Path, by_name: Sequence[tuple[str, str]], given: str | None) -> Look:
    """Look at one file.

    Parameters
    ----------
    path
        The file.
    by_name
        Patterns of names that tell a format.
    given
        CRS of files that name none.
    """
    try:
        with open_binary(path) as file:
            head = file.read(512)
    except OSError as error:
        return Look(fault=f"cannot be read: {error.strerror}")
    except SourceError as error:
        return Look(fault=error.message)
    if not head.strip():
        return Look(fault="is empty")
    if packed := _packed_as(head):
        fault = f"is a {packed} archive, which is not read (unpack it, or pack it again as zip)"
        return Look(fault=fault)
    feed = feed_format_of(head, content_name(path))
    if feed is not None:
        fault = f"is no part of a city model: a configuration reads it as {feed}"
        return Look(fault=fault, stray=True)
    return _look_by(head, path, by_name, given)


def _packed_as(head: bytes) -> str:
    """Kind of an archive that is not read; empty for anything else."""
    if head[_TAR[1] :].startswith(_TAR[0]):
        return "tar"
    if _LZH.match(head):
        return "LZH"
    return next((name for mark, name in _PACKED if head.startswith(mark)), "")


def _look_by(
    head: bytes, path: Path, by_name: Sequence[tuple[str, str]], given: str | None
) -> Look:
    """Look at a file that begins so."""
    if head.startswith(b"LASF"):
        return look_at_points(path, given)
    if head.startswith(_TIFF):
        return look_at_geotiff(path, given)
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"<") or head.startswith(_UTF16) or b"\0<" in head[:4]:
        named = tuple(name for pattern, name in by_name if Path(content_name(path)).match(pattern))
        return look_at_gml(path, named, given)
    if text.startswith(b"{") and (found := look_at_json(path, given)) is not None:
        return found
    if text.startswith(b"{") and b'"FeatureCollection"' not in head:
        return _other_json(head)
    if Path(content_name(path)).suffix.lower() == sewers.SUFFIX:
        return sewers.look_at_sewers(path)
    try:
        kind_of(path)
    except SourceError as error:
        return Look(fault=reason(error))
    return look_at_vector(path, given)


def _other_json(head: bytes) -> Look:
    if b'"CityJSONFeature"' in head:
        fault = (
            "is CityJSONSeq without its first line, which says the CRS and how to scale vertices"
        )
        return Look(fault=f"{fault} (put that line back)")
    return Look(fault="is JSON, but neither CityJSON nor GeoJSON", stray=True)
