"""Buildings as people have corrected them, after all sources are joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from citytwin.config import LoadedConfig
from citytwin.engine.sealing_city import require_sealed_observations
from citytwin.model.notes import Note
from citytwin.store.corrections import Correction, correction_files, correction_in, standing
from citytwin.store.observed_folder import folder_of

_VALUES: Mapping[str, Callable[[str], str | int]] = {"storeys": int, "usage": str}


@dataclass
class Corrections:
    """What stands corrected, and which of it has met its building."""

    standing: Mapping[tuple[str, str], Correction] = field(default_factory=dict)
    """By building and attribute."""
    met: set[tuple[str, str]] = field(default_factory=set)

    def concern(self, buildings: pd.DataFrame) -> bool:
        """Return whether one of some buildings is corrected.

        Parameters
        ----------
        buildings
            Rows of the table.
        """
        named = {building for building, _ in self.standing}
        return any(buildings[key].isin(named).any() for key in ("building_id", "stable_key"))

    def applied(self, buildings: pd.DataFrame) -> pd.DataFrame:
        """Return buildings as they stand corrected; the code of a usage goes with its text.

        Parameters
        ----------
        buildings
            Rows of the table.
        """
        buildings = buildings.copy()
        for (building, attribute), one in self.standing.items():
            rows = buildings["building_id"].eq(building) | buildings["stable_key"].eq(building)
            rows = rows.fillna(value=False).astype(bool)
            if rows.any() and one.value is not None:
                buildings.loc[rows, attribute] = _VALUES[attribute](one.value)
                if attribute == "usage":
                    buildings.loc[rows, "usage_code"] = pd.NA
                self.met.add((building, attribute))
        return buildings

    def notes(self) -> tuple[Note, ...]:
        """Say what was corrected, and of which buildings nothing is left."""
        found = []
        if self.met:
            found.append(
                Note(
                    severity="info",
                    ja=f"建物の属性 {len(self.met)} 件は手作業で訂正されています",
                    en=f"{len(self.met)} attributes of buildings were corrected by hand",
                )
            )
        if self.gone:
            found.append(
                Note(
                    severity="loss",
                    ja=f"訂正された建物 {len(self.gone)} 棟が都市モデルにありません",
                    en=f"{len(self.gone)} buildings that were corrected are not in the city model",
                )
            )
        return tuple(found)

    @property
    def gone(self) -> tuple[str, ...]:
        """Buildings of which nothing is left to correct.

        A layer does not name them: they may be those of a source that is more protected than it.
        """
        return tuple(sorted({building for building, _ in self.standing.keys() - self.met}))


def corrections_of(loaded: LoadedConfig) -> Corrections:
    """Return what stands corrected of a city; of a past night what stood then.

    Parameters
    ----------
    loaded
        The configuration.

    Raises
    ------
    StoreError
        If a correction cannot be read, or lies in clear in a city with restricted data.
    """
    if correction_files(folder_of(loaded.city_dir, sealed=False)):
        require_sealed_observations(loaded)
    folder = folder_of(loaded.city_dir, sealed=loaded.protected)
    every = [correction_in(file) for file in correction_files(folder)]
    return Corrections(standing(every, loaded.past.begin if loaded.past else None))
