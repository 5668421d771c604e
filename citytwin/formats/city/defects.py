"""Brings under one roof what is wrong with a city model: one row for each feature and code.

Three books are kept while a model is read: findings of the geometry checks, rejects (what was set
aside or mended, in the words of the reader), and the codes that a building carries. They overlap;
here each fact is told once, with what was done about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.formats.city.block import Block
from citytwin.formats.city.record_rules import broken_records
from citytwin.formats.city.reject_places import placed_rejects
from citytwin.formats.city.unique_names import UniqueNames
from citytwin.formats.city.validity import INSIDE_OUT, Findings, check_block
from citytwin.formats.city.validity_wording import said
from citytwin.model.defect_codes import kind_of, rule_of
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Decoded
from citytwin.model.tables import BUILDINGS, DEFECTS, SURFACES, Table

_ENOUGH_SOLIDS = 10
"""Fewer may be inside out for a reason of their own."""
_REMARKS = frozenset({"code-unlisted"})
"""Codes of which nothing was set aside or repaired: they stand in the table of defects alone."""
_DTYPES = {"string": "string", "float64": "float64", "int32": "Int32", "int64": "Int64"}


def with_defects(decoded: Decoded, crs: str, block: Block | None = None) -> Decoded:
    """Return a decoded city model with the table of its defects.

    Parameters
    ----------
    decoded
        Tables and rejects of a source.
    crs
        CRS of the city.
    block
        Its buildings with their geometry, rows as in the table; None where there is nothing to
        check, such as outlines.
    """
    findings = None if block is None else check_block(block)
    frame = defect_frame(decoded.tables, decoded.rejects, findings, crs)
    notes = () if block is None or findings is None else _mirrored(block, findings)
    return replace(
        decoded,
        tables={**decoded.tables, DEFECTS: frame},
        rejects=tuple(reject for reject in decoded.rejects if reject.code not in _REMARKS),
        notes=(*decoded.notes, *notes),
    )


def _mirrored(block: Block, findings: Findings) -> tuple[Note, ...]:
    """A city whose solids are all inside out is one seen in a mirror."""
    solids, turned = int(block.is_shell.sum()), int((findings.code == INSIDE_OUT).sum())
    if solids < _ENOUGH_SOLIDS or turned < solids:
        return ()
    return (
        Note(
            severity="info",
            ja=f"立体 {solids} 件すべてが裏返しです。座標軸の順序が逆（鏡像）の可能性があります",
            en=f"All {solids} solids are turned inside out, as in a mirror: "
            "the axes of their coordinates may be in the wrong order",
        ),
    )


def defect_frame(
    tables: Mapping[Table, pd.DataFrame],
    rejects: Sequence[Reject],
    findings: Findings | None,
    crs: str,
) -> gpd.GeoDataFrame:
    """Return the table of defects of a decoded city model.

    Parameters
    ----------
    tables
        Tables of a source.
    rejects
        What its reader set aside or mended.
    findings
        Of the geometry checks, if they were made; rows are those of the buildings table.
    crs
        CRS of the city.
    """
    features = {t: f for t, f in tables.items() if t.geometry != "none" and t is not DEFECTS}
    carried = _carried(tables.get(BUILDINGS))
    parts = [
        _found(tables, findings),
        placed_rejects(rejects, features, frozenset(carried["code"]), _only_theme(tables)),
        carried,
        _recorded(tables.get(BUILDINGS)),
    ]
    if not any(map(len, parts)):
        return _frame(dict.fromkeys(DEFECTS.column_names, ()), crs)
    rows = pd.concat([part for part in parts if len(part)], ignore_index=True)
    named = rows["feature_id"].notna()
    told = rows.duplicated(["feature_id", "code", "source"])
    rows = rows[~(named & told)].reset_index(drop=True)
    return _frame(_completed(rows, features), crs)


def _only_theme(tables: Mapping[Table, pd.DataFrame]) -> str | None:
    themes = [table.name for table in tables if table not in (SURFACES, DEFECTS)]
    return themes[0] if len(themes) == 1 else None


def _found(tables: Mapping[Table, pd.DataFrame], findings: Findings | None) -> pd.DataFrame:
    """Rows of the geometry checks."""
    if findings is None or not len(findings):
        return _columns([], [], [], [])
    buildings = tables[BUILDINGS].iloc[findings.building]
    names = tables[SURFACES]["surface_id"].astype(object).to_numpy()[findings.surface]
    codes = ["unchecked" if n < 0 else str(n) for n in findings.code.tolist()]
    values, counts = findings.value.tolist(), findings.count.tolist()
    messages = [said(*each) for each in zip(codes, values, counts, strict=True)]
    lods = buildings["lod"].tolist()
    rules = [rule_of(c, lod, v) for c, lod, v in zip(codes, lods, values, strict=True)]
    rows = _columns(
        buildings["building_id"].tolist(), codes, messages, buildings["source"].tolist()
    )
    names[findings.surface < 0] = None
    return rows.assign(
        surface_id=names,
        rule=pd.array(rules, dtype=object),
        action="kept",
        value=values,
        count=counts,
        geometry=shapely.points(findings.place[:, :2]),
    )


def _carried(buildings: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of the codes that buildings carry."""
    if buildings is None or not (buildings["defects"] != "").any():
        return _columns([], [], [], [])
    marked = pd.DataFrame(buildings[(buildings["defects"] != "").to_numpy(dtype=np.bool_)])
    each = marked.assign(code=marked["defects"].str.split(",")).explode("code")
    codes = each["code"].astype(str).tolist()
    words = {code: kind_of(code).meaning.en for code in set(codes)}
    messages = [words[code] for code in codes]
    height, measured = each["height_m"].to_numpy(), each["measured_height_m"].to_numpy()
    differs = np.array([code == "height-differs" for code in codes], dtype=np.bool_)
    for i in np.flatnonzero(differs).tolist():
        messages[i] = f"shape is {height[i]:.2f} m high, recorded are {measured[i]:.2f} m"
    rows = _columns(each["building_id"].tolist(), codes, messages, each["source"].tolist())
    return rows.assign(value=np.where(differs, height - measured, np.nan))


