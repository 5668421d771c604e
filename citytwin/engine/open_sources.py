"""Sources of which parts are being read: what stands, what is sent to workers, what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from citytwin.engine.city_store import CityStore
from citytwin.engine.results import DecodedPart
from citytwin.engine.settled_sources import Outcome
from citytwin.engine.source_hashes import hash_files
from citytwin.engine.source_parts import (
    Reads,
    SourcePart,
    parts_of_source,
    remember_whole,
    standing_part,
    whole_file,
)
from citytwin.engine.sources import SourceTask, decode
from citytwin.engine.work import Work
from citytwin.store.manifest import Manifest


@dataclass(frozen=True)
class WantedSource:
    """A source that shall be read, whoever asked for it."""

    source: Reads
    task: SourceTask
    """All its files."""
    expect: bool
    """Whether it must hold something."""


@dataclass(eq=False)
class OpenSource:
    """A source of which parts are being read."""

    source: Reads
    whole: SourceTask
    expect: bool
    parts: list[SourcePart]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """By part."""

    def undivided(self, part: SourcePart, manifest: Manifest) -> list[SourcePart]:
        """Put a file as a whole in the place of its ranges; none where that was done before.

        Parameters
        ----------
        part
            A range of the file that needs the others.
        manifest
            Remembers the file.
        """
        (file,) = part.task.dataset.files
        ranges = [p for p in self.parts if p.task.dataset.part and p.task.dataset.files == (file,)]
        if not ranges:
            return []
        remember_whole(manifest, self.whole, file)
        place = self.parts.index(ranges[0])
        again = whole_file(self.source, self.whole, file)
        self.parts[place : place + len(ranges)] = [again]
        return [again]


PartWork: TypeAlias = Work[tuple[OpenSource, SourcePart], DecodedPart]


def open_source(wanted: WantedSource, manifest: Manifest, *, verify: bool) -> OpenSource:
    """Hash the files of a source, and cut it into parts.

    Parameters
    ----------
    wanted
        The source.
    manifest
        Records of the working store.
    verify
        Whether files are hashed again in spite of unchanged time stamps.

    Raises
    ------
    SourceError
        If a file cannot be read.
    """
    whole = replace(wanted.task, hashes=hash_files(manifest, wanted.task, verify=verify))
    parts = parts_of_source(wanted.source, whole, manifest)
    return OpenSource(wanted.source, whole, wanted.expect, parts)


def submit(
    opened: OpenSource,
    parts: Sequence[SourcePart],
    manifest: Manifest,
    store: CityStore,
    work: PartWork,
    *,
    verify: bool = False,
) -> int:
    """Send what does not stand to the workers; return how many parts stand.

    Parameters
    ----------
    opened, parts
        The source, and parts of it.
    manifest, store
        The working store and its records.
    work
        Where the parts are sent.
    verify
        Whether what stands is read again and compared with its digests.
    """
    standing = 0
    for part in parts:
        stands = standing_part(part, manifest, store, verify=verify)
        if stands is not None:
            opened.outcomes[part.order.part] = stands
            standing += 1
            continue
        order = replace(part.order, before_s=manifest.took(part.order.key, part.order.part))
        manifest.forget(order.key, [order.part])
        work.submit((opened, part), order, decode, part.task)
    return standing
