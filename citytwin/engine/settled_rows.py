"""Rows of a part under ids that no part before it has: dropped, renamed, or left as they are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from citytwin.engine.unique_ids import Clash
from citytwin.model import tables as t
from citytwin.model.identities import RENAMED
from citytwin.model.tables import Table


def settled(
    table: Table,
    frame: pd.DataFrame,
    clash: Mapping[Table, Clash],
    owner: str = "",
) -> pd.DataFrame:
    """Return rows of a part under ids that no part before it has.

    Parameters
    ----------
    table, frame
        The rows and their schema; surfaces and defects follow their buildings.
    clash
        Of the tables of the part.
    owner
        Name of the source, where it is told apart from other sources.
    """
    if table is t.SURFACES:
        return _settled_surfaces(frame, clash.get(t.BUILDINGS, Clash()), owner)
    own = clash.get(table, Clash())
    if table is t.DEFECTS:
        return _settled_defects(frame, own, clash.get(t.BUILDINGS, Clash()))
    return _settled_rows(table, frame, own, owner)


def is_touched(table: Table, clash: Mapping[Table, Clash]) -> bool:
    """Whether rows of a part have to change their ids, or to go.

    Parameters
    ----------
    table
        Of the rows.
    clash
        Of the tables of the part.
    """
    follows = table in (t.SURFACES, t.DEFECTS) and bool(clash.get(t.BUILDINGS))
    return follows or bool(clash.get(table))


def _settled_rows(table: Table, frame: pd.DataFrame, clash: Clash, owner: str) -> pd.DataFrame:
    kept = frame[~frame[table.key].isin(clash.dropped)]
    new = {table.key: _mapped(kept[table.key], clash)}
    if table is t.BUILDINGS:
        new["parent_id"] = _mapped(kept["parent_id"], clash)
        if not owner:
            moved = kept[table.key].isin(clash.renamed).to_numpy(dtype=np.bool_)
            marked = (kept["defects"] + "," + RENAMED).str.lstrip(",")
            before = kept["defects"].str.contains(RENAMED, regex=False).to_numpy(dtype=np.bool_)
            new["defects"] = kept["defects"].where(before | ~moved, marked)
    return kept.assign(**new).reset_index(drop=True)


def _settled_defects(frame: pd.DataFrame, clash: Clash, buildings: Clash) -> pd.DataFrame:
    of_building = frame["theme"].eq(t.BUILDINGS.name).fillna(value=False)
    kept = frame[~(frame["feature_id"].isin(buildings.dropped) & of_building)]
    new = {name: _mapped(kept[name], buildings) for name in ("feature_id", "parent_id")}
    return kept.assign(**{t.DEFECTS.key: _mapped(kept[t.DEFECTS.key], clash)}, **new).reset_index(
        drop=True
    )


def _settled_surfaces(frame: pd.DataFrame, clash: Clash, owner: str) -> pd.DataFrame:
    kept = frame[~frame["building_id"].isin(clash.dropped)]
    ids = [
        _surface_name(name, building, clash, owner)
        for name, building in zip(kept["surface_id"], kept["building_id"], strict=True)
    ]
    kept = kept.assign(
        surface_id=pd.array(ids, dtype="string"), building_id=_mapped(kept["building_id"], clash)
    )
    return kept.reset_index(drop=True)


def _surface_name(name: str, building: str, clash: Clash, owner: str) -> str:
    if building not in clash.renamed:
        return name
    if owner:
        return f"{owner}:{name}"
    named_after = name.startswith(f"{building}/")
    return clash.renamed[building] + name.removeprefix(building) if named_after else name


def _mapped(column: pd.Series[str], clash: Clash) -> pd.Series[str]:
    if not clash.renamed:
        return column
    new = column.map(lambda one: clash.renamed.get(one, one), na_action="ignore")
    return new.astype("string")
