"""What a result descends from: sources, remarks, classification, and the time it is about."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from citytwin.config import SourceConfig
from citytwin.engine.results import DecodedSource
from citytwin.model.layer import Classification, InputFile, SourceCredit, highest
from citytwin.model.notes import Fact, Note, Premise

_UNNAMED = ("使用するデータの一部", "One of the sources")


@dataclass(frozen=True)
class Lineage:
    """Descent of one field, table or record."""

    sources: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Figures of the step that made it; they do not pass on."""
    valid_time: datetime | None = None


def joined(parents: Iterable[Lineage], own: Lineage) -> Lineage:
    """Descent of a result from that of its inputs and its own remarks.

    Parameters
    ----------
    parents
        Descent of the inputs.
    own
        Remarks, figures and time of the step itself.
    """
    family = [*parents]
    said = [note for member in family for note in member.notes]
    passed_on = [n for n in said if n.severity != "info" or isinstance(n, Premise)]
    notes = dict.fromkeys((*passed_on, *own.notes))
    times = [member.valid_time for member in family if member.valid_time is not None]
    return Lineage(
        sources=own.sources.union(*(member.sources for member in family)),
        notes=tuple(notes),
        facts=own.facts,
        valid_time=own.valid_time or max(times, default=None),
    )


def of_source(source: SourceConfig, decoded: DecodedSource, valid_time: datetime) -> Lineage:
    """Descent of what one source gave.

    Parameters
    ----------
    source
        Its configuration.
    decoded
        What reading it reported.
    valid_time
        Time that the city's data describe.
    """
    notes = decoded.notes
    if source.synthetic:
        said = Note(
            severity="synthetic",
            ja=f"合成データ（測定値ではありません）: {source.title.ja}",
            en=f"Synthetic data, not measured: {source.title.en}",
        )
        notes = (said, *(note for note in notes if note.severity != "synthetic"))
    return Lineage(frozenset([source.name]), notes, (), valid_time)


def of_lost_source(source: SourceConfig) -> Lineage:
    """Remark left behind by a source that could not be read.

    It is no ancestor of what is made without it, which may be for anyone: one that is not public is
    not named.

    Parameters
    ----------
    source
        Its configuration.
    """
    is_public = source.classification == "public"
    ja, en = (
        (f"データ「{source.title.ja}」", f"Source {source.title.en}") if is_public else _UNNAMED
    )
    said = Note(
        severity="loss",
        ja=f"{ja}を読み込めなかったため、含まれていません",
        en=f"{en} could not be read and is missing here",
    )
    return Lineage(notes=(said,))


def classification_of(lineage: Lineage, sources: Mapping[str, SourceConfig]) -> Classification:
    """Highest classification of all sources that a result descends from.

    Parameters
    ----------
    lineage
        Descent of the result.
    sources
        Sources by name.
    """
    return highest([sources[name].classification for name in sorted(lineage.sources)])


def credits_of(
    lineage: Lineage,
    sources: Sequence[SourceConfig],
    decoded: Mapping[str, DecodedSource],
) -> tuple[SourceCredit, ...]:
    """Sources to be named on a layer, in the order of the configuration.

    Parameters
    ----------
    lineage
        Descent of the layer.
    sources
        All sources of the city.
    decoded
        What reading each reported.
    """
    return tuple(
        SourceCredit(
            title=source.title,
            sha256=_sha256_over(decoded[source.name].files),
            licence=source.licence,
            synthetic=_is_synthetic(source, decoded[source.name]),
        )
        for source in sources
        if source.name in lineage.sources
    )


def inputs_of(
    lineage: Lineage, sources: Sequence[SourceConfig], decoded: Mapping[str, DecodedSource]
) -> tuple[InputFile, ...]:
    """Every file that a layer descends from, in the order of the configuration.

    Parameters
    ----------
    lineage
        Descent of the layer.
    sources
        All sources of the city.
    decoded
        What reading each reported.
    """
    return tuple(
        InputFile(
            href=name,
            sha256=sha256,
            title=source.title,
            licence=source.licence,
            synthetic=_is_synthetic(source, decoded[source.name]),
        )
        for source in sources
        if source.name in lineage.sources
        for name, sha256 in decoded[source.name].files.items()
    )


def _is_synthetic(source: SourceConfig, decoded: DecodedSource) -> bool:
    return source.synthetic or any(note.severity == "synthetic" for note in decoded.notes)


def _sha256_over(files: Mapping[str, str]) -> str:
    """Digest of one file, or of the list that ``sha256sum`` prints of several."""
    if len(files) == 1:
        return next(iter(files.values()))
    listed = "".join(f"{sha256}  {name}\n" for name, sha256 in files.items())
    return hashlib.sha256(listed.encode()).hexdigest()
