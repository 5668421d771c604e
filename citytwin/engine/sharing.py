"""Two sources that read the same file would count everything in it twice."""

from __future__ import annotations

from pathlib import Path

from citytwin.engine.bind import BoundCity
from citytwin.engine.sources import files_of
from citytwin.errors import ConfigError, SourceError


def refuse_shared_files(city: BoundCity) -> None:
    """Check that no file is read twice in one way.

    Sources with other parameters may share a file: two layers of a GeoPackage, two stations.

    Parameters
    ----------
    city
        The checked configuration.

    Raises
    ------
    ConfigError
        If two sources of one format and the same parameters share a file; it names both.
    """
    ways = [(s.format.name, s.params.model_dump_json()) for s in city.sources]
    first: dict[tuple[tuple[str, str], Path], int] = {}
    for index, (source, way) in enumerate(zip(city.sources, ways, strict=True)):
        if ways.count(way) < 2:
            continue
        try:
            _, files = files_of(city.loaded, source)
        except SourceError:
            continue  # told where it is read
        for file in files:
            before = first.setdefault((way, file.resolve()), index)
            if before != index:
                other, name = city.sources[before].config.name, source.config.name
                msg = (
                    f"{city.loaded.file.name}: sources[{index}].path: {name!r} reads {file}, which "
                    f"sources[{before}] ({other!r}) reads as well"
                )
                raise ConfigError(msg, hint="everything would count twice: leave one of them out")
