"""Test 4 of the Environment Agency benchmark in full, by both schemes, beside LISFLOOD-FP 8."""

from __future__ import annotations

import pytest

from citytwin.kernels.inundation import Scheme
from tests.real.plain_case import SAMPLES, WHOLE, PlainSeries, misfits, plain_series

pytestmark = [
    pytest.mark.validation,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="needs flood/ in CITYTWIN_SAMPLES"),
]

# Peak in mm near the inlet, at the other gauges, and RMSE in mm. The first reference solves the
# inertial equations, the second the full ones: they differ at the inlet.
LIMITS = {
    (Scheme.INERTIAL, "acc_1m"): (1.5, 1.5, 4.0),
    (Scheme.INERTIAL, "dg2_5m"): (5.0, 3.0, 5.0),
    (Scheme.FULL, "acc_1m"): (3.0, 1.5, 4.0),
    (Scheme.FULL, "dg2_5m"): (3.0, 3.0, 4.0),
}
PUBLISHED = {"acc_1m": "LISFLOOD-FP, inertial, 1 m", "dg2_5m": "LISFLOOD-FP, DG2, 5 m"}


@pytest.fixture(scope="module", params=[Scheme.INERTIAL, Scheme.FULL])
def plain(request: pytest.FixtureRequest) -> tuple[Scheme, PlainSeries]:
    """Five hours at 5 m by one scheme."""
    return request.param, plain_series(request.param, WHOLE)


@pytest.mark.parametrize("reference", PUBLISHED)
def test_series_at_the_gauges(bars, plain: tuple[Scheme, PlainSeries], reference: str) -> None:
    """Peak, series and arrival of 2 cm at six gauges."""
    scheme, series = plain
    near, elsewhere, rmse = LIMITS[scheme, reference]
    case = bars(f"EA test 4, {scheme.value}, beside {PUBLISHED[reference]}")
    found = misfits(series, reference)
    case.below("peak at gauge 1, mm", found[0].peak_mm, near)
    case.below("peak at gauges 2 to 6, mm", max(one.peak_mm for one in found[1:]), elsewhere)
    case.below("RMSE of the worst gauge, mm", max(one.rmse_mm for one in found), rmse)
    case.below("arrival at the worst gauge, s", max(abs(one.late_s) for one in found), 100)


def test_the_water_is_all_there(bars, plain: tuple[Scheme, PlainSeries]) -> None:
    """285 000 m3 enter, part leaves over three sides: the account closes."""
    scheme, series = plain
    case = bars(f"EA test 4, {scheme.value}")
    case.below("error of the volume", series.volume_error, 1e-7)
