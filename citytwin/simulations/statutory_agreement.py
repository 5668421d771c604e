"""The computed flood beside the statutory inundation map: where both agree, and by how much not."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.extent_scores import ExtentScores, extent_scores
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.depth_ranks import DRY_M, RANK_EDGES_M
from citytwin.model.notes import Fact, Note
from citytwin.model.reach import Domain
from citytwin.model.steps import Block, Outcome, Params, Simulation
from citytwin.model.text import text

_PERCENT = 100.0


class AgreementParams(Params):
    """From which depth on a cell counts as flooded."""

    wet_depth_m: float = Bound(default=DRY_M, gt=0, le=1)
    """The depth from which maps draw water, in both."""


def run(block: Block, params: AgreementParams) -> Outcome:
    """Compare extent and depth, cell by cell; buildings, which the flood leaves out, do not count."""
    computed, statutory = block[f.FLOOD_DEPTH_MAX], block[f.STATUTORY_DEPTH]
    known = ~(np.isnan(computed) | np.isnan(statutory))
    wet, wanted = computed >= params.wet_depth_m, statutory >= params.wet_depth_m
    classes = np.select(
        [~known, wet & wanted, wanted, wet],
        [
            f.CLASS_NODATA,
            t.Agreement.BOTH,
            t.Agreement.STATUTORY_ONLY,
            t.Agreement.COMPUTED_ONLY,
        ],
        t.Agreement.NEITHER,
    ).astype(np.uint8)
    difference = np.where(known & (wet | wanted), computed - statutory, np.float32(np.nan))
    scores = extent_scores(computed, statutory, params.wet_depth_m, RANK_EDGES_M)
    said = Note(
        severity="info",
        ja=f"法定の浸水想定（自治体・河川管理者の図）と、この計算の結果を、水深 {params.wet_depth_m:g} m 以上を"
        "浸水として比べたもの。両者の想定（雨・破堤点・規模）が同じとは限りません",
        en="The statutory map (of the authority) compared with the flood computed here; flooded is "
        f"what is {params.wet_depth_m:g} m deep or deeper. Both need not assume the same rain, "
        "breaches and scale",
    )
    return Outcome(
        {f.STATUTORY_AGREEMENT: classes, f.STATUTORY_DIFFERENCE: difference.astype(np.float32)},
        facts=_facts(scores, block.cell_m**2),
        notes=(said,),
    )


def _facts(scores: ExtentScores, cell_m2: float) -> tuple[Fact, ...]:
    def area(name: str, ja: str, en: str, cells: int) -> Fact:
        return Fact(name=name, label=text(ja, en), value=cells * cell_m2 / 1e4, unit="ha")

    def share(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=_PERCENT * value, unit="%")

    def metres(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit="m")

    facts = (
        area("flooded_in_both", "両方で浸水", "Flooded in both", scores.hits),
        area("statutory_only", "法定のみ浸水", "In the statutory map only", scores.misses),
        area("computed_only", "計算のみ浸水", "In the computed flood only", scores.false_alarms),
        share(
            "hit_rate",
            "捕捉率（法定の浸水範囲のうち計算でも浸水）",
            "Hit rate (of the statutory extent)",
            scores.hit_rate,
        ),
        share(
            "false_alarm_ratio",
            "空振り率（計算の浸水範囲のうち法定では浸水なし）",
            "False alarm ratio (of the computed extent)",
            scores.false_alarm_ratio,
        ),
        share(
            "critical_success_index",
            "スレットスコア CSI",
            "Critical success index",
            scores.critical_success_index,
        ),
        metres(
            "depth_bias",
            "水深の平均差（計算 − 法定、両方で浸水）",
            "Mean depth difference, computed less statutory, where both flood",
            scores.bias_m,
        ),
        metres(
            "depth_rmse",
            "水深の差の二乗平均平方根（両方で浸水）",
            "Root mean square of the depth difference, where both flood",
            scores.rmse_m,
        ),
        share(
            "same_rank",
            "浸水ランクが同じ割合（両方で浸水）",
            "Same rank of depth, where both flood",
            scores.same_rank,
        ),
    )
    return tuple(fact for fact in facts if math.isfinite(fact.value))


SIMULATION = Simulation(
    name="statutory_agreement",
    title=text("法定の浸水想定との比較", "Comparison with the statutory inundation map"),
    inputs=(f.FLOOD_DEPTH_MAX, f.STATUTORY_DEPTH),
    outputs=(f.STATUTORY_AGREEMENT, f.STATUTORY_DIFFERENCE),
    params=AgreementParams,
    reach=Domain(),
    run=run,
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=60.0),
)
