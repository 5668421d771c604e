"""What is wrong with the city model, counted by code, and where on the map it is."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.defect_codes import SEVERITIES, kind_of
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, NoParams
from citytwin.model.text import text

_COUNTED = ("error", "warning")


def run(city: CityState, params: NoParams) -> Assessed:
    """Warnings and errors that have a place; all of them counted.

    Parameters
    ----------
    city
        With the defects that its formats found.
    params
        None needed.
    """
    del params
    defects = city.table(t.DEFECTS)
    bad = defects[defects["severity"].isin(_COUNTED).to_numpy(dtype=np.bool_)]
    placed = bad.geometry.notna().to_numpy(dtype=np.bool_)
    shown = bad[placed].reset_index(drop=True)
    severity = pd.array(shown["severity"].map(SEVERITIES.index).tolist(), dtype="Int32")
    frame = gpd.GeoDataFrame(shown.assign(severity=severity))
    return Assessed(
        frame[list(t.MODEL_DEFECTS.column_names)],
        facts=_facts(bad),
        notes=_notes(int((~placed).sum())),
    )


def _facts(bad: pd.DataFrame) -> tuple[Fact, ...]:
    """Features by code, the most frequent one first."""
    counts = bad["code"].value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-int(pair[1]), str(pair[0])))
    found = []
    for code, number in ordered:
        meaning = kind_of(str(code)).meaning
        label = text(f"{meaning.ja}（{code}）", f"{meaning.en} ({code})")
        found.append(Fact(name=f"defect_{code}", label=label, value=float(number), unit="1"))
    return tuple(found)


def _notes(nowhere: int) -> tuple[Note, ...]:
    if not nowhere:
        return ()
    return (
        Note(
            severity="info",
            ja=f"位置の分からない不備 {nowhere} 件は地図にありません（件数には含みます）",
            en=f"{nowhere} defects have no known place and are counted but not on the map",
        ),
    )


ASSESSMENT = Assessment(
    name="model_defects",
    title=text("3D都市モデルの不備", "Defects of the city model"),
    inputs=(t.DEFECTS,),
    output=t.MODEL_DEFECTS,
    params=NoParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.01, bytes_per_cell=1.0),
)
