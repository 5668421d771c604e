"""Compares the roofs of the city model with a survey, and says so when the model is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.text import text


class SurfaceAccuracyParams(Params):
    """When a city model counts as doubtful."""

    doubtful_bias_m: float = Bound(default=2.5, gt=0)
    """Median difference of roofs from which the heights of the model are doubtful [m]."""


def run(city: CityState, params: SurfaceAccuracyParams) -> Assessed:
    """Difference of model and survey on the roof cells of each building."""
    buildings = city.table(t.BUILDINGS)
    index = rows_of_cells(city[f.BUILDING_NUMBER], buildings["building_id"])
    difference = city[f.SURFACE_HEIGHT].astype(np.float64) - city[f.REFERENCE_SURFACE]
    roofs = (index >= 0) & ~np.isnan(difference)
    owner, value = index[roofs], difference[roofs]
    number = len(buildings)
    cells = np.bincount(owner, minlength=number)
    bias = _mean(np.bincount(owner, weights=value, minlength=number), cells)
    square = _mean(np.bincount(owner, weights=value**2, minlength=number), cells)
    frame = buildings[["building_id", "geometry"]].copy()
    frame["cells"] = pd.array(cells, dtype="Int32")
    frame["bias_m"] = bias
    frame["rmse_m"] = np.sqrt(square)
    facts, notes = _overall(value, params)
    return Assessed(frame[list(t.SURFACE_ACCURACY.column_names)], facts, notes)


def _mean(total: NDArray[Any], count: NDArray[Any]) -> NDArray[np.float64]:
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean


def _overall(
    value: NDArray[np.float64], params: SurfaceAccuracyParams
) -> tuple[tuple[Fact, ...], tuple[Note, ...]]:
    if not value.size:
        return (), ()
    median = float(np.median(value))
    facts = (
        _fact("roof_bias", "屋根高の平均差", "Mean difference of roofs", float(value.mean())),
        _fact("roof_median", "屋根高の差の中央値", "Median difference of roofs", median),
        _fact(
            "roof_rmse",
            "屋根高の二乗平均平方根誤差",
            "RMSE of roofs",
            float(np.sqrt(np.mean(value**2))),
        ),
    )
    if abs(median) < params.doubtful_bias_m:
        return facts, ()
    return facts, (
        Note(
            severity="loss",
            ja=f"建物モデルの屋根が測量より中央値で {median:+.1f} m ずれています。"
            "建物の高さは信頼できません",
            en=f"Roofs of the city model differ from the survey by {median:+.1f} m in the median: "
            "its building heights cannot be trusted",
        ),
    )


def _fact(name: str, ja: str, en: str, value: float) -> Fact:
    return Fact(name=name, label=text(ja, en), value=value, unit="m")


ASSESSMENT = Assessment(
    name="surface_accuracy",
    title=text("建物モデルの高さの精度", "Accuracy of building heights"),
    inputs=(t.BUILDINGS, f.BUILDING_NUMBER, f.SURFACE_HEIGHT, f.REFERENCE_SURFACE),
    output=t.SURFACE_ACCURACY,
    params=SurfaceAccuracyParams,
    run=run,
    concerns=(t.BUILDINGS,),
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=40.0),
)
