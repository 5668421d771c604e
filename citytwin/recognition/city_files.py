"""Files of a city model: what reads them, the plane they come to lie in, and what is left out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.model.crs import GIVE_CRS, require_metric
from citytwin.model.notes import Note, Reject
from citytwin.model.raster import RasterRole
from citytwin.model.tables import Table
from citytwin.recognition.files import LookedAt, look_at_places
from citytwin.recognition.plane import lies_off, plane_crs
from citytwin.recognition.sources import CitySource, sources_of
from citytwin.store.model_folder import InputFile
from citytwin.transports.files import size_of
from citytwin.wording import first_of


@dataclass(frozen=True)
class CityFiles:
    """Files at the places that a user named, before any of them is read."""

    files: tuple[LookedAt, ...]
    """Those that could be a model, and those that were asked for by name."""
    strays: int
    """Others in the same folders."""
    sources: tuple[CitySource, ...]
    plane: str
    """CRS of the tables, ``EPSG:n``."""

    @property
    def refused(self) -> tuple[Reject, ...]:
        """Files that no format reads."""
        return tuple(
            Reject(source=file.path.name, record="file", code="not-recognised", message=look.fault)
            for file in self.files
            if not (look := file.look).uses
        )

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be said of the files, whatever is in them."""
        far = [f.path.name for f in self.files if f.look.uses and lies_off(f.look, self.plane)]
        return (
            *(_unread(file) for file in self.files if file.look.unread),
            *([_far_off(far, self.plane)] if far else []),
            *([_strays(self.strays)] if self.strays else []),
        )


def find_city_files(
    places: Sequence[str | Path],
    wanted: Collection[Table | RasterRole],
    *,
    crs: str | None,
    given: str | None,
    apart: Path | None = None,
) -> CityFiles:
    """Find the files of a city model, and what reads each.

    Parameters
    ----------
    places
        Files, folders, patterns.
    wanted
        Tables and rasters wanted.
    crs
        CRS of the tables; None = that of the place.
    given
        CRS of files that name none.
    apart
        Folder of which nothing is read, since it is written to.

    Raises
    ------
    SourceError
        If nothing is there, or no format reads any of it: the first reason.
    ConfigError
        If `crs` is not projected in metres.
    """
    looked = look_at_places(places, given=given, apart=apart)
    files = tuple(file for file in looked if file.asked or not file.look.stray)
    sources = sources_of(files, wanted)
    if not sources:
        raise _nothing(looked)
    return CityFiles(files, len(looked) - len(files), sources, _plane(files, crs))


def _plane(files: Sequence[LookedAt], crs: str | None) -> str:
    if crs is not None:
        return require_metric(crs)
    found = plane_crs([file.look for file in files if file.look.uses])
    if found is not None:
        return found
    if any(file.look.fault for file in files):
        raise _nothing(files)
    named = any(file.look.crs for file in files)
    raise SourceError(
        "tells no place on Earth" if named else "names no coordinate reference system",
        source=", ".join([file.path.name for file in files if file.look.uses][:3]),
        hint="give `crs`, a projected CRS for the tables" if named else GIVE_CRS,
    )


def _nothing(files: Sequence[LookedAt]) -> SourceError:
    """Why no format reads any of the files; what could be a model says more than the others."""
    for file in sorted(files, key=lambda file: (file.look.stray, not file.look.uses)):
        if file.look.fault:
            said = file.look.fault.endswith(")")  # by whoever refused it
            hint = "" if said else "give files of a city model"
            return SourceError(file.look.fault, source=file.path.name, hint=hint)
    return SourceError(
        "hold nothing of the themes wanted",
        source=", ".join(file.path.name for file in files[:3]),
        hint="leave out `themes`, or give other files",
    )


def _unread(file: LookedAt) -> Note:
    kinds = ", ".join(file.look.unread)
    return Note(
        severity="loss",
        ja=f"{file.path.name} の {kinds} を読み込む形式はありません",
        en=f"{kinds} of {file.path.name} are read by no format",
    )


def _far_off(names: Sequence[str], crs: str) -> Note:
    named = first_of(names)
    return Note(
        severity="fallback",
        ja=f"{len(names)} ファイル（{named}）は {crs} の適用範囲から遠く、長さと面積が正しくありません",
        en=f"{len(names)} files ({named}) lie far from where {crs} is used: lengths and areas in "
        "them are wrong; read them by themselves",
    )


def _strays(count: int) -> Note:
    return Note(
        severity="info",
        ja=f"都市モデルではない {count} ファイルは読み込んでいません",
        en=f"{count} files that are no city models were not read",
    )


def input_file(file: LookedAt, sha256: str) -> InputFile:
    """Return what is kept of a file.

    Parameters
    ----------
    file
        The file.
    sha256
        Its digest.
    """
    return InputFile(
        path=str(file.path),
        formats=tuple(use.format_name for use in file.look.uses),
        crs=file.look.crs,
        bytes=size_of(file.path),
        sha256=sha256,
    )
