"""Solar potential of each roof: usable area, capacity of modules and their yield in a year."""

from __future__ import annotations

from dataclasses import dataclass

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

FloatArray = NDArray[np.float64]


class RoofSolarParams(Params):
    """Which parts of roofs carry modules, and what these yield.

    Limits of area, slope, aspect and shade: Gagnon et al. 2016, Rooftop solar photovoltaic
    technical potential in the United States, NREL/TP-6A20-65298.
    """

    min_area_m2: float = Bound(default=10.0, ge=0)
    """Planes with less usable area carry nothing."""
    max_slope_deg: float = Bound(default=60.0, gt=0, le=90)
    """Steeper planes carry nothing."""
    flat_below_deg: float = Bound(default=10.0, ge=0, le=30)
    """Planes that lean less are flat, and face nowhere. As of the simulation
    ``roof_irradiation``."""
    north_deg: float = Bound(default=67.5, ge=0, le=180)
    """Planes that face within this of true north (in the southern hemisphere: of south) carry
    nothing."""
    min_light_share: float = Bound(default=0.7, ge=0, le=1)
    """Places that get less of the light that an unshaded plane would get carry nothing
    [1]."""
    min_irradiation_kwh_m2: float = Bound(default=0.0, ge=0)
    """Places that get less in a year carry nothing; 0 = no such limit."""
    obstructed_share: float = Bound(default=0.1, ge=0, lt=1)
    """Of the usable area, under windows, chimneys and machines that the model does not show. An
    assumption without a source, to be set for the buildings of the city
    [1]."""
    setback_share: float = Bound(default=0.1, ge=0, lt=1)
    """Of the usable area, kept free along edges for access, wind and fire. An assumption without
    a source
    [1]."""
    cover_pitched: float = Bound(default=0.98, gt=0, le=1)
    """Area of modules by area that they are laid on, on pitched roofs (Gagnon et al. 2016)
    [1]."""
    cover_flat: float = Bound(default=0.70, gt=0, le=1)
    """The same on flat roofs, where rows stand apart (Gagnon et al. 2016)
    [1]."""
    module_efficiency: float = Bound(default=0.20, gt=0, le=0.5)
    """Under standard test conditions, 1000 W/m2; crystalline silicon on sale since 2020
    [1]."""
    performance_ratio: float = Bound(default=0.75, gt=0, le=1)
    """Of electricity to light on the modules times their efficiency. As reckoned after JIS C 8907:
    15 % lost by heat on the mean of the year, 7 % by wiring and dirt, 5 % by the inverter
    [1]."""


@dataclass(frozen=True)
class _Cells:
    """Roof cells, arrays of shape (n,)."""

    building: NDArray[np.int64]
    plane: NDArray[np.int64]
    """Number that no plane of another building has."""
    slope_deg: FloatArray
    aspect_deg: FloatArray
    area_m2: FloatArray
    tilt_deg: FloatArray
    light_share: FloatArray
    irradiation_kwh_m2: FloatArray

    def flat(self, params: RoofSolarParams) -> NDArray[np.bool_]:
        """Which lie on flat roofs."""
        return np.asarray(self.slope_deg < params.flat_below_deg)


