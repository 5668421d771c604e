"""The rain of a run: which part of the record, and what is missing of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.flood_forcing import RainSeries, wettest_start_s
from citytwin.kernels.rain_field import RainField
from citytwin.model.notes import Fact, Note
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.record import Record, covered_s
from citytwin.model.steps import Block
from citytwin.model.tables import RAIN_FRAMES
from citytwin.model.text import Text, text
from citytwin.simulations.flood.design import DesignStorm, design_rain
from citytwin.simulations.flood.images import images_of
from citytwin.simulations.flood.params import FloodParams, RainImages


@dataclass(frozen=True)
class Storm:
    """The rain of a run, and what must be said about it."""

    start_s: float | None
    """Begin of the run [s since 1970]."""
    rain: RainSeries | RainField
    """Since the begin of the run."""
    when: Text | None = None
    """How the begin was chosen, where it was."""
    facts: tuple[Fact, ...] = ()
    notes: tuple[Note, ...] = ()
    mean: RainSeries | None = None
    """Mean over the area where the rain differs from place to place."""

    def most_m(self, until_s: float) -> float:
        """Depth that falls where most does [m].

        Parameters
        ----------
        until_s
            Time since the begin of the run [s].
        """
        return float(np.max(self.rain.depth_until_m(until_s)))

    def said_mm(self, until_s: float) -> Text:
        """Depth in words, in whole millimetres.

        Parameters
        ----------
        until_s
            Time since the begin of the run [s].
        """
        depth = 1000.0 * np.asarray(self.rain.depth_until_m(until_s))
        if self.mean is None:
            return text(f"{float(depth):.0f} mm", f"{float(depth):.0f} mm")
        mean = 1000.0 * self.mean.depth_until_m(until_s)
        low, high = float(depth.min()), float(depth.max())
        return text(
            f"平均 {mean:.0f} mm（場所により {low:.0f}～{high:.0f} mm）",
            f"{mean:.0f} mm in the mean, {low:.0f} to {high:.0f} mm from place to place",
        )

    @property
    def valid_time(self) -> datetime | None:
        """Begin of the run (aware, UTC)."""
        return None if self.start_s is None else datetime.fromtimestamp(self.start_s, tz=UTC)


def storm_of(block: Block, params: FloodParams) -> Storm:
    """Find the rain of a run: by hand, of a design storm or of images, else from the record.

    Parameters
    ----------
    block
        The city; its record of rain, where it has one.
    params
        Parameters of the flood.

    Raises
    ------
    StepError
        If the record or the images leave out too much of the run, or cannot be used.
    """
    start = None if params.start is None else params.start.timestamp()
    if params.rain:
        given = np.array([[r.start_minutes, r.end_minutes, r.mm_per_h] for r in params.rain])
        return Storm(start, RainSeries(given[:, 0] * 60.0, given[:, 1] * 60.0, given[:, 2].copy()))
    if params.design_storm is not None:
        return _design(params.design_storm, start)
    if params.rain_images is not None:
        return _of_images(block, params, params.rain_images, start)
    record: Record | None = block.records.get(RAINFALL_RATE)
    if record is not None and not params.use_doubted_rain:
        record = record.good()
    if record is None or not record.result.size:
        return Storm(start, RainSeries())
    duration_s = params.duration_h * 3600.0
    when = None
    if start is None:
        first_s = float(record.start_s[0])
        start = first_s + wettest_start_s(_series(record, first_s), duration_s)
        when = _wettest(start, params.duration_h, block.site.time_zone)
    fallen = record.during(start, start + duration_s)
    share = covered_s(fallen.start_s, fallen.end_s, start, start + duration_s) / duration_s
    covered = _coverage(share, params, f"the rain record of {record.where.en} has data")
    notes = (*_gap_note(share, duration_s, record.where), *_doubt_note(fallen))
    return Storm(start, _series(fallen, start), when, (covered,), notes)


def _coverage(share: float, params: FloodParams, what: str) -> Fact:
    """Refuse a record with too little data; say how much there is."""
    if share < params.min_rain_coverage:
        msg = f"{what} for {share:.0%} of the run only"
        hint = "choose another time, rain by hand, or a smaller min_rain_coverage"
        raise StepError(msg, step="flood", hint=hint)
    return Fact(
        name="rain_coverage",
        label=text("降雨記録のある時間の割合", "Share of the run for which rain was recorded"),
        value=share,
        unit="1",
    )


def _of_images(block: Block, params: FloodParams, wanted: RainImages, start: float | None) -> Storm:
    """Rain of images, such as those of a radar."""
    images = images_of(block.tables.get(RAIN_FRAMES), wanted.source, block.grid)
    duration_s, when = params.duration_h * 3600.0, None
    if start is None:
        first_s = float(images.start_s[0])
        start = first_s + wettest_start_s(images.mean(first_s), duration_s)
        when = _wettest(start, params.duration_h, block.site.time_zone)
    fallen = images.during(start, start + duration_s)
    share = fallen.known_share(start, start + duration_s)
    what = f"the images of rain of {images.source} know the rain over the city"
    covered = _coverage(share, params, what)
    said = text(f"データ「{images.source}」の雨量画像", f"images of {images.source}")
    notes = (*_gap_note(share, duration_s, said), *fallen.notes())
    return Storm(start, fallen.rain(start), when, (covered,), notes, fallen.mean(start))


def _design(design: DesignStorm, start: float | None) -> Storm:
    """Rain of a return period, with its source."""
    rule, years = design.rule, design.return_period_years
    when = text(
        f"{rule.title.ja}、{years:g} 年確率の設計降雨",
        f"design storm once in {years:g} years: {rule.title.en}",
    )
    notes = [
        Note(
            severity="info",
            ja=f"設計降雨の出典：{rule.source}",
            en=f"Source of the design storm: {rule.source}",
        ),
        *(
            Note(
                severity="fallback",
                ja=f"設計降雨のうち出典で確認していない点：{words}",
                en=f"Not checked against the source of the design storm: {words}",
            )
            for words in rule.unverified
        ),
    ]
    return Storm(start, design_rain(design), when, notes=tuple(notes))


def _series(record: Record, begin_s: float) -> RainSeries:
    """Rain since the begin of a run."""
    try:
        return RainSeries(
            np.maximum(record.start_s - begin_s, 0.0), record.end_s - begin_s, record.result
        )
    except ConfigError as error:
        raise StepError(f"the record of {record.where.en}: {error}", step="flood") from error


def _wettest(start_s: float, duration_h: float, time_zone: str) -> Text:
    local = datetime.fromtimestamp(start_s, tz=ZoneInfo(time_zone))
    return text(
        f"記録のうち最も雨の多い {duration_h:g} 時間、{local:%Y-%m-%d %H:%M} から",
        f"from {local:%Y-%m-%d %H:%M}, the wettest {duration_h:g} h of the record",
    )


def _gap_note(share: float, duration_s: float, where: Text) -> tuple[Note, ...]:
    whole, missing = duration_s / 60.0, (1.0 - share) * duration_s / 60.0
    if missing < 0.01:  # rounding of times, not a gap
        return ()
    return (
        Note(
            severity="loss",
            ja=f"雨の記録は {whole:.0f} 分中 {missing:.0f} 分が欠測で、無降雨として計算しています"
            f"（{where.ja}）",
            en=f"No rain data for {missing:.0f} of {whole:.0f} minutes, counted as dry "
            f"({where.en})",
        ),
    )


def _doubt_note(fallen: Record) -> tuple[Note, ...]:
    doubted = 0 if fallen.doubted is None else int(fallen.doubted.sum())
    if not doubted:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"品質に疑いのある雨の観測値 {doubted} 件を使用しています",
            en=f"{doubted} doubted observations of rain were used",
        ),
    )