def _recorded(buildings: pd.DataFrame | None) -> pd.DataFrame:
    """Rows of what the records of buildings say against themselves."""
    broken = [] if buildings is None else broken_records(buildings)
    if buildings is None or not broken:
        return _columns([], [], [], [])
    each = buildings.iloc[[row for row, _ in broken]]
    codes = [code for _, code in broken]
    messages = [kind_of(code).meaning.en for code in codes]
    return _columns(each["building_id"].tolist(), codes, messages, each["source"].tolist())


def _columns(
    features: Sequence[str], codes: Sequence[str], messages: Sequence[str], sources: Sequence[str]
) -> pd.DataFrame:
    return pd.DataFrame(
        {"feature_id": features, "code": codes, "message": messages, "source": sources},
        dtype=object,
    )


def _completed(
    rows: pd.DataFrame, features: Mapping[Table, gpd.GeoDataFrame]
) -> dict[str, Sequence[object]]:
    """Columns with what is known of each code and of each feature."""
    rows = rows.reindex(columns=[*rows.columns, *_absent(rows)]).astype(object)
    for table, frame in features.items():
        _complete(rows, table, frame)
    kinds = {code: kind_of(code) for code in set(rows["code"])}
    told = rows.where(rows.notna(), None)
    columns: dict[str, list[object]] = {name: told[name].tolist() for name in told.columns}
    of_kind = [kinds[str(code)] for code in columns["code"]]
    names = UniqueNames()
    columns["severity"] = [kind.severity for kind in of_kind]
    for name, usual in (
        ("action", [kind.action for kind in of_kind]),
        ("rule", [None if str(c) == "203" else kinds[str(c)].rule for c in columns["code"]]),
        ("count", [1] * len(rows)),
    ):
        columns[name] = [
            a if a is not None else b for a, b in zip(columns[name], usual, strict=True)
        ]
    columns["defect_id"] = [
        names.take(f"{feature or source}:{code}")
        for feature, source, code in zip(
            columns["feature_id"], columns["source"], columns["code"], strict=True
        )
    ]
    return dict(columns)


def _absent(rows: pd.DataFrame) -> list[str]:
    return [name for name in DEFECTS.column_names if name not in rows.columns]


def _complete(rows: pd.DataFrame, table: Table, frame: gpd.GeoDataFrame) -> None:
    """Fill in place, parent and offset of the defects of one table's features."""
    ids = pd.Index(frame[table.columns[0].name].astype(object))
    place = ids.get_indexer_for(rows["feature_id"]) if ids.is_unique else np.empty(0, dtype=int)
    open_to_it = rows["theme"].isna() | (rows["theme"] == table.name)
    hit = np.flatnonzero((place >= 0) & open_to_it.to_numpy(dtype=np.bool_))
    if not len(hit):
        return
    chosen = frame.iloc[place[hit]]
    rows.loc[hit, "theme"] = table.name
    for column in ("parent_id", "offset"):
        if column in frame.columns:
            rows.loc[hit, column] = chosen[column].astype(object).to_numpy()
    bare = hit[rows["geometry"].iloc[hit].isna().to_numpy()]
    if len(bare):
        shapes = frame.geometry.to_numpy()[place[bare]]
        rows.loc[bare, "geometry"] = shapely.point_on_surface(shapes)


def _frame(columns: Mapping[str, Sequence[Any]], crs: str) -> gpd.GeoDataFrame:
    plain = {
        column.name: pd.Series(list(columns[column.name]), dtype=_DTYPES[column.kind])
        for column in DEFECTS.columns
        if column.kind != "geometry"
    }
    points = gpd.GeoSeries(list(columns["geometry"]), crs=crs)
    return gpd.GeoDataFrame(plain, geometry=points, crs=crs)[list(DEFECTS.column_names)]
