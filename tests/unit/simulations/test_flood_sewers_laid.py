"""Networks of sewers under a city: which cells their nodes have, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.model.tables import SEWER_NETWORK
from citytwin.simulations.flood.places import Ground
from citytwin.simulations.flood.sewers import SewerParams, laid_sewers, records_of
from citytwin.simulations.flood.step import SIMULATION
from citytwin.simulations.flood.tiles import require_tiles
from tests.physics.sewer_networks import TWO_MANHOLES, table_of

GRID = GridSpec("EPSG:6677", 0.0, 40.0, 5.0, 8, 20)


def ground(level_m: float = 0.0) -> Ground:
    """Level ground; the cell of manhole B, a building, is closed."""
    is_open = np.ones(GRID.shape, dtype=bool)
    is_open[5, 6] = False
    return Ground(GRID, np.full(GRID.shape, level_m, dtype=np.float32), is_open)


def block(rows: pd.DataFrame | None) -> Block:
    """A city with a network."""
    tables = {} if rows is None else {SEWER_NETWORK: rows}
    return Block({}, {}, GRID, GRID.whole, Site(139.0, 36.0, 0.0, "UTC"), tables=tables)


def laid(rows: pd.DataFrame | None, level_m: float = 0.0, **params: object):
    """Lay the network under the ground."""
    return laid_sewers(lambda _w: ground(level_m), block(rows), SewerParams(**params))


def test_nodes_lie_in_their_cells_or_beside(tmp_path: Path) -> None:
    """B moves to the nearest open cell; the rim counts, or the ground where it is higher."""
    rows = table_of(TWO_MANHOLES, tmp_path)
    with laid(rows, 0.2, outfalls="surface") as below:
        sewers = below.sewers
        assert sewers is not None
        assert (sewers.rows.tolist(), sewers.cols.tolist()) == ([5, 5], [1, 5])
        assert sewers.crest_m.tolist() == pytest.approx([0.2, 0.2])
        assert (sewers.outfall_rows.tolist(), sewers.outfall_cols.tolist()) == ([5], [18])
        said = " ".join(note.en for note in below.notes)
        assert "2 manholes of the sewer network exchange water" in said
        assert "1 outfalls end on the ground" in said


def test_bolted_and_far_manholes_take_part_without_ground(tmp_path: Path) -> None:
    """They are told as losses; the water in them is part of the network all the same."""
    text = TWO_MANHOLES.replace("B -2.1 2.1 0", "B -2.1 2.1 0 5\nC -2.1 2.1 0")
    text = text.replace("[XSECTIONS]", "R C A 9 0.013 0 0\n[XSECTIONS]\nR CIRCULAR 0.4 0 0 0")
    with laid(table_of(text + "C 900 12\n", tmp_path)) as below:
        assert below.sewers is not None
        assert below.sewers.rows.tolist() == [5]
        losses = [note.en for note in below.notes if note.severity == "loss"]
    assert losses == [
        "1 manholes lie outside the area or in buildings: they exchange no water with the ground",
        "1 manholes are bolted (surcharge depth of SWMM): they exchange no water with the ground",
    ]


@pytest.mark.parametrize(
    ("given", "away", "staged"),
    [
        ("FREE", "FREE NO", "FREE NO"),
        ("NORMAL YES", "NORMAL YES", "FREE YES"),
        ("FIXED 1.5", "FIXED 1.5 NO", "FREE NO"),
        ("FIXED 1.5 YES S1", "FIXED 1.5 YES", "FREE YES"),
    ],
)
def test_outfalls_keep_their_gates(tmp_path: Path, given: str, away: str, staged: str) -> None:
    """Their level is that of the file, or of the ground; catchments they lead to are not there."""
    rows = table_of(TWO_MANHOLES.replace("20.0 FREE NO", f"20.0 {given}"), tmp_path)
    records = records_of(rows)
    assert f"\nO 20.0 {away}\n" in records.text((), 0.5)
    assert f"\nO 20.0 {staged}\n" in records.text(("O",), 0.5)


def test_networks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    """Elsewhere, of another datum, several, none, or not what SWMM takes."""
    rows = table_of(TWO_MANHOLES, tmp_path)
    elsewhere = rows.assign(x_m=rows["x_m"] + 5000.0)
    two = pd.concat([rows, rows.assign(source="other.inp")])
    broken = table_of(TWO_MANHOLES.replace("P A B 20", "P A NONE 20"), tmp_path)
    for given, level, params, message in (
        (elsewhere, 0.0, {}, "none of 2 manholes of the sewers lies on open ground"),
        (rows, 37.0, {}, r"rims of the manholes lie -37\.0 m from the ground"),
        (two, 0.0, {}, "there are 2 networks of sewers: net.inp, other.inp"),
        (two, 0.0, {"source": "othr.inp"}, "did you mean 'other.inp'"),
        (None, 0.0, {}, "the city has none"),
        (broken, 0.0, {}, "SWMM refuses the network of sewers: ERROR 209.*NONE"),
    ):
        with pytest.raises(StepError, match=message), laid(given, level, **params):
            pass
    with laid(two, source="other.inp") as below:
        assert below.network is not None


def test_without_pyswmm_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import error would say nothing to who runs it."""
    monkeypatch.setitem(sys.modules, "pyswmm", None)
    rows = table_of(TWO_MANHOLES, tmp_path)
    with pytest.raises(StepError, match=r"citytwin\[sewers\]"), laid(rows):
        pass


def test_sewers_do_not_run_in_tiles() -> None:
    """One SWMM computes the whole network."""
    with pytest.raises(StepError, match="sewers do not run in tiles"):
        require_tiles(SIMULATION.params.model_validate({"sewers": {}}))


def test_the_account_of_the_sewers_is_on_the_layer(tmp_path: Path) -> None:
    """Rain on a hollow goes down; what went in is out, or still in the pipes."""
    terrain = np.full(GRID.shape, 0.02, dtype=np.float32)
    terrain[5, 1] = 0.0
    given = {
        "duration_h": 0.1,
        "rain": [{"start_minutes": 0, "end_minutes": 6, "mm_per_h": 120}],
        "edges": "closed",
        "sewers": {},
    }
    city = block(
        table_of(TWO_MANHOLES.replace("O 20.0", "O -3.0").replace("22.1 0", "0 0"), tmp_path)
    )
    city = Block({f.TERRAIN: terrain}, {}, GRID, GRID.whole, city.site, tables=city.tables)
    outcome = SIMULATION.run(city, SIMULATION.params.model_validate(given))
    facts = {fact.name: fact.value for fact in outcome.facts}
    assert facts["sewer_inflow_volume"] > 1.0
    assert facts["sewer_surcharge_volume"] == 0.0
    gone = facts["sewer_away_volume"] + facts["sewer_stored_volume"]
    lost = abs(facts["sewer_error"]) * facts["sewer_inflow_volume"]
    assert gone == pytest.approx(facts["sewer_inflow_volume"], abs=1.1 * lost + 0.01)
    assert facts["volume_error"] <= 1e-7
