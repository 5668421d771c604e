"""The sky as a record has it: how bright compared with a clear one, and what must be said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.observed_sky import (
    clearness_of_clouds,
    clearness_of_sunshine,
    observed_sky,
)
from citytwin.kernels.sky_light import SkyLight
from citytwin.kernels.time_pieces import standing_intervals
from citytwin.model import properties as p
from citytwin.model.notes import Note
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import Record
from citytwin.model.steps import Block
from citytwin.model.text import Text, text
from citytwin.simulations.irradiation.params import LightParams, Observed
from citytwin.simulations.irradiation.span import Span, span_of

FloatArray = NDArray[np.float64]

PROPERTY: dict[Observed, ObservedProperty] = {
    "radiation": p.GLOBAL_RADIATION,
    "sunshine": p.SUNSHINE_DURATION,
    "clouds": p.CLOUD_COVER,
}
"""What is recorded."""

_FORMULA: dict[Observed, Text] = {
    "radiation": text("", ""),
    "sunshine": text("、Ångström 1924 の式", " by the formula of Angstrom 1924"),
    "clouds": text("、Kasten and Czeplak 1980 の式", " by the formula of Kasten and Czeplak 1980"),
}
_WHOLE = 0.9995
"""Share from which a span counts as covered: twilight at its ends is no gap."""


@dataclass(frozen=True)
class Observation:
    """A span, and its irradiance as observed."""

    span: Span
    """Cut at the ends of the observations."""
    sky: SkyLight
    notes: tuple[Note, ...]


def record_of(observed: Observed, block: Block, step: str) -> Record:
    """Return the good observations that a block has of the sky.

    Parameters
    ----------
    observed
        What is recorded.
    block
        With the record.
    step
        Name of the simulation, for messages.

    Raises
    ------
    StepError
        If there is no record.
    """
    wanted = PROPERTY[observed]
    record = block.records.get(wanted)
    if record is None:
        msg = f"there is no record of {wanted.name}"
        raise StepError(msg, step=step, hint="add a weather feed that has it")
    return record.good()


def observation_of(
    limits_s: tuple[float, float],
    observed: Observed,
    params: LightParams,
    block: Block,
    step: str,
    min_coverage: float,
) -> Observation:
    """Irradiance of each stretch of a span by the record that a block has of it.

    Global irradiance follows the clear sky within each observation, and its sum over the
    observation is the observed one.

    Parameters
    ----------
    limits_s
        Begin and end of the span [s since 1970].
    observed
        What is recorded.
    params
        The air, and the longest stretch.
    block
        Where, with the record.
    step
        Name of the simulation, for messages.
    min_coverage
        Share of the light that must be covered [0 to 1].

    Raises
    ------
    StepError
        If there is no record, or less is covered.
    """
    record = record_of(observed, block, step)
    intervals_s = standing_intervals(record.start_s, record.end_s)
    span = span_of(limits_s, intervals_s, params, block.site)
    level, owner = span.clear.level_w_m2(span.altitude_deg), span.pieces.interval
    covered = owner >= 0
    energy = level * span.pieces.length_s
    # Of a polar night nothing can be missed.
    share = float(energy[covered].sum() / energy.sum()) if energy.any() else 1.0
    if share < min_coverage:
        msg = (
            f"the record of {record.observed.name} of {record.where.en} covers {share:.0%} of the"
            " light of the span only"
        )
        hint = "choose days that were recorded, another source, or a smaller min_coverage"
        raise StepError(msg, step=step, hint=hint)
    clearness = np.zeros(level.size)
    clearness[covered] = _clearness(span, level, record, observed)[owner[covered]]
    mean = float((clearness * energy)[covered].sum() / max(energy[covered].sum(), 1e-9))
    clearness[~covered] = mean
    sky = observed_sky(clearness * level, span.altitude_deg, span.day_of_year)
    used = np.unique(owner[covered & (level > 0.0)]).size
    return Observation(span, sky, _notes(record, observed, used, share, mean))


def _clearness(span: Span, level: FloatArray, record: Record, observed: Observed) -> FloatArray:
    """Global irradiance of each observation as a share of that of the clear sky."""
    if observed == "clouds":
        return np.asarray(clearness_of_clouds(record.result))
    if observed == "sunshine":
        start_s, end_s = standing_intervals(record.start_s, record.end_s)
        share = record.result * 60.0 / (end_s - start_s)
        return np.asarray(clearness_of_sunshine(np.clip(share, 0.0, 1.0)))
    covered, number = span.pieces.interval >= 0, record.result.size
    owner, length = span.pieces.interval[covered], span.pieces.length_s[covered]
    clear = np.bincount(owner, level[covered] * length, number)
    ratio = np.zeros(number)
    received = np.maximum(record.result, 0.0) * np.bincount(owner, length, number)
    np.divide(received, clear, out=ratio, where=clear > 0.0)
    return ratio


def _notes(
    record: Record, observed: Observed, used: int, share: float, mean: float
) -> tuple[Note, ...]:
    title, formula = record.observed.title, _FORMULA[observed]
    said = Note(
        severity="info",
        ja=f"空: {title.ja}の観測 {used} 件（{record.where.ja}）{formula.ja}。快晴時の {mean:.0%}。"
        "直達と散乱は Erbs ほか 1982",
        en=f"Sky: {used} observation{'' if used == 1 else 's'} of {title.en[0].lower()}{title.en[1:]} ({record.where.en})"
        f"{formula.en}: {mean:.0%} of a clear sky. Beam and diffuse light after Erbs et al. 1982",
    )
    if share >= _WHOLE:
        return (said,)
    return (
        said,
        Note(
            severity="fallback",
            ja=f"日射の {1 - share:.1%} に当たる時間は観測がなく、残りの平均と同じ明るさの空とした",
            en=f"Nothing was observed for {1 - share:.1%} of the light of the span; there the sky is"
            " taken to be as clear as on average in the rest",
        ),
    )
