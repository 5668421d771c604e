"""The folder of a published city is ours, new or empty: files of strangers are not replaced."""

from __future__ import annotations

from citytwin.config import LoadedConfig
from citytwin.engine.request import work_dir
from citytwin.errors import ConfigError
from citytwin.store.latest import LATEST


def require_own_folder(loaded: LoadedConfig) -> None:
    """Check, before anything is computed, that the city can be published where it shall be.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    ConfigError
        If a file stands in the way, or the folder holds files but no published city.
    """
    city_dir = loaded.city_dir
    for place in (city_dir, *city_dir.parents):
        if place.exists() and not place.is_dir():
            msg = f"{loaded.file.name}: out: {place} is no folder"
            raise ConfigError(msg, hint="name a folder; it is made when it does not exist")
    if not city_dir.is_dir() or (city_dir / LATEST).is_file() or work_dir(loaded).is_dir():
        return
    strange = sorted(path.name for path in city_dir.iterdir())
    if strange:
        some = ", ".join(strange[:3]) + (" ..." if len(strange) > 3 else "")
        msg = f"{loaded.file.name}: out: {city_dir} holds files but no published city: {some}"
        raise ConfigError(msg, hint="name another `out` or `city.id`, or move these files away")
