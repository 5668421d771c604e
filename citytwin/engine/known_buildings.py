"""Whether the last run of a city knew a building, looked up in its working store."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from citytwin.config import LoadedConfig
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.request import work_dir
from citytwin.errors import StoreError
from citytwin.model import tables as t

_NAMES = ["building_id", "stable_key"]


def knows_building(loaded: LoadedConfig, building: str) -> bool | None:
    """Return whether a building was among those of the last run.

    Only two columns are read, and nothing is held: a run may go on meanwhile.

    Parameters
    ----------
    loaded
        The configuration.
    building
        Its id, or the key that outlives a release.

    Returns
    -------
    bool or None
        None where that is not known: before the first run, or while another changes the store. So it
        is in a city for known readers, to whom a policy says which buildings there are.
    """
    if loaded.closed:
        return None
    work, config = work_dir(loaded), loaded.config
    store = CityStore(work, config.crs, config.time_zone, tile_cells=1)  # no tile is looked at
    try:
        for file in store.files_of(MERGED, t.BUILDINGS):
            rows = pq.read_table(work / file.path, columns=_NAMES)
            if any(pc.any(pc.equal(rows[name], building)).as_py() for name in _NAMES):
                return True
    except (StoreError, OSError, pa.ArrowException):
        return None
    return False
