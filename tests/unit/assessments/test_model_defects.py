"""Defects on the map: warnings and errors with a place, all of them counted by code."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from citytwin.assessments.model_defects import ASSESSMENT
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessed, CityState, NoParams
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -80.0, -40.0, 2.0, 6, 9)


def assessed(*rows: tuple[str, str, bool]) -> Assessed:
    """Assess defects of these codes and severities, with a place or without."""
    frame = gpd.GeoDataFrame(
        {name: [None] * len(rows) for name in t.DEFECTS.column_names if name != "geometry"},
        geometry=[shapely.Point(-70, -45) if placed else None for *_, placed in rows],
        crs=GRID.crs,
    )
    frame["defect_id"] = [f"d{n}" for n in range(len(rows))]
    frame["code"], frame["severity"] = [r[0] for r in rows], [r[1] for r in rows]
    frame["message"], frame["source"], frame["count"] = "said", "a.gml", 1
    defects = conform(t.DEFECTS, frame, GRID.crs)
    return ASSESSMENT.run(CityState(GRID, {}, {t.DEFECTS: defects}), NoParams())


def test_counted_by_code_and_shown_where_they_are() -> None:
    """Two open solids, one of them without a place; remarks are neither shown nor counted."""
    result = assessed(
        ("203", "warning", True),
        ("302", "error", True),
        ("302", "error", False),
        ("height-recorded", "info", True),
    )
    rows = conform(t.MODEL_DEFECTS, result.frame, GRID.crs)
    assert rows["defect_id"].tolist() == ["d0", "d1"]
    assert rows["severity"].tolist() == [1, 2]
    assert [(fact.name, fact.value) for fact in result.facts] == [
        ("defect_302", 2.0),
        ("defect_203", 1.0),
    ]
    assert "(302)" in result.facts[0].label.en
    assert [note.severity for note in result.notes] == ["info"]
    assert "1 defects have no known place" in result.notes[0].en


def test_a_city_without_defects() -> None:
    """An empty table of the right kind; nothing to count, nothing to say."""
    result = assessed()
    assert len(conform(t.MODEL_DEFECTS, result.frame, GRID.crs)) == 0
    assert (result.facts, result.notes) == ((), ())
    assert np.all(result.frame.columns == list(t.MODEL_DEFECTS.column_names))
