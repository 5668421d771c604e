"""Recognises a request that has been carried out already, without any heavy import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.beside import files_beside, files_named
from citytwin.engine.code_hash import package_digest
from citytwin.engine.versions import package_versions
from citytwin.errors import DamagedError, SourceError
from citytwin.model.layer import Latest
from citytwin.security.sealed_folders import SEALED
from citytwin.store.corrections import correction_files
from citytwin.store.latest import published_city
from citytwin.store.manifest import WORK, FinishedRun, Manifest
from citytwin.store.observed_folder import folder_of
from citytwin.store.standing_city import stands
from citytwin.transports.files import stamp_of
from citytwin.transports.finding import find_files
from citytwin.transports.places import disk_file
from citytwin.viewer.export import holds_viewer

MANIFEST = "manifest.sqlite"
_MAY_NAME_LISTS = (".gml", ".citygml", ".xml", ".gml.gz", ".xml.gz")
"""Endings of files of XML, which may name code lists; which format reads them is not known without its
import. An archive has all that its files name within it."""
PAST = ".past"
"""Ends the name of the working store of nights that are made up for; no city's id has a dot."""


def work_dir(loaded: LoadedConfig) -> Path:
    """Folder of a city's working store, beside the published city: what is published may be copied
    to a web server as it is, and decoded sources stay at home; sealed, where one is restricted.

    Nights that are made up for have a store of their own, so that those of the clock find theirs
    as they left it.

    Parameters
    ----------
    loaded
        The configuration.
    """
    work = loaded.path(loaded.config.out) / WORK
    name = loaded.config.city.id + ("" if loaded.past is None else PAST)
    return (work / SEALED if loaded.protected else work) / name


def request_key(loaded: LoadedConfig) -> str:
    """Digest of the configuration, the code, corrections by hand, and the stamps of all input files, those
    that parameters of steps name among them.

    Of the libraries, the versions of the Python packages count; asking those of the C libraries
    below them would take longer than all the rest.

    Parameters
    ----------
    loaded
        The configuration.
    """
    stamps = []
    for source in loaded.config.sources:
        place = loaded.path(source.path)
        root = loaded.path(source.root) if source.root else None
        stamps += [[source.name, *one] for one in _stamps(place, root, source.params)]
    config = loaded.config
    for step in (*config.grids, *config.simulations, *config.assessments):
        stamps += [
            [step.use, str(file), *stamp_of(file)]
            for file in files_named(step.params, loaded.file.parent)
        ]
    night = loaded.past.model_dump_json() if loaded.past else ""
    observed = folder_of(loaded.city_dir, sealed=loaded.protected)
    corrected = [file.name for file in correction_files(observed)]  # whose content never changes
    said = [loaded.sha256, night, package_digest(), package_versions(), stamps, corrected]
    text = json.dumps(said)
    return hashlib.sha256(text.encode()).hexdigest()


def _stamps(
    place: Path, root: Path | None, params: Mapping[str, object]
) -> Iterator[tuple[str, int, int]]:
    """Name, size and time stamp of the files of a source, and of those beside them."""
    files = _files_at(place)
    lists = any(file.name.lower().endswith(_MAY_NAME_LISTS) for file in files)
    try:
        every = (*files, *files_beside(files, root, params, code_lists=lists))
    except SourceError:  # what cannot be read is told when the source is
        every = files
    for file in every:
        with suppress(FileNotFoundError):  # gone meanwhile
            yield (str(file), *stamp_of(file))


def _files_at(place: Path) -> tuple[Path, ...]:
    """All files of a source: which of them its format takes is not known without its import."""
    whole = disk_file(place)  # an archive has one time stamp for all its members
    if whole is not None:
        return (whole,)
    try:
        return find_files(place, ("*",))
    except SourceError:
        return ()


def carried_out(loaded: LoadedConfig, now: datetime | None = None) -> FinishedRun | None:
    """Return the run that carried out this very request and still stands published, or None.

    Parameters
    ----------
    loaded
        The configuration.
    now
        Time of the clock (aware), for maps of the moment; None = what it shows.
    """
    manifest_file = work_dir(loaded) / MANIFEST
    if not manifest_file.is_file():
        return None
    try:
        manifest = Manifest.reading(manifest_file)
        try:
            finished = manifest.finished(request_key(loaded))
        finally:
            manifest.close()
    except DamagedError:
        return None  # the run begins anew
    moment_s = (now or datetime.now(UTC)).timestamp()
    if finished is None or not finished.begin_s <= moment_s < finished.end_s:
        return None
    latest = read_latest(loaded.city_dir)
    if latest is None or latest.run_id != finished.run_id:
        return None
    has_page = latest.publication == "served" or holds_viewer(loaded.city_dir)
    complete = stands(loaded.city_dir, latest) and has_page
    return finished if complete else None


def read_latest(city_dir: Path) -> Latest | None:
    """Read ``latest.json`` of a published city; None when nothing is published.

    Parameters
    ----------
    city_dir
        Folder of the city.
    """
    return published_city(city_dir)
