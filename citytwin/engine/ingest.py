"""Sources to joined tables: what a run does before it knows of a grid, a plan or a layer."""

from __future__ import annotations

from distributed import Client

from citytwin.engine.bind import BoundCity
from citytwin.engine.city_store import CityStore
from citytwin.engine.joining import join_sources
from citytwin.engine.reading import Reading, read_sources
from citytwin.engine.report import Progress, RunReport
from citytwin.engine.standing import Standing
from citytwin.store.manifest import Manifest


def ingest(
    city: BoundCity,
    store: CityStore,
    manifest: Manifest,
    client: Client,
    progress: Progress,
    report: RunReport,
    *,
    verify: bool = False,
) -> tuple[Reading, Standing]:
    """Read the sources of a city and join their tables in its working store.

    Parameters
    ----------
    city
        The checked configuration; of it, only the sources and the CRS count.
    store, manifest
        The working store and its records; what stands is not read again.
    client
        Dask client.
    progress, report
        Who is told of sources, files and records that are lost.
    verify
        Whether files are hashed again in spite of unchanged time stamps.

    Returns
    -------
    Reading
        What was read of each source.
    Standing
        The joined tables: ``store.read_table`` gives the rows of each, ``store.files_of`` its files.
    """
    reading = read_sources(city, store, manifest, client, progress, report, verify=verify)
    if report.failures:
        return reading, Standing()
    standing = join_sources(city.loaded.config, reading, {}, store)
    report.losses += standing.losses
    return reading, standing
