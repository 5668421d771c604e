"""What must be said beside classes of wind comfort: method, record, assumptions, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from citytwin.kernels.wind_climate import Sector
from citytwin.model.axes import Season, evenly
from citytwin.model.notes import Note
from citytwin.model.text import text
from citytwin.model.wind_notes import of_sensors
from citytwin.model.wind_rule import WindRule
from citytwin.simulations.wind_climate.params import StationParams, WindComfortParams
from citytwin.simulations.wind_climate.station import StationWind, calm_share

_DAY_S = 86400.0
_YEAR_DAYS = 365
_CLIMATE_YEARS = 5


def method_note(params: StationParams, *, classes: bool) -> Note:
    """Say how far to trust the speed ratios.

    Parameters
    ----------
    params
        The method.
    classes
        Whether places are classed by them, which asks for more caution.
    """
    said = params.ratios.caution if classes else params.ratios.told
    return Note(severity="fallback", ja=said.ja, en=said.en)


def transfer_note(params: StationParams, mast_m: float) -> Note:
    """Say what was assumed between the mast and the site.

    Parameters
    ----------
    params
        Roughness and blending height.
    mast_m
        Height of the anemometer [m].
    """
    around = params.station_roughness_m
    said = f"{around[0]:g}" if len(around) == 1 else f"{min(around):g}–{max(around):g}"
    return Note(
        severity="info",
        ja=f"風速計 {mast_m:g} m から上空 {params.blending_height_m:g} m を介して換算"
        f"（粗度長は観測所 {said} m、都市への流入 {params.approach_m:g} m と仮定）",
        en=f"From the anemometer at {mast_m:g} m by way of {params.blending_height_m:g} m "
        f"(roughness taken as {said} m around the station, {params.approach_m:g} m before the city)",
    )


def climate_notes(
    params: WindComfortParams, station: StationWind, sectors: Sequence[Sector]
) -> tuple[Note, ...]:
    """Say what the record holds and how it was fitted, and whether it is a climate.

    Parameters
    ----------
    params
        Months that count.
    station
        Winds of the mast.
    sectors
        Climate made of them.
    """
    blowing = [sector for sector in sectors if sector.frequency > 0]
    fitted = sum(sector.fits for sector in blowing)
    days = np.unique(station.days).size
    none = len(sectors) - len(blowing)
    months = f"（{'・'.join(map(str, params.months))} 月）" if params.months else ""
    months_en = f" in months {', '.join(map(str, params.months))}" if params.months else ""
    main = max(range(len(sectors)), key=lambda place: sectors[place].frequency)
    point = evenly(len(sectors))[main].name
    held = Note(
        severity="info",
        ja=f"{days} 日{months}・{station.winds.times} 時刻の風（最多風向 {point.ja} {sectors[main].frequency:.0%}、"
        f"静穏 {calm_share(station):.0%} は別）。"
        f"{len(blowing)} 風向のうち {fitted} はワイブル分布（KS 検定に合格）、他は観測の頻度のまま",
        en=f"Winds of {days} days{months_en}, {station.winds.times} times, most often from {point.en} "
        f"({sectors[main].frequency:.0%}); calms ({calm_share(station):.0%}) apart; {fitted} of {len(blowing)} "
        "directions by a Weibull distribution that stands the KS test, the others as observed",
    )
    notes = [held, of_sensors(station.speed, station.direction)]
    if params.each_season:
        notes.append(
            Note(
                severity="info",
                ja="季節ごとに判定し、最も風の強い季節の等級を示します",
                en="Judged by season; the class is that of the windiest",
            )
        )
    if none:
        notes.append(
            Note(
                severity="fallback",
                ja=f"{none} 風向からは風が観測されていないため、その風向は数えていません",
                en=f"No wind was recorded from {none} directions, so they count for nothing",
            )
        )
    if days < _CLIMATE_YEARS * _YEAR_DAYS * (len(params.months) / 12 if params.months else 1):
        notes.append(
            Note(
                severity="fallback",
                ja=f"{days} 日の記録は風の気候ではありません（{_CLIMATE_YEARS} 年以上が必要）",
                en=f"A record of {days} days is no wind climate: that takes {_CLIMATE_YEARS} years or more",
            )
        )
    return tuple(notes)


def season_notes(apart: Mapping[Season, StationWind]) -> tuple[Note, ...]:
    """Say what the record holds of the seasons that are mapped apart.

    Parameters
    ----------
    apart
        Winds of each.
    """
    days = {season: np.unique(station.days).size for season, station in apart.items()}
    if not days:
        return ()
    notes = [
        Note(
            severity="info",
            ja="季節別の地図の記録: "
            + "、".join(f"{season.name.ja} {number} 日" for season, number in days.items()),
            en="Records of the maps by season: "
            + "; ".join(f"{season.name.en} {number} days" for season, number in days.items()),
        )
    ]
    blank = [season for season, one in apart.items() if not one.winds.time_s.size]
    if blank:
        notes.append(
            Note(
                severity="fallback",
                ja=f"次の季節は風向のある風の記録がなく、地図は空白です: {'、'.join(one.name.ja for one in blank)}",
                en="No wind with a direction was recorded in "
                f"{'; '.join(one.name.en for one in blank)}: the map of it is blank",
            )
        )
    needed = {one: _CLIMATE_YEARS * _YEAR_DAYS * len(one.months) / 12 for one in days}
    short = [one for one in days if one not in blank and days[one] < needed[one]]
    if short and sum(days.values()) >= sum(needed.values()):  # else it is said of all of the record
        notes.append(
            Note(
                severity="fallback",
                ja=f"次の季節の記録は {_CLIMATE_YEARS} 年に満たず、風の気候ではありません: "
                f"{'、'.join(one.name.ja for one in short)}",
                en=f"Of {'; '.join(one.name.en for one in short)} the record has less than {_CLIMATE_YEARS} "
                "years, which is no wind climate",
            )
        )
    return tuple(notes)


def unchecked_notes(rules: Sequence[WindRule]) -> tuple[Note, ...]:
    """Say which rules were not checked against their source.

    What exactly was not checked stands in the summary of each map.

    Parameters
    ----------
    rules
        Rules that are mapped.
    """
    unchecked = [rule for rule in rules if rule.unverified]
    if not unchecked:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"基準の限度値は引用によるもので、原典と照合していません: {_ja(unchecked)}",
            en=f"Limits as quoted, not checked against the original: {_en(unchecked)}",
        ),
    )


def rule_notes(rules: Sequence[WindRule], station: StationWind) -> tuple[Note, ...]:
    """Say which rules were not checked against their source, and whose means the record lacks.

    Parameters
    ----------
    rules
        Rules that are mapped.
    station
        Winds of the mast.
    """
    notes = [*unchecked_notes(rules)]
    lasting = station.speed.end_s - station.speed.start_s
    minutes = float(np.median(lasting)) / 60.0 if lasting.size else 0.0
    others = [rule for rule in rules if rule.averaging_minutes not in (None, minutes)]
    if others:
        ja, en = (f"{minutes:g} 分平均", f"means of {minutes:g} minutes")
        if minutes == 0:
            ja, en = ("平均時間の分からない値", "values of unknown averaging")
        asked = ", ".join(dict.fromkeys(f"{rule.averaging_minutes:g}" for rule in others))
        notes.append(
            Note(
                severity="fallback",
                ja=f"記録は{ja}で、基準の求める {asked} 分平均ではありません: {_ja(others)}",
                en=f"The record has {en}, not the {asked} minutes asked for by {_en(others)}",
            )
        )
    return tuple(notes)


def gust_notes(params: WindComfortParams, rules: Sequence[WindRule]) -> tuple[Note, ...]:
    """Say what gusts are taken for, where a rule means them.

    Parameters
    ----------
    params
        Whether they are assumed.
    rules
        Rules that are mapped.
    """
    meant = [rule for rule in rules if rule.speed.kind != "mean"]
    if not meant:
        return ()
    if params.gusts == "flow":
        peak = ", ".join(dict.fromkeys(f"{rule.speed.peak_factor:g}" for rule in meant))
        said = text(
            f"突風は流れの計算による乱れから、平均風速 + {peak} × 標準偏差としました: {_ja(meant)}",
            f"Gusts by the turbulence of the flow, {peak} standard deviations above the mean: {_en(meant)}",
        )
    else:
        factors = [
            rule.speed.over_mean(params.turbulence_share, params.gust_factor_ratio)
            for rule in meant
        ]
        each = ", ".join(dict.fromkeys(f"{factor:.2g}" for factor in factors))
        said = text(
            f"突風は場所によらず平均風速の {each} 倍（換算値を含む）と仮定しています: {_ja(meant)}",
            f"Gusts (or what stands for them) are assumed as {each} times the mean in every place: {_en(meant)}",
        )
    return (Note(severity="info", ja=said.ja, en=said.en),)


def _ja(rules: Sequence[WindRule]) -> str:
    return "、".join(rule.title.ja for rule in rules)


def _en(rules: Sequence[WindRule]) -> str:
    return ", ".join(rule.title.en for rule in rules)