def run(city: CityState, params: RoofSolarParams) -> Assessed:
    """Keep the cells of each plane that the rules allow, and lay modules on them.

    Parameters
    ----------
    city
        With buildings, their roof planes, and the light of a year on them.
    params
        Rules, and figures of modules.
    """
    buildings = city.table(t.BUILDINGS)
    number = len(buildings)
    probable = city[f.ROOF_IRRADIATION_PROBABLE]
    observed = bool(np.isfinite(probable).any())
    cells = _cells(city, probable if observed else city[f.ROOF_IRRADIATION_POSSIBLE])
    usable = _usable(cells, params, city.grid.lonlat[1] < 0.0)
    flat = cells.flat(params)
    cover = np.where(flat, params.cover_flat, params.cover_pitched)
    free = (1.0 - params.obstructed_share) * (1.0 - params.setback_share)
    modules = np.where(usable, cells.area_m2 * cover * free, 0.0)

    def total(values: FloatArray) -> FloatArray:
        return np.asarray(np.bincount(cells.building, values, number))

    seen = total(cells.area_m2) > 0.0
    frame = buildings[["building_id", "usage", "lod", "height_m", "geometry"]].copy()
    light = total(modules * cells.irradiation_kwh_m2)
    frame["roof_area_m2"] = _where(seen, total(cells.area_m2))
    frame["roof_planes"] = _counts(
        _planes(cells, np.ones(usable.size, dtype=np.bool_), number), seen
    )
    frame["roof_irradiation_kwh_m2"] = _mean(
        total(cells.area_m2 * cells.irradiation_kwh_m2), total(cells.area_m2)
    )
    frame["usable_area_m2"] = _where(seen, total(np.where(usable, cells.area_m2, 0.0)))
    frame["usable_planes"] = _counts(_planes(cells, usable, number), seen)
    frame["module_area_m2"] = _where(seen, total(modules))
    racked = cells.tilt_deg > cells.slope_deg
    kinds = {"pitched": ~flat, "level": flat & ~racked, "racked": flat & racked}
    frame["mounting"] = _most(
        {name: total(np.where(kind, modules, 0.0)) for name, kind in kinds.items()}
    )
    frame["sky"] = "observed" if observed else "clear"
    frame["module_irradiation_kwh_m2"] = _mean(light, total(modules))
    frame["irradiated_kwh"] = _where(seen, light)
    frame["capacity_kwp"] = _where(seen, total(modules) * params.module_efficiency)
    frame["yield_kwh"] = _where(seen, light * params.module_efficiency * params.performance_ratio)
    notes = (*_notes(params, observed), *_blocks_note(frame, seen))
    return Assessed(frame[list(t.ROOF_SOLAR.column_names)], _facts(frame, seen), notes)


def _cells(city: CityState, irradiation: NDArray[np.float32]) -> _Cells:
    """All cells of roofs whose plane and light are known."""
    building = rows_of_cells(city[f.BUILDING_NUMBER], city.table(t.BUILDINGS)["building_id"])
    plane = city[f.ROOF_PLANE]
    known = (building >= 0) & (plane >= 0) & np.isfinite(irradiation)
    owner = building[known].astype(np.int64)
    of_building = plane[known].astype(np.int64)
    of_cell = {
        field: city[field][known].astype(np.float64)
        for field in (f.ROOF_SLOPE, f.ROOF_ASPECT, f.ROOF_AREA, f.MODULE_TILT, f.ROOF_LIGHT_SHARE)
    }
    return _Cells(
        owner,
        owner * (int(of_building.max(initial=0)) + 1) + of_building,
        of_cell[f.ROOF_SLOPE],
        of_cell[f.ROOF_ASPECT],
        of_cell[f.ROOF_AREA],
        of_cell[f.MODULE_TILT],
        of_cell[f.ROOF_LIGHT_SHARE],
        irradiation[known].astype(np.float64),
    )


def _usable(cells: _Cells, params: RoofSolarParams, southern: bool) -> NDArray[np.bool_]:
    """Cells that carry modules: good ones, of planes that have enough of them."""
    pole_deg = 180.0 if southern else 0.0
    from_pole = np.abs(np.mod(cells.aspect_deg - pole_deg + 180.0, 360.0) - 180.0)
    good = (cells.slope_deg <= params.max_slope_deg) & (
        cells.flat(params) | (from_pole > params.north_deg)
    )
    good &= cells.light_share >= params.min_light_share
    good &= cells.irradiation_kwh_m2 >= params.min_irradiation_kwh_m2
    _, plane = np.unique(cells.plane, return_inverse=True)
    area = np.bincount(plane, np.where(good, cells.area_m2, 0.0))
    return np.asarray(good & (area[plane] >= params.min_area_m2)) if good.size else good


def _planes(cells: _Cells, chosen: NDArray[np.bool_], number: int) -> NDArray[np.int64]:
    """Count the planes of each building that have a chosen cell."""
    _, first = np.unique(cells.plane[chosen], return_index=True)
    return np.bincount(cells.building[chosen][first], minlength=number)


def _where(seen: NDArray[np.bool_], values: FloatArray) -> FloatArray:
    return np.where(seen, values, np.nan)


