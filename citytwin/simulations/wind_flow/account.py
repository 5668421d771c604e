"""What is said about a wind flow: the account of its runs, equations, and where it is weak."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.flow_tiles import FlowAccount
from citytwin.kernels.wind_gusts import PEAK_FACTOR
from citytwin.model.notes import Fact, Note
from citytwin.model.text import text
from citytwin.simulations.wind_flow.params import WindFlowParams
from citytwin.simulations.wind_flow.place import Place

_GUSTS = Note(
    severity="fallback",
    ja=f"突風 = 平均風速 + {PEAK_FACTOR:g} × 乱れの標準偏差（流れの計算による）。単独の建物の風洞実験との誤差（RMSE）は "
    "0.14〜0.17 で、地面の近くでは小さめに出ます",
    en=f"A gust is the mean wind plus {PEAK_FACTOR:g} standard deviations by the turbulence of the flow: off by 0.14 "
    "to 0.17 (RMSE) around a single block in a wind tunnel, rather low near the ground",
)


def _percent(share: float) -> str:
    """A share in percent, to two digits: a few cells of many are not 0 %."""
    return f"{float(f'{100 * share:.2g}'):g} %"


def facts_of(told: list[FlowAccount]) -> tuple[Fact, ...]:
    """Return the account of the runs: the worst of all directions.

    Parameters
    ----------
    told
        Of each direction.
    """

    def fact(name: str, ja: str, en: str, value: float) -> Fact:
        return Fact(name=name, label=text(ja, en), value=value, unit="1")

    solved = [one for one in told if one.cells]
    last = [one.last for one in solved]
    seam = (
        fact("seam_rms", "タイル境界の差（二乗平均平方根、最大の風向）", "Tiles apart where they meet, root mean square", max(one.seam_rms for one in told)),
        fact("seam_max", "タイル境界の差（最大）", "Tiles apart where they meet, at most", max(one.seam_most for one in told)),
    )  # fmt: skip
    in_tiles = any(one.seam_most for one in told)
    return (
        fact("cells", "計算セル数", "Cells of the flow", float(solved[0].cells)),
        fact("steps", "ステップ数（最大）", "Steps on the finest grid, at most", float(max(p.steps for p in last))),
        fact("turnovers", "無次元時間（最小）", "Turnovers on it, at least", min(p.turnovers for p in last)),
        fact("change", "定常性（最終段の変化率、最大）", "Change in the last round, at most", max(p.change for p in last)),
        fact("divergence", "連続の式の残差（最大）", "Divergence left, at most", max(one.divergence for one in solved)),
        *(seam if in_tiles else ()),
    )  # fmt: skip


def notes_of(told: list[FlowAccount], place: Place, params: WindFlowParams) -> tuple[Note, ...]:
    """Say what the flow is, and where it is weak.

    Parameters
    ----------
    told
        Of each direction.
    place
        The city.
    params
        What was asked for.
    """
    ja, en = f"粗度長 {params.roughness_m:g} m", f"of roughness length {params.roughness_m:g} m"
    if params.approach:
        ja = f"流入風の分布は {len(params.approach)} 高さで与えられたもの"
        en = f"with the wind that was given at {len(params.approach)} heights"
    heights = ", ".join(f"{height:g}" for height in params.heights_m)
    notes = [
        Note(
            severity="info",
            ja=f"中立の定常流れ（1 方程式乱流モデル）を風向ごとに計算。地上 {heights} m、"
            f"乱れを含む平均スカラー風速の比。周囲は平坦な開けた土地（{ja}）と仮定。"
            "風洞実験との誤差は風速比で ±0.15（市街地）",
            en=f"A steady flow of neutral air per direction (one-equation turbulence) at {heights} m: "
            f"ratio of mean scalar speeds with turbulence. Around the area the land is taken as open, {en}. "
            "Off by ±0.15 of the ratio in a town (wind tunnel)",
        )
    ]
    if params.gusts:
        notes.append(_GUSTS)
    angle = np.degrees(place.turn.angle_rad)
    if angle:
        ja, en = ("反時計回り", "anticlockwise") if angle > 0 else ("時計回り", "clockwise")
        notes.append(
            Note(
                severity="info",
                ja=f"計算格子は多くの壁の向きに合わせて {abs(angle):.0f}° 回しています（{ja}）",
                en=f"Solved on cells turned by {abs(angle):.0f}° {en}, along most of the walls",
            )
        )
    late = sum(not one.last.steady for one in told if one.cells)
    if late:
        notes.append(
            Note(
                severity="loss",
                ja=f"{late} 風向で計算が定常に達していません",
                en=f"The flow had not come to rest in {late} of {len(told)} directions",
            )
        )
    lost = sum(one.lost for one in told)
    if lost:
        notes.append(
            Note(
                severity="loss",
                ja=f"風向（大きな範囲ではタイルと風向の組）{lost} 件は解が得られず空白です",
                en=f"{lost} directions, or tiles by direction, came to no flow and are left blank",
            )
        )
    if place.cut:
        notes.append(
            Note(
                severity="loss",
                ja="範囲の縁で建物が切れています。その外の建物は考慮していません",
                en="Buildings are cut by the edge of the area; those beyond it shelter nobody",
            )
        )
    unknown = int(place.unknown.sum())
    if unknown:
        share = unknown / place.unknown.size
        notes.append(
            Note(
                severity="loss",
                ja=f"地表面または地盤の高さが不明な {unknown} セル（{_percent(share)}）は、平坦な開けた土地として計算し、空白にしています",
                en=f"The height of surface or ground is unknown in {unknown} cells ({_percent(share)}): they were taken "
                "as open, level ground, and are left blank",
            )
        )
    if place.narrow.any():
        notes.append(
            Note(
                severity="loss",
                ja="幅 1 セルの隙間は計算できないため空白です",
                en="Gaps one cell wide between buildings are left blank: the flow cannot see them",
            )
        )
    return tuple(notes)
