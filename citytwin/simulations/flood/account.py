"""What is said about a flood: the event in a line, the account of its water, equations, edges."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from citytwin.kernels.flood_ledger import VolumeLedger
from citytwin.kernels.flood_levee import Levee
from citytwin.kernels.flood_options import EdgeKind, Scheme
from citytwin.model import fields as f
from citytwin.model.notes import Fact, Note
from citytwin.model.steps import Block
from citytwin.model.text import Text, text
from citytwin.simulations.flood.ground import ground_notes
from citytwin.simulations.flood.params import FloodParams, InflowPoint
from citytwin.simulations.flood.storm import Storm

_SCALES = {
    "L1": text("計画規模（L1）", "Design scale (L1)"),
    "L2": text("想定最大規模（L2）", "Largest assumed scale (L2)"),
}

_SIDES = {"north": "北", "south": "南", "west": "西", "east": "東"}
"""In the order of the kinds of the edges."""


def facts_of(ledger: VolumeLedger, steps: int) -> tuple[Fact, ...]:
    """Account of the water and of the run.

    Parameters
    ----------
    ledger
        Account of all water.
    steps
        Number of time steps.
    """

    def volume(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit="m3")

    kinds = ledger.exchanged
    rare = (
        volume("initial_volume", "初期湛水量", "Stood at the start", ledger.initial_m3),
        volume("breach_volume", "決壊口からの流入量", "Through breaches", kinds.breached_m3),
        volume("overtopping_volume", "越水量", "Over levees", kinds.overtopped_m3),
        volume("returned_volume", "堤外への戻り量", "Went back over levees", kinds.returned_m3),
        volume("level_in_volume", "水位境界からの流入量", "From given levels", kinds.level_in_m3),
        volume("level_out_volume", "水位境界への流出量", "To given levels", kinds.level_out_m3),
        volume("infiltrated_volume", "浸透量", "Taken by the ground", kinds.infiltrated_m3),
        volume("culvert_volume", "暗渠の通過量", "Passed culverts", ledger.culverts_m3),
    )
    return (
        volume("rain_volume", "降雨量", "Rain", ledger.rain_m3),
        volume("inflow_volume", "流入量", "Inflow", ledger.inflow_m3),
        *(fact for fact in rare if fact.value > 0),
        volume("drained_volume", "排水量", "Taken by drains", ledger.drained_m3 + kinds.drained_m3),
        volume("outflow_volume", "域外流出量", "Left the area", ledger.outflow.total_m3),
        volume("stored_volume", "残留量", "Still on the ground", ledger.stored_m3),
        Fact(
            name="volume_error",
            label=text("水量の誤差（割合）", "Volume error (share of all water)"),
            value=ledger.relative_error,
            unit="1",
        ),
        Fact(
            name="time_steps",
            label=text("計算ステップ数", "Time steps"),
            value=float(steps),
            unit="1",
        ),
    )


def notes_of(
    params: FloodParams, storm: Storm, levees: tuple[Levee, ...], block: Block
) -> tuple[Note, ...]:
    """Return all that is said about a flood.

    Parameters
    ----------
    params
        Parameters of the flood.
    storm
        The rain.
    levees
        As the solver saw them.
    block
        The city, or a window of it.
    """
    zone, has_cover = block.site.time_zone, block.get(f.GROUND_COVER) is not None
    return (
        summary(params, storm, zone),
        *storm.notes,
        *roof_note(params),
        *edge_note(params),
        *ground_notes(params.infiltration, has_cover=has_cover),
        *levee_notes(params, levees, storm.start_s, zone),
        scheme_note(params),
        *subgrid_note(params, block.cell_m),
    )


def summary(params: FloodParams, storm: Storm, time_zone: str) -> Note:
    """Say in a line what floods the city.

    Parameters
    ----------
    params
        Parameters of the flood.
    storm
        The rain.
    time_zone
        IANA name, for times on the map.
    """
    duration_s, rain = params.duration_h * 3600.0, storm.rain
    peak = float(rain.mm_per_h[rain.start_s < duration_s].max(initial=0.0))
    fallen = storm.said_mm(duration_s)  # what falls after the run floods nobody
    ja = f"雨 {fallen.ja}（最大 {peak:.0f} mm/h）、計算時間 {params.duration_h:g} 時間"
    en = f"Rain of {fallen.en} (peak {peak:.0f} mm/h) over {params.duration_h:g} h"
    if params.scale is not None:
        name = _SCALES[params.scale]
        ja, en = f"{name.ja}：{ja}", f"{name.en}: {en}"
    if storm.when is not None:
        ja, en = f"{ja}（{storm.when.ja}）", f"{en} ({storm.when.en})"
    for inflow in params.inflows:
        said = _inflow_text(inflow, storm.start_s, time_zone)
        ja, en = f"{ja}、{said.ja}", f"{en}; {said.en}"
    return Note(severity="info", ja=ja, en=en)


def _inflow_text(inflow: InflowPoint, start_s: float | None, time_zone: str) -> Text:
    """Name of an inflow, its highest discharge, and when it begins and ends."""
    name = inflow.name or text("流入", "inflow")
    points = inflow.hydrograph
    wet = [i for i, point in enumerate(points) if point.m3_s > 0]
    if not wet:
        return text(f"{name.ja}（流量 0）", f"{name.en} (no discharge)")
    first, last = points[max(wet[0] - 1, 0)], points[min(wet[-1] + 1, len(points) - 1)]
    begin, end = (_clock(p.minutes, start_s, time_zone) for p in (first, last))
    most = max(point.m3_s for point in points)
    return text(
        f"{name.ja}（与えられた流量、最大 {most:g} m³/s、{begin.ja}～{end.ja}）",
        f"{name.en} (prescribed, up to {most:g} m³/s, {begin.en} to {end.en})",
    )


def _clock(minutes: float, start_s: float | None, time_zone: str) -> Text:
    if start_s is None:
        return text(f"開始 {minutes:g} 分後", f"{minutes:g} min")
    when = datetime.fromtimestamp(start_s + minutes * 60.0, tz=ZoneInfo(time_zone))
    return text(f"{when:%H:%M}", f"{when:%H:%M}")


def scheme_note(params: FloodParams) -> Note:
    """Say which equations were solved, and where they do not hold.

    Parameters
    ----------
    params
        Parameters of the flood.
    """
    if params.scheme is Scheme.INERTIAL:
        return Note(
            severity="info",
            ja="移流項を省いた局所慣性方程式で計算。破堤口の近く、急な坂、跳水や射流では水深・流速は"
            "目安です",
            en="Computed without advection (local inertial equations): beside a breach, on steep "
            "streets and in rapid flow depths and speeds are approximate",
        )
    order = "second" if params.order == 2 else "first"
    return Note(
        severity="info",
        ja=f"移流項を含む浅水方程式で計算（有限体積法、{params.order} 次精度）",
        en=f"Computed with the full shallow-water equations (finite volumes of {order} order)",
    )


def subgrid_note(params: FloodParams, cell_m: float) -> tuple[Note, ...]:
    """Say where water moves between larger cells than those of the map.

    Parameters
    ----------
    params
        Parameters of the flood.
    cell_m
        Size of the city's cells [m].
    """
    size_m = params.flow_cell_m
    if size_m is None:
        return ()
    return (
        Note(
            severity="info",
            ja=f"{size_m:g} m の計算格子に {cell_m:g} m の地形と建物を組み込んで計算（サブグリッド法）。"
            "格子内の水面は水平とするため、急な坂では水深は目安です",
            en=f"Water moves between cells of {size_m:g} m with tables of the ground and buildings at "
            f"{cell_m:g} m (subgrid); the surface within each is level, so on steep streets depths "
            "are approximate",
        ),
    )


def levee_notes(
    params: FloodParams, levees: tuple[Levee, ...], start_s: float | None, time_zone: str
) -> tuple[Note, ...]:
    """Say where levees break, and by what rule.

    Parameters
    ----------
    params
        Parameters of the flood.
    levees
        The levees as they are computed, in the same order.
    start_s
        Begin of the run [s since 1970], where it has one.
    time_zone
        IANA name, for times on the map.
    """
    notes = []
    for given, levee in zip(params.levees, levees, strict=True):
        name = given.name or text("堤防", "levee")
        top = max(point.level_m for point in given.stage)
        ja = f"{name.ja}：堤外の水位 最高 {top:g} m（与えられた水位、越流公式）"
        en = f"{name.en}: water outside up to {top:g} m (prescribed; weir formula)"
        for wanted, breach in zip(given.breaches, levee.breaches, strict=True):
            label = wanted.name or text("決壊", "breach")
            when = _clock(breach.start_s / 60.0, start_s, time_zone)
            growth = breach.growth_s / 60.0
            ja += f"、{label.ja} {when.ja} から、幅 {breach.width_m:g} m（{growth:g} 分で拡大）、"
            ja += f"敷高 {breach.sill_m:.2f} m"
            en += f"; {label.en} at {when.en}, {breach.width_m:g} m wide within {growth:g} min, "
            en += f"floor at {breach.sill_m:.2f} m"
        notes.append(Note(severity="info", ja=ja, en=en))
    return tuple(notes)


def roof_note(params: FloodParams) -> tuple[Note, ...]:
    """Say that the rain of roofs is left out, where it is.

    Parameters
    ----------
    params
        Parameters of the flood.
    """
    if params.roofs == "street":
        return ()
    return (
        Note(
            severity="info",
            ja="屋根の雨はすべて下水道が受けるものとし、地表には流しません",
            en="Sewers take all the rain of roofs; none of it runs over the ground",
        ),
    )


def water_notes(ledger: VolumeLedger, unknown_cells: int, all_cells: int) -> tuple[Note, ...]:
    """Say where no water can be, and that there was none at all.

    Parameters
    ----------
    ledger
        Account of all water.
    unknown_cells, all_cells
        Cells without a ground level, and all cells of the area.
    """
    notes = []
    if unknown_cells:
        share = 100.0 * unknown_cells / all_cells
        notes.append(
            Note(
                severity="loss",
                ja=f"地盤高のないセルが {unknown_cells} 個（{share:.3g}%）あります。水はそこに入れず、"
                "そこに降る雨は計算に含みません",
                en=f"The ground is not known in {unknown_cells} cells ({share:.3g} %): they are closed "
                "to water, and the rain on them is left out",
            )
        )
    if not ledger.moved_m3 > 0:
        notes.append(
            Note(
                severity="loss",
                ja="計算時間中に水は全く流入しませんでした。流入・水位・堤防の条件を確認してください",
                en="No water came in the time of the run: check the times of inflows, the levels, "
                "and the levees",
            )
        )
    return tuple(notes)


def edge_note(params: FloodParams) -> tuple[Note, ...]:
    """Say how water leaves the area, where it can.

    Parameters
    ----------
    params
        Parameters of the flood.
    """
    held = {level.edge for level in params.levels}
    open_to = [
        side
        for side, kind in zip(_SIDES, params.edges.kinds, strict=True)
        if kind is EdgeKind.NORMAL_DEPTH and side not in held
    ]
    if not open_to:
        return ()
    slope = params.edge_min_slope
    ja, en = "計算範囲の縁では", "Water leaves the area down the slope of the ground"
    if len(open_to) < len(_SIDES):
        ja = f"計算範囲の{'・'.join(_SIDES[side] for side in open_to)}の縁では"
        en += f" in the {', '.join(open_to)}"
    return (
        Note(
            severity="info",
            ja=f"{ja}地面の勾配なりに流出（平らな所は勾配 {slope:g} と仮定）",
            en=f"{en}; where the edge is flat a slope of {slope:g} is assumed",
        ),
    )
