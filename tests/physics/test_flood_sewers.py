"""Sewers below a flood: ponds by closed formulas, no drop made or lost, the same bits after a stop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.model.checkpoints import Watch
from tests.physics.flood_everything import differing
from tests.physics.sewer_networks import AREA_M2, ONE_PIPE, TWO_MANHOLES, WALL, ponds, sewers
from tests.physics.test_flood_resuming import StopError, StopsAfter

G = 9.80665
OPENING_M2 = math.pi * 0.6**2 / 4
ORIFICE = 0.167 * OPENING_M2 * math.sqrt(2 * G)


def test_a_pond_runs_out_as_through_an_orifice(tmp_path):
    """Q = c sqrt(h): the root of the depth falls evenly, by c / 2 A a second."""
    with sewers(ONE_PIPE, tmp_path, ("A",)) as (given, network):
        flood = ponds(1.0, 0.0, 400.0, given)
        account = network.account()
    left = (1.0 - ORIFICE * 400.0 / (2 * AREA_M2)) ** 2
    passed = flood.ledger.sewers
    assert passed.into_m3 == pytest.approx(AREA_M2 * (1.0 - left), rel=0.01)
    assert passed.out_m3 == 0.0
    assert flood.ledger.relative_error <= 1e-7
    made = account.away_m3 + account.stored_m3 - passed.into_m3
    assert made == pytest.approx(account.error * passed.into_m3, rel=0.03)
    # Before an outfall SWMM fills half of the last pipe, here 60 m and 3 to 4 m3, without water.
    assert 0.0 <= made < 2.2


def test_swmm_got_what_the_ground_gave(tmp_path):
    """Its own balance of inflow is the account of the flood, less half of its last step."""
    with sewers(ONE_PIPE, tmp_path, ("A",)) as (given, network):
        flood = ponds(0.05, 0.0, 60.0, given)
        said, away_m3 = network._routing(), network.account().away_m3
    rate = 2 / 3 * 0.54 * math.pi * 0.6 * math.sqrt(2 * G) * 0.05**1.5  # over the rim, at most
    assert said["external_inflow"] == pytest.approx(flood.ledger.sewers.into_m3, abs=0.25 * rate)
    assert said["outflow"] == pytest.approx(away_m3, rel=1e-9)
    assert away_m3 > 1.0
    assert np.nanmin(flood.final_depth_m) >= 0.0


def test_ponds_over_one_pipe_level_out(tmp_path):
    """Water goes down one manhole and up the other until both levels are the same, and rests."""
    with sewers(TWO_MANHOLES, tmp_path, ("A", "B")) as (given, network):
        flood = ponds(0.5, 0.3, 1500.0, given)
        account = network.account()
    west, east = flood.final_depth_m[:, :WALL].mean(), flood.final_depth_m[:, WALL + 1 :].mean()
    passed, volume = flood.ledger.sewers, AREA_M2 * 0.8
    filled = 2 * 1.167 * 2.05 + 0.25 * math.pi * 0.6**2 * 20.0  # shafts and pipe
    assert passed.into_m3 - passed.out_m3 == pytest.approx(filled, rel=0.2)
    assert west == pytest.approx(east, abs=0.02)
    assert west == pytest.approx((volume - filled) / (2 * AREA_M2), abs=0.02)
    assert flood.ledger.relative_error <= 1e-7
    assert account.stored_m3 == pytest.approx(passed.into_m3 - passed.out_m3, rel=0.03)
    assert account.away_m3 == pytest.approx(0.0, abs=1e-6)


def test_an_outfall_pours_onto_the_ground_and_takes_back(tmp_path):
    """From the west through the pipe to the east; with the east higher the other way round."""
    level = ONE_PIPE.replace("O -5.0", "O 0.0").replace("A -3.0 3.0", "A -0.5 0.5")
    with sewers(level, tmp_path, ("A",), ("O",)) as (given, network):
        flood = ponds(1.5, 0.0, 120.0, given)
        account = network.account()
    passed = flood.ledger.sewers
    assert passed.out_m3 > 5.0
    made = passed.out_m3 + passed.due_m3 + account.stored_m3 - passed.into_m3
    assert made == pytest.approx(account.error * passed.into_m3, rel=0.03)
    assert flood.ledger.relative_error <= 1e-7
    with sewers(level, tmp_path, ("A",), ("O",)) as (given, _network):
        back = ponds(0.0, 1.5, 120.0, given)
    assert back.final_depth_m[:, :WALL].sum() * 25.0 > 5.0
    assert back.ledger.relative_error <= 1e-7


def test_manholes_in_one_cell_never_overdraw_it(tmp_path):
    """A film between five wide openings: no depth falls below zero, and all is accounted for."""
    five = [f"M{k}" for k in range(5)]
    text = ONE_PIPE.replace(
        "[OUTFALLS]", "\n".join(f"{name} -3.0 3.0 0" for name in five) + "\n[OUTFALLS]"
    )
    pipes = "".join(f"P{name} {name} A 10 0.013 0 0\n" for name in five)
    shapes = "".join(f"P{name} CIRCULAR 0.8 0 0 0\n" for name in five)
    text = text.replace("[XSECTIONS]", pipes + "[XSECTIONS]\n" + shapes)
    text += "".join(f"{name} 7 12\n" for name in five)
    with sewers(text, tmp_path, ("A", *five)) as (given, _network):
        flood = ponds(0.01, 0.0, 120.0, given)
    assert np.nanmin(flood.final_depth_m) >= 0.0
    assert flood.ledger.sewers.into_m3 > 0.5
    assert flood.ledger.relative_error <= 1e-7


def test_stopping_changes_no_bit(tmp_path):
    """The network is told again all that it was told, and comes to the same state."""

    def run(keeper):
        with sewers(TWO_MANHOLES, tmp_path, ("A", "B")) as (given, _network):
            return ponds(1.0, 0.2, 90.0, given, watch=Watch(checkpoints=keeper))

    whole = run(None)
    assert whole.ledger.sewers.out_m3 > 0.0
    keeper = StopsAfter(whole.steps // 2)
    with pytest.raises(StopError):
        run(keeper)
    assert differing(run(StopsAfter(-1, keeper.kept)), whole) == []
    with pytest.raises(StepError, match="do not come to the state again"):
        run(StopsAfter(-1, {**keeper.kept, "run.sewers.heads_m": np.zeros(2)}))
