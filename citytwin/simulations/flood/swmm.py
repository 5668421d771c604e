"""The flow in sewers by EPA SWMM 5, through pyswmm: one network at a time in a process."""

from __future__ import annotations

import math
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError

# SWMM holds its network in global variables of its library.
_ONE_AT_A_TIME = threading.Lock()
_ACROSS = 0.0283168466  # m3 in a cubic foot, in which SWMM gives its balance
_M3_S = {"CMS": 1.0, "LPS": 1e-3, "MLD": 1e3 / 86_400.0}
_HEADROOM_M = 200.0
"""How far above its rim water can rise in a shaft."""
_MANHOLE_M2 = 1.167
"""Area that SWMM gives each manhole where its file does not: 1.2 m across (4 feet)."""
_SECTIONS = (
    "JUNCTIONS", "OUTFALLS", "STORAGE", "CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS",
    "XSECTIONS", "LOSSES", "CURVES", "TRANSECTS",
)  # fmt: skip
_RUN = """[OPTIONS]
FLOW_ROUTING DYNWAVE
START_DATE 01/01/2000
START_TIME 00:00:00
REPORT_START_DATE 01/01/2000
REPORT_START_TIME 00:00:00
END_DATE 12/31/2000
END_TIME 00:00:00
REPORT_STEP 24:00:00
VARIABLE_STEP 0
ALLOW_PONDING NO
SKIP_STEADY_STATE NO
SURCHARGE_METHOD SLOT
MAX_TRIALS 20
HEAD_TOLERANCE 0.0001
THREADS 1"""


@dataclass(frozen=True)
class SewerNode:
    """A node of a network."""

    name: str
    invert_m: float
    rim_m: float
    """Level of its rim; NaN where the file leaves it to the ground, and of outfalls."""
    is_bolted: bool
    """Whether its lid holds, so that no water passes."""
    x_m: float
    y_m: float


@dataclass(frozen=True)
class SewerRecords:
    """A network by the sections of its file, in metres."""

    records: Mapping[str, Sequence[str]]
    places: Mapping[str, tuple[float, float]]
    """Of nodes, in the city's CRS [m]."""

    @property
    def options(self) -> Mapping[str, str]:
        """Options of the network."""
        given: dict[str, str] = {}
        for record in self.records.get("OPTIONS", ()):
            name, value = record.split(" ", 1)
            given[name] = value
        return given

    @property
    def junctions(self) -> tuple[SewerNode, ...]:
        """Manholes."""
        return tuple(self._node(record, has_shaft=True) for record in self.records["JUNCTIONS"])

    @property
    def outfalls(self) -> tuple[SewerNode, ...]:
        """Outfalls."""
        given = self.records.get("OUTFALLS", ())
        return tuple(self._node(record, has_shaft=False) for record in given)

    def _node(self, record: str, *, has_shaft: bool) -> SewerNode:
        """A node; of a shaft the fields are name, invert, depth, first depth, surcharge depth."""
        name, invert, *more = record.split()
        numbers = [float(field) for field in more[:3]] if has_shaft else []
        depth, _first, surcharge = (*numbers, 0.0, 0.0, 0.0)[:3]
        rim = float(invert) + depth if depth > 0 else math.nan
        return SewerNode(name, float(invert), rim, surcharge > 0, *self.places[name])

    @property
    def manhole_m2(self) -> float:
        """Plan area of the shaft of a manhole [m2]."""
        given = float(self.options.get("MIN_SURFAREA", "0"))
        return given if given > 0 else _MANHOLE_M2

    def text(self, staged: Sequence[str], step_s: float) -> str:
        """Return the file of a run.

        Junctions become storage units of constant area that reach far above the ground: the water in them
        has a volume, and a level that presses on the street. SWMM gives a junction the same area while
        pipes are part full, but no volume, and would spill what rises above the rim. Full pipes have a
        narrow slot (SURCHARGE_METHOD SLOT): under EXTRAN their width would count as area of the shafts, and
        shafts that fill would lose more than half of their water.

        Parameters
        ----------
        staged
            Outfalls of which the level is given.
        step_s
            Time step [s].
        """
        given = frozenset(staged)
        lines = [_RUN, f"ROUTING_STEP {step_s:g}"]
        lines += [f"{name} {value}" for name, value in self.options.items()]
        shafts = []
        for section in _SECTIONS:
            lines.append(f"[{section}]")
            for record in self.records.get(section, ()):
                fields = record.split()
                if section == "JUNCTIONS":
                    shafts.append(self._shaft(fields))
                elif section == "OUTFALLS":
                    lines.append(_outfall(fields, is_staged=fields[0] in given))
                else:
                    lines.append(record)
            if section == "STORAGE":
                lines += shafts
        return "\n".join(lines) + "\n"

    def _shaft(self, fields: list[str]) -> str:
        name, invert, *more = fields
        depth = float(more[0]) if more else 0.0
        first = more[1] if len(more) > 1 else "0"
        area = self.manhole_m2
        return f"{name} {invert} {depth + _HEADROOM_M:.3f} {first} FUNCTIONAL 0 0 {area:g} 0 0"


def _outfall(fields: list[str], *, is_staged: bool) -> str:
    """An outfall without the catchment that its file may lead it to; free where others give its level."""
    name, invert, kind, *more = fields
    fixed = kind.upper() == "FIXED"
    stage, gate = more[:1] if fixed else [], more[1:2] if fixed else more[:1]
    kept = ["FREE"] if is_staged else [kind, *stage]
    return " ".join([name, invert, *kept, *(gate or ["NO"])])