def _counts(counts: NDArray[np.int64], seen: NDArray[np.bool_]) -> pd.api.extensions.ExtensionArray:
    return pd.arrays.IntegerArray(counts.astype(np.int32), ~seen)


def _mean(total: FloatArray, area: FloatArray) -> FloatArray:
    mean = np.full(total.shape, np.nan)
    np.divide(total, area, out=mean, where=area > 0.0)
    return mean


def _most(areas: dict[str, FloatArray]) -> NDArray[np.object_]:
    """Name of the largest area of each building; null where all are 0."""
    names = np.array(list(areas), dtype=object)
    table = np.stack(list(areas.values()))
    largest = names[np.argmax(table, axis=0)]
    largest[table.sum(axis=0) == 0.0] = None
    return np.asarray(largest)


def _facts(frame: pd.DataFrame, seen: NDArray[np.bool_]) -> tuple[Fact, ...]:
    def fact(name: str, ja: str, en: str, value: float, unit: str) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit=unit)

    return (
        fact(
            "usable_area",
            "利用可能な屋根面積",
            "Usable roof area",
            frame["usable_area_m2"].sum(),
            "m2",
        ),
        fact("capacity", "設置可能容量", "Capacity", frame["capacity_kwp"].sum() / 1e3, "MW"),
        fact("yield", "年間発電量", "Yield in a year", frame["yield_kwh"].sum() / 1e6, "GWh"),
        fact(
            "buildings_not_assessed",
            "評価できなかった建物の数",
            "Buildings that could not be assessed",
            float(np.sum(~seen)),
            "1",
        ),
    )


def _notes(params: RoofSolarParams, observed: bool) -> tuple[Note, ...]:
    rules = Note(
        severity="info",
        ja=f"利用可能: {params.min_area_m2:g} m2 以上、{params.max_slope_deg:g}° 以下、北から"
        f" {params.north_deg:g}° 以内を向かず、影がない場合の {params.min_light_share:.0%} 以上の日射"
        f"（NREL/TP-6A20-65298）。障害物 {params.obstructed_share:.0%}、端部 {params.setback_share:.0%}"
        f" を除く（仮定）。モジュール効率 {params.module_efficiency:.0%}、システム出力係数"
        f" {params.performance_ratio:g}",
        en=f"Usable: {params.min_area_m2:g} m2 or more, at most {params.max_slope_deg:g}° steep, not"
        f" within {params.north_deg:g}° of north, {params.min_light_share:.0%} or more of the unshaded"
        f" light (NREL/TP-6A20-65298); less {params.obstructed_share:.0%} for obstructions and"
        f" {params.setback_share:.0%} for edges (assumed). Modules {params.module_efficiency:.0%},"
        f" performance ratio {params.performance_ratio:g}",
    )
    if observed:
        return (rules,)
    return (
        rules,
        Note(
            severity="fallback",
            ja="空の観測がないため、快晴時の日射で計算した上限値です",
            en="The sky was not observed: yields are those of a clear sky, an upper bound",
        ),
    )


def _blocks_note(frame: pd.DataFrame, seen: NDArray[np.bool_]) -> tuple[Note, ...]:
    """Say how many roofs are level only because the model knows no better."""
    blocks = int((frame["lod"].str.startswith(("0", "1")) & seen).sum())
    if not blocks:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"LOD0・LOD1 の建物 {blocks} 棟は屋根の形が分からないため、水平な屋根として計算しています",
            en=f"The shape of {blocks} roofs is not known (LOD0 or LOD1): they are taken as flat",
        ),
    )


ASSESSMENT = Assessment(
    name="roof_solar",
    title=text("建物ごとの屋根の太陽光発電量", "Solar potential of each roof"),
    inputs=(
        t.BUILDINGS,
        f.BUILDING_NUMBER,
        f.ROOF_PLANE,
        f.ROOF_SLOPE,
        f.ROOF_ASPECT,
        f.ROOF_AREA,
        f.ROOF_IRRADIATION_POSSIBLE,
        f.ROOF_IRRADIATION_PROBABLE,
        f.ROOF_LIGHT_SHARE,
        f.MODULE_TILT,
    ),
    output=t.ROOF_SOLAR,
    params=RoofSolarParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=80.0),
)
