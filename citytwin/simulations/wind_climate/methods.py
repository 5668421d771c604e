"""Where the speed ratios of the directions come from: each method with its measured error.

Another method joins by one entry here and its name in `Method`; nothing else knows one by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from citytwin.model import fields as f
from citytwin.model.fields import Field
from citytwin.model.text import Text, text

Method: TypeAlias = Literal["proxy", "flow"]


@dataclass(frozen=True)
class RatioMethod:
    """A way to the speed ratio by direction, and how far to trust it."""

    field: Field
    """Local mean speed over that in the open at the same height, by direction."""
    title: Text
    error: float
    """Standard deviation of the ratio about measurements, taken as the same for all directions."""
    approach_m: float
    """Roughness length of the open approach that its ratios refer to [m]."""
    sees_speed_up: bool
    """Whether ratios above 1 can come out: without, nothing can be said of danger."""
    weak_from_m: float | None
    """Around buildings from this height on, as far as they are high, it says nothing [m]; None =
    everywhere it says something."""
    may_lack: bool
    """Whether single directions may have no ratio."""
    told: Text
    """What must be said on every map of speeds made with it."""
    caution: Text
    """What must be said on every map of classes made with it."""


METHODS: dict[Method, RatioMethod] = {
    "proxy": RatioMethod(
        field=f.WIND_SPEED_RATIO_BY_DIRECTION,
        title=text("遮蔽の指標（流体計算なし）", "sheltering proxy, no flow solved"),
        error=0.24,
        # Close, between 2 and 100 m, to the power law of exponent 0.25 of the case it was fitted on.
        approach_m=0.2,
        sees_speed_up=False,
        weak_from_m=25.0,
        may_lack=False,
        told=text(
            "流体計算ではなく遮蔽の指標（風速比の誤差 ±0.24）。ビル風（角・高層棟の足元の強風）と突風は含みません",
            "A sheltering proxy, not a flow: off by ±0.24 of the speed ratio; strong winds at corners and "
            "below towers, and gusts, are outside it",
        ),
        caution=text(
            "目安です。風環境の評価書や証明には使えません。流体計算ではなく遮蔽の指標で、風洞実験との誤差は"
            "風速比で ±0.24（RMSE）。ビル風（角・高層棟の足元）は表せないため、危険の等級は出さず、"
            "高い建物の近くは判定していません",
            "A rough guide, no certificate of wind comfort: a sheltering proxy, not a flow, off by ±0.24 "
            "of the speed ratio (RMSE against wind tunnels). It cannot see strong winds at corners and "
            "below towers, so no danger is classed and places near tall buildings are not judged",
        ),
    ),
    "flow": RatioMethod(
        field=f.WIND_SPEED_RATIO_OF_FLOW,
        title=text("中立の流れの計算", "flow of neutral air, solved"),
        error=0.15,
        approach_m=0.3,
        sees_speed_up=True,
        weak_from_m=None,
        may_lack=True,
        told=text(
            "中立・定常の流れの計算（風速比の誤差 ±0.15、市街地の風洞実験）。突風は含みません",
            "A steady flow of neutral air: off by ±0.15 of the speed ratio in a town measured in a wind "
            "tunnel; gusts are outside it",
        ),
        caution=text(
            "目安です。風環境の評価書や証明には使えません。中立・定常の流れの計算で、市街地の風洞実験との誤差は"
            "風速比で ±0.15（RMSE）です",
            "A rough guide, no certificate of wind comfort: a steady flow of neutral air, off by ±0.15 of "
            "the speed ratio in a town measured in a wind tunnel (RMSE)",
        ),
    ),
}
