"""Sewers of the flood: which manholes and outfalls of a network lie on which cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.flood_ledger import SewerVolumes
from citytwin.kernels.flood_part import Cells
from citytwin.kernels.flood_sewers import Sewers
from citytwin.kernels.sewer_inlet import Inlets
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Fact, Note, Severity, tally
from citytwin.model.steps import Block, Params
from citytwin.model.tables import SEWER_NETWORK
from citytwin.model.text import Text, text
from citytwin.simulations.flood.places import Ground, open_around
from citytwin.simulations.flood.swmm import SewerNode, SewerRecords, Swmm, running_network
from citytwin.wording import nearest

_APART_M = 5.0
"""Rims so far from the ground in the middle of them are of another datum or unit."""
_PASSING = text(
    "下水道網（EPA SWMM 5）のマンホール {count} か所で地表と水を交換（Chen ほか 2007 の堰・オリフィス式、"
    "係数は Rubinato ほか 2017）",
    "{count} manholes of the sewer network exchange water with the ground (EPA SWMM 5; weir and orifice "
    "as in Chen et al. 2007, coefficients of Rubinato et al. 2017)",
)
_BESIDE = text(
    "マンホール {count} か所は範囲外・建物の中にあるため、地表とつながっていません",
    "{count} manholes lie outside the area or in buildings: they exchange no water with the ground",
)
_SHUT = text(
    "マンホール {count} か所は圧力蓋（SWMM のサーチャージ水深あり）のため、地表とつながっていません",
    "{count} manholes are bolted (surcharge depth of SWMM): they exchange no water with the ground",
)
_OUTFALLS = text(
    "吐口 {count} か所は地表の水位を受け、地表に放流します",
    "{count} outfalls end on the ground, whose water level presses back into them",
)
_AWAY = text(
    "吐口 {count} か所の放流水は計算範囲の外に出ます",
    "{count} outfalls lead out of the area",
)


class SewerParams(Params):
    """A network of sewers that is computed together with the flood, by EPA SWMM 5."""

    source: str | None = None
    """File of the network; needed where the city has several."""
    opening_m: float = Bound(default=0.6, gt=0, le=5)
    """Diameter of the opening of a manhole; where each stands for several gullies, that of as much area."""
    weir_coefficient: float = Bound(default=0.54, gt=0, le=2)
    """Of the flow over the rim (Rubinato et al. 2017; the 1.66 of HEC-22 is 0.56) [-]."""
    orifice_coefficient: float = Bound(default=0.167, gt=0, le=2)
    """Of the flow through the opening, either way (Rubinato et al. 2017; HEC-22 of the FHWA takes 0.67) [-]."""
    outfalls: Literal["away", "surface"] = "away"
    """``away``: what comes out has left the area, at the level that the file says. ``surface``: outfalls
    on cells of the area pour onto them, and take water back where it stands above."""
    step_s: float = Bound(default=0.5, ge=0.05, le=10)
    """Time step of the sewers; the flood has its own."""


@dataclass(frozen=True)
class SewersBelow:
    """The sewers of a run, where it has some."""

    sewers: Sewers | None = None
    notes: tuple[Note, ...] = ()
    network: Swmm | None = None

    def facts(self, passed: SewerVolumes) -> tuple[Fact, ...]:
        """Say where the water of the sewers is in the end.

        Parameters
        ----------
        passed
            What passed between the ground and the sewers.
        """
        if self.network is None:
            return ()
        account = self.network.account()

        def volume(name: str, ja: str, en: str, value: float) -> Fact:
            return Fact(name=name, label=text(ja, en), value=value, unit="m3")

        stored = account.stored_m3 + passed.due_m3
        return (
            volume("sewer_inflow_volume", "下水道への流入量", "Into sewers", passed.into_m3),
            volume(
                "sewer_surcharge_volume", "下水道からの溢水量", "Back from sewers", passed.out_m3
            ),
            volume("sewer_away_volume", "吐口から域外へ", "Left by outfalls", account.away_m3),
            volume("sewer_stored_volume", "下水道内の残留量", "Still in sewers", stored),
            volume(
                "sewer_spilled_volume", "域外での溢水量", "Spilled elsewhere", account.spilled_m3
            ),
            Fact(
                name="sewer_error",
                label=text(
                    "SWMM の水量の誤差（割合）", "Volume error of SWMM (share of its water)"
                ),
                value=account.error,
                unit="1",
            ),
        )


class _Laid(NamedTuple):
    """A node in its cell."""

    node: SewerNode
    row: int
    col: int
    ground_m: float


@contextmanager
def laid_sewers(
    ground_in: Callable[[Tile], Ground], block: Block, params: SewerParams | None
) -> Iterator[SewersBelow]:
    """Lay a network under the city, start it, and end it.

    Parameters
    ----------
    ground_in
        Gives the ground in a window of the city, or in more.
    block
        The city, with its tables.
    params
        Of the sewers; None for none.

    Raises
    ------
    StepError
        If there is no network, or several, none of its manholes lies on open ground, or its levels are
        not those of the ground; if pyswmm is missing, or SWMM refuses the network.
    """
    if params is None:
        yield SewersBelow()
        return
    records = records_of(_chosen(block.tables.get(SEWER_NETWORK), params.source))
    manholes = _manholes(ground_in, block.grid, records)
    given = records.outfalls if params.outfalls == "surface" else ()
    ends = [laid for node in given if (laid := _laid(ground_in, block.grid, node)) is not None]
    open_ones = [node for node in records.junctions if not node.is_bolted]
    said: tuple[tuple[Severity, Text, int], ...] = (
        ("info", _PASSING, len(manholes)),
        ("loss", _BESIDE, len(open_ones) - len(manholes)),
        ("loss", _SHUT, len(records.junctions) - len(open_ones)),
        ("info", _OUTFALLS, len(ends)),
        ("info", _AWAY, len(records.outfalls) - len(ends)),
    )
    notes = tuple(tally(severity, form, count) for severity, form, count in said if count)
    names = ([laid.node.name for laid in manholes], [laid.node.name for laid in ends])
    with running_network(records, *names, params.step_s) as network:
        sewers = Sewers(
            *_cells(manholes),
            np.array([np.fmax(laid.node.rim_m, laid.ground_m) for laid in manholes]),
            *_cells(ends),
            network,
            records.manhole_m2,
            Inlets(params.opening_m, params.weir_coefficient, params.orifice_coefficient),
        )
        yield SewersBelow(sewers, notes, network)


def _cells(laid: Sequence[_Laid]) -> Cells:
    """Rows and columns."""
    return (
        np.array([one.row for one in laid], dtype=np.int64),
        np.array([one.col for one in laid], dtype=np.int64),
    )


def _manholes(
    ground_in: Callable[[Tile], Ground], grid: GridSpec, records: SewerRecords
) -> list[_Laid]:
    """Junctions that exchange water with the ground."""
    free = [node for node in records.junctions if not node.is_bolted]
    found = [laid for node in free if (laid := _laid(ground_in, grid, node)) is not None]
    if not found:
        box = grid.bounds
        msg = f"none of {len(free)} manholes of the sewers lies on open ground of the area "
        msg += f"({box.x_min:g} to {box.x_max:g} east, {box.y_min:g} to {box.y_max:g} north)"
        raise StepError(msg, step="flood", hint="check the `crs` of the network")
    _require_one_datum(found)
    return found


def _chosen(rows: pd.DataFrame | None, source: str | None) -> pd.DataFrame:
    """Rows of the one network that is meant."""
    if rows is None or rows.empty:
        msg = "`sewers` needs a network of sewers, and the city has none"
        raise StepError(msg, step="flood", hint="add a source with the format swmm_network")
    known = sorted(set(rows["source"]))
    if source is None and len(known) > 1:
        msg = f"there are {len(known)} networks of sewers: {', '.join(known)}"
        raise StepError(msg, step="flood", hint="name one as `source` of `sewers`")
    if source is not None and source not in known:
        msg = f"no network of sewers is called {source!r}{nearest(source, known)}"
        raise StepError(msg, step="flood", hint="give the name of the file")
    return rows[rows["source"] == (source or known[0])]


def records_of(rows: pd.DataFrame) -> SewerRecords:
    """Return a network by its sections.

    Parameters
    ----------
    rows
        Rows of the table ``sewer_network`` of one file.
    """
    places = rows[["x_m", "y_m"]].to_numpy(dtype=np.float64, na_value=np.nan).tolist()
    records: dict[str, list[str]] = {}
    at: dict[str, tuple[float, float]] = {}
    for section, record, (x, y) in zip(rows["section"], rows["record"], places, strict=True):
        records.setdefault(section, []).append(record)
        if not np.isnan(x):
            at[record.split(" ", 1)[0]] = (x, y)
    return SewerRecords(records, at)


def _laid(ground_in: Callable[[Tile], Ground], grid: GridSpec, node: SewerNode) -> _Laid | None:
    """A node in its cell, or in the nearest open one beside it; None where there is none."""
    near = open_around(ground_in, grid, node.x_m, node.y_m)
    if not near.rows.size:
        return None
    x, y = grid.x_centres(grid.whole)[near.cols], grid.y_centres(grid.whole)[near.rows]
    k = int(np.argmin(np.hypot(x - node.x_m, y - node.y_m)))
    return _Laid(node, int(near.rows[k]), int(near.cols[k]), float(near.level_m[k]))


def _require_one_datum(manholes: Sequence[_Laid]) -> None:
    """Refuse rims that lie far above or below the ground: feet, or heights of another datum."""
    known = [laid for laid in manholes if not np.isnan(laid.node.rim_m)]
    if not known:
        return
    above = float(np.median([laid.node.rim_m - laid.ground_m for laid in known]))
    if abs(above) > _APART_M:
        node, ground_m = known[0].node, known[0].ground_m
        msg = f"the rims of the manholes lie {above:+.1f} m from the ground (median; that of "
        msg += f"{node.name} at {node.rim_m:.2f} m, the ground there at {ground_m:.2f} m)"
        hint = "give levels in metres above the city's vertical datum"
        raise StepError(msg, step="flood", hint=hint)
