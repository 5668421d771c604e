"""Which objects of a bucket belong to a source: by address, folder or pattern, as on a disk."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Sequence
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.transports.bucket_address import SCHEME, has_pattern, is_sound_name
from citytwin.transports.buckets import Bucket, Stored
from citytwin.transports.places import is_archive

_ANY_DEPTH = "**"
_LEVELS = 4
"""From ``udx/bldg/lod2/file.gml`` up to the data set, whose lists it refers to."""


def objects_of(bucket: Bucket, address: str, beside: Sequence[str]) -> dict[str, Stored]:
    """Return the objects of a source, by their names in the bucket.

    Parameters
    ----------
    bucket
        The whole bucket.
    address
        Names an object, a folder, a place in a zip archive, or a pattern of any of them, without the
        bucket. An object comes with those of its name but for the suffix, such as parts of a
        Shapefile.
    beside
        Names of folders that belong to a source: up to four levels above an address without
        a pattern, or the part before one, and from there on in every folder above an object.

    Raises
    ------
    SourceError
        If there are none, or one has a name that no file may have.
    StoreError, UnreachableError
        If the server refuses, or does not answer.
    """
    parts = [part for part in address.split("/") if part]
    fixed = next((k for k, part in enumerate(parts) if has_pattern(part)), len(parts))
    if fixed < len(parts):
        every = bucket.listed("/".join(parts[:fixed]))
        found = {n: s for n, s in every.items() if _leads_to(n.split("/"), parts)}
        near = {f"{folder}/{name}" for folder in _folders_above(found) for name in beside}
        found |= {n: s for n, s in every.items() if not near.isdisjoint(_folders_above([n]))}
    else:
        found = _named(bucket, parts)
    if not found:
        source = f"{SCHEME}{bucket.folder.bucket}/{address}"
        hint = f"correct the path; {bucket.folder.endpoint} was asked"
        raise SourceError("no such object, and no folder of such", source=source, hint=hint)
    for depth in range(fixed, max(fixed - _LEVELS, 0) - 1, -1):
        for name in beside:
            found |= bucket.listed("/".join((*parts[:depth], name)))
    folders = _folders_above(found)
    found = {n: s for n, s in found.items() if n not in folders}  # marks that some tools put there
    for name in found:
        if not is_sound_name(name):
            msg = f"an object is named {name!a}, as no file may be"
            raise SourceError(msg, source=str(bucket.folder), hint="rename or remove it")
    return found


def _folders_above(names: Iterable[str]) -> set[str]:
    return {n[:k] for n in names for k, letter in enumerate(n) if letter == "/"}


def _named(bucket: Bucket, parts: list[str]) -> dict[str, Stored]:
    below = bucket.listed("/".join(parts))
    if below or not parts:
        return below
    ends = [k + 1 for k, part in enumerate(parts) if is_archive(Path(part))]
    for end in (*ends, len(parts)):
        folder, last = "/".join(parts[: end - 1]), parts[end - 1]
        here = bucket.listed_in(folder)
        if "/".join(parts[:end]) in here:
            stem = last.partition(".")[0]
            return {n: s for n, s in here.items() if n.split("/")[-1].partition(".")[0] == stem}
    return {}


def _leads_to(name: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether a pattern finds an object, a folder above it, or a place in it."""
    if not pattern:
        return True
    if not name:
        return False
    first, rest = pattern[0], pattern[1:]
    if first == _ANY_DEPTH:
        return any(_leads_to(name[k:], rest) for k in range(len(name)))
    if not fnmatch.fnmatchcase(name[0], first):
        return False
    return (len(name) == 1 and is_archive(Path(name[0]))) or _leads_to(name[1:], rest)
