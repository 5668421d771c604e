"""What a nowcast says of its rain."""

from __future__ import annotations

from citytwin.live.measured_layer import clock_of, payloads_used
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.radar_rain import RadarRain
from citytwin.live.rain_outlook import Outlook
from citytwin.live.stage_outlook import StageLine
from citytwin.model.notes import Fact, Note
from citytwin.model.text import text


def notes_of(job: NowcastJob) -> tuple[Note, ...]:
    """Return what is said of the rain of a nowcast.

    Parameters
    ----------
    job
        The nowcast.
    """
    rain, cell = job.outlook, job.grid.cell_m * job.factor
    clock = clock_of(rain.now, job.loaded.config.time_zone)
    notes = [_radar_note(rain.radar, clock, cell) if rain.radar else _gauge_note(rain, clock, cell)]
    notes += [_stage_note(line) for line in job.stages]
    notes += [
        Note(
            severity="loss",
            ja=f"水位計 {thing} の新しい観測がなく、その水位は考慮していません",
            en=f"The gauge {thing} has been silent: its water is left out",
        )
        for thing in job.silent
    ]
    if rain.missing:
        notes.append(
            Note(
                severity="fallback",
                ja=f"観測のない10分間の区間（{rain.missing} 区間）は現在の雨で補いました",
                en="Intervals of 10 minutes without any observation have the present rate: "
                f"{rain.missing}",
            )
        )
    if rain.synthetic:
        notes.append(
            Note(
                severity="synthetic",
                ja="雨の観測は合成データで、実測ではありません",
                en="The rain is synthetic: generated, not measured",
            )
        )
    return tuple(notes)


def _gauge_note(rain: Outlook, clock: str, cell_m: float) -> Note:
    return Note(
        severity="info",
        ja=f"現地時刻 {clock} までの雨量計 {rain.gauges} 箇所の観測と、以後 {rain.lasting_mm_h:.1f} mm/h が続くと"
        f"仮定した雨による（セル {cell_m:g} m）",
        en=f"Rain of {rain.gauges} gauges until {clock} local time, and {rain.lasting_mm_h:.1f} mm/h going"
        f" on from then (cells of {cell_m:g} m)",
    )


def _radar_note(radar: RadarRain, clock: str, cell_m: float) -> Note:
    ahead, of = sum(image.issued_s is not None for image in radar.images), len(radar.images)
    return Note(
        severity="info",
        ja=f"現地時刻 {clock} までのレーダー雨量を雨量計 {radar.gauges} 箇所で補正（係数 {radar.bias:.2f}）し、雨域の移動"
        f"（{radar.speed_m_s:.0f} m/s）を外挿した場所ごとの雨による（画像 {of} 枚のうち {ahead} 枚は予測）。"
        f"発達・衰弱は見込みません（セル {cell_m:g} m）",
        en=f"Rain of the radar until {clock} local time, corrected by {radar.gauges} gauges (factor"
        f" {radar.bias:.2f}) and carried on at {radar.speed_m_s:.0f} m/s, from place to place"
        f" ({ahead} of {of} images are forecasts); that it grows or dies is not foreseen (cells of"
        f" {cell_m:g} m)",
    )


def _stage_note(line: StageLine) -> Note:
    name = line.config.title
    ja, en = (line.config.thing,) * 2 if name is None else (name.ja, name.en)
    last, end = line.trend_m_h, line.level_m[-1]
    return Note(
        severity="info",
        ja=f"{ja}: 水位の変化 {last:+.2f} m/h を外挿し、終わりの水位 {end:.2f} m（標準偏差 {line.deviation_m:.2f} m）",
        en=f"{en}: the level goes on at {last:+.2f} m/h to {end:.2f} m at the end (standard deviation"
        f" {line.deviation_m:.2f} m)",
    )


def facts_of(job: NowcastJob) -> tuple[Fact, ...]:
    """Return figures of the rain of a nowcast.

    Parameters
    ----------
    job
        The nowcast.
    """
    rain = job.outlook
    radar = rain.radar
    of_radar = (
        ()
        if radar is None
        else (
            Fact(
                name="radar_bias",
                label=text("レーダー補正係数", "Factor of the radar"),
                value=round(radar.bias, 3),
                unit="1",
            ),
            Fact(
                name="rain_speed",
                label=text("雨域の移動速度", "Speed of the rain"),
                value=round(radar.speed_m_s, 2),
                unit="m/s",
            ),
        )
    )
    return (
        *of_radar,
        Fact(
            name="lasting_rain_rate",
            label=text("続くと仮定した雨", "Rain assumed to last"),
            value=round(rain.lasting_mm_h, 3),
            unit="mm/h",
        ),
        payloads_used(job.payloads),
    )