@dataclass(frozen=True)
class SewerAccount:
    """Where the water of a network is in the end, as SWMM says it."""

    away_m3: float
    """Left at outfalls that do not end on the ground of the city."""
    stored_m3: float
    """Still in the sewers, less what was in them at the begin."""
    spilled_m3: float
    """Lost over nodes that do not exchange water with the ground."""
    error: float
    """Share of all water that SWMM made (positive) or lost."""


class Swmm:
    """A running network; see `SewerNetwork`.

    Parameters
    ----------
    pyswmm
        The library.
    simulation
        Of pyswmm, started.
    report
        Its file for errors.
    records
        The network.
    manholes, outfalls
        Names of the nodes that exchange water with the ground.
    step_s
        Time step [s], > 0.
    """

    def __init__(
        self,
        pyswmm: ModuleType,
        simulation: Any,
        report: Path,
        records: SewerRecords,
        manholes: Sequence[str],
        outfalls: Sequence[str],
        step_s: float,
    ) -> None:
        nodes, links = pyswmm.Nodes(simulation), pyswmm.Links(simulation)
        self.step_s, self._simulation, self._report = step_s, simulation, report
        self._stats = pyswmm.SystemStats(simulation)
        self._m3_s = _M3_S[records.options["FLOW_UNITS"].upper()]
        self._manholes = [nodes[name] for name in manholes]
        self._outfalls = [nodes[name] for name in outfalls]
        # Those that end on the ground come first.
        away = [node.name for node in records.outfalls if node.name not in outfalls]
        self._out = [
            [(links[name], way) for name, way in _into(records, one)] for one in (*outfalls, *away)
        ]
        self._flow, self._away_m3 = np.zeros(len(self._out)), 0.0
        self._stored = self._routing()["initial_storage"]

    def heads_m(self) -> NDArray[np.float64]:
        """How high the water stands in each manhole; see `SewerNetwork`."""
        return np.array([node.head for node in self._manholes], dtype=np.float64)

    def advance(
        self, inflow_m3_s: NDArray[np.float64], stage_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Make a step; see `SewerNetwork`."""
        for node, flow in zip(self._manholes, inflow_m3_s.tolist(), strict=True):
            node.generated_inflow(flow / self._m3_s)
        for node, stage in zip(self._outfalls, stage_m.tolist(), strict=True):
            node.outfall_stage(max(stage, node.invert_elevation))
        with _refusals(self._report):
            next(self._simulation)
        flow = np.array([sum(way * link.flow for link, way in links) for links in self._out])
        # As SWMM counts: the mean of begin and end of its step.
        out: NDArray[np.float64] = 0.5 * (self._flow + flow) * (self._m3_s * self.step_s)
        self._flow = flow
        ours = len(self._outfalls)
        self._away_m3 += float(out[ours:].sum())
        return out[:ours]

    def _routing(self) -> Mapping[str, float]:
        stats: Mapping[str, float] = self._stats.routing_stats
        return stats

    def account(self) -> SewerAccount:
        """Return where the water is now."""
        now = self._routing()
        stored = (now["final_storage"] - self._stored) * _ACROSS
        error = -now["routing_error"] / 100.0
        return SewerAccount(self._away_m3, stored, now["flooding"], error)


def _into(records: SewerRecords, outfall: str) -> list[tuple[str, float]]:
    """Links of an outfall, with 1 where they end there and -1 where they begin."""
    found = []
    for section in ("CONDUITS", "PUMPS", "ORIFICES", "WEIRS", "OUTLETS"):
        for record in records.records.get(section, ()):
            name, first, second = record.split()[:3]
            if outfall in (first, second):
                found.append((name, 1.0 if second == outfall else -1.0))
    return found


@contextmanager
def running_network(
    records: SewerRecords, manholes: Sequence[str], outfalls: Sequence[str], step_s: float
) -> Iterator[Swmm]:
    """Start a network, and end it.

    Parameters
    ----------
    records
        The network.
    manholes, outfalls
        Names of the junctions and outfalls that exchange water with the ground.
    step_s
        Time step of the sewers [s], > 0.

    Raises
    ------
    StepError
        If pyswmm is missing, or SWMM refuses the network.
    """
    try:
        import pyswmm
    except ImportError as error:
        msg = "sewers need the package pyswmm, which is missing"
        raise StepError(msg, step="flood", hint="pip install 'citytwin[sewers]'") from error
    with _ONE_AT_A_TIME, tempfile.TemporaryDirectory(prefix="citytwin-sewers-") as name:
        folder = Path(name)
        file, report = folder / "network.inp", folder / "network.rpt"
        file.write_text(records.text(outfalls, step_s), encoding="ascii")
        with _refusals(report):
            opened = pyswmm.Simulation(str(file), str(report), str(folder / "network.out"))
        with opened as simulation:
            with _refusals(report):
                simulation.start()
            yield Swmm(pyswmm, simulation, report, records, manholes, outfalls, step_s)


@contextmanager
def _refusals(report: Path) -> Iterator[None]:
    """Say what SWMM says of a network that it refuses; its library knows no errors of its own."""
    try:
        yield
    except Exception as error:  # pyswmm raises nothing more special
        lines = report.read_text(errors="replace").splitlines() if report.exists() else []
        said = [line.strip() for line in lines if line.strip().startswith("ERROR")][:3]
        msg = f"SWMM refuses the network of sewers: {'; '.join(said) or str(error).strip()}"
        hint = "open the network in SWMM and correct what it says"
        raise StepError(msg, step="flood", hint=hint) from error
