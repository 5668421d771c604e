"""The format ``swmm_network``: a network of sewers as an input file of EPA SWMM 5."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from citytwin.errors import SourceError
from citytwin.formats.city.placement import OutOfPlaceError, place, source_crs
from citytwin.model.notes import Note, tally
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.tables import SEWER_NETWORK
from citytwin.model.text import text
from citytwin.transports.files import content_name, read_whole

_LARGEST_BYTES = 50_000_000
_LONGEST_RECORD = 1000
_MOST_FIELDS = 38
"""SWMM reads lines of 1024 bytes and 40 fields."""
_METRIC = ("CMS", "LPS", "MLD")
_NODES = {"JUNCTIONS": 2, "OUTFALLS": 3, "STORAGE": 5}
"""Sections of nodes, with the least number of fields of a record; the first two are name and level."""
_LINKS = {"CONDUITS": 5, "PUMPS": 4, "ORIFICES": 6, "WEIRS": 6, "OUTLETS": 6}
_KEPT = (*_NODES, *_LINKS, "XSECTIONS", "LOSSES", "CURVES", "TRANSECTS")
_OPTIONS = (
    "FLOW_UNITS", "LINK_OFFSETS", "INERTIAL_DAMPING", "NORMAL_FLOW_LIMITED", "FORCE_MAIN_EQUATION",
    "MIN_SURFAREA", "MIN_SLOPE",
)  # fmt: skip
"""Options of the network itself; times, steps and folders are those of the run that uses it."""
_NUMBERS = ("MIN_SURFAREA", "MIN_SLOPE")
_DRAWN = frozenset(
    {"TITLE", "REPORT", "MAP", "TAGS", "LABELS", "SYMBOLS", "BACKDROP", "POLYGONS", "VERTICES"}
    | {"PROFILES", "EVENTS", "ADJUSTMENTS"}
)
"""What says nothing about the flow in the pipes; a picture that BACKDROP names is not opened."""
_WITHOUT = frozenset(
    {"RAINGAGES", "SUBCATCHMENTS", "SUBAREAS", "INFILTRATION", "AQUIFERS", "GROUNDWATER", "GWF"}
    | {"SNOWPACKS", "TEMPERATURE", "EVAPORATION", "LID_CONTROLS", "LID_USAGE", "HYDROGRAPHS"}
    | {"RDII", "INFLOWS", "DWF", "PATTERNS", "TIMESERIES", "CONTROLS", "POLLUTANTS", "LANDUSES"}
    | {"COVERAGES", "LOADINGS", "BUILDUP", "WASHOFF", "TREATMENT", "STREETS", "INLETS"}
    | {"INLET_USAGE"}
)
"""What is left out and told: rain falls on the ground of the city, and files are not followed."""
_WATER_SUPPLY = frozenset({"[PIPES]", "[RESERVOIRS]", "[TANKS]", "[VALVES]", "[DEMANDS]"})
"""Sections that EPANET has and SWMM has not; its files have the same suffix."""
_OUTFALLS = ("FREE", "NORMAL", "FIXED")
_FIELD = re.compile(r"[!#-:<-Z\\^-~]{1,100}")
"""Printable ASCII without blanks, quotes, brackets and semicolons."""
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_LEFT_OUT = text(
    "下水道網のファイルの流域・雨・流入・制御規則など {count} 節は使用していません（雨は都市の地表に降らせます）",
    "{count} sections of the sewer file on rain, catchments, inflows or control rules are not used: rain "
    "falls on the ground of the city",
)


def _records(name: str, content: bytes) -> Iterator[tuple[int, str, list[str]]]:
    """Number of the line, section in capitals, fields."""
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        lines = content.decode("cp932", errors="replace").splitlines()
    section = ""
    if supplies := _WATER_SUPPLY & {line.strip().upper() for line in lines}:
        msg = f"has the section {min(supplies)}: it is a water supply network of EPANET"
        raise SourceError(msg, source=name, hint="give the sewers, an input file of EPA SWMM 5")
    for number, line in enumerate(lines, start=1):
        fields = line.partition(";")[0].split()
        if not fields:
            continue
        if fields[0].startswith("["):
            section = fields[0].strip("[]").upper()
            continue
        if not section:
            msg = "text before the first [section]: this is no input file of SWMM"
            raise SourceError(msg, source=name, record=f"line {number}", hint="check the file")
        yield number, section, fields


def _checked(name: str, number: int, section: str, fields: list[str]) -> str:
    """A record that SWMM reads as it stands here."""
    record, where = " ".join(fields), f"line {number}"
    bad = next((field for field in fields if not _FIELD.fullmatch(field)), None)
    if bad is not None:
        msg = f"[{section}]: the field {bad[:60]!r} holds other signs than printable ASCII"
        hint = "rename it; names with blanks, quotes or brackets are not read"
        raise SourceError(msg, source=name, record=where, hint=hint)
    if len(record) > _LONGEST_RECORD or len(fields) > _MOST_FIELDS:
        msg = f"[{section}]: a line of {len(fields)} fields and {len(record)} signs"
        raise SourceError(msg, source=name, record=where, hint="SWMM reads 40 fields, 1024 signs")
    least = {**_NODES, **_LINKS}.get(section, 1)
    if len(fields) < least:
        msg = f"[{section}]: {record!r} has {len(fields)} fields, not {least} or more"
        raise SourceError(msg, source=name, record=where, hint="check the line")
    if section == "OUTFALLS" and fields[2].upper() not in _OUTFALLS:
        msg = f"outfall {fields[0]} is {fields[2]}, not {', '.join(_OUTFALLS)}"
        hint = "give the water level by `levels` of the flood, with `outfalls: surface`"
        raise SourceError(msg, source=name, record=where, hint=hint)
    if section in _NODES:
        numbers = fields[1:] if section == "JUNCTIONS" else fields[1:2]
        for said in numbers:
            _number(name, where, f"a level or depth of node {fields[0]}", said)
    return record


def _number(name: str, where: str, what: str, said: str) -> float:
    value = float(said) if _PLAIN.fullmatch(said) else math.nan
    if not math.isfinite(value):
        msg = f"{what} is {said!r}"
        raise SourceError(msg, source=name, record=where, hint="give a number")
    return value


class _Network:
    """What is taken from a file."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.options: dict[str, str] = {}
        self.records: list[tuple[str, str]] = []
        self.nodes: dict[str, str] = {}
        """Sections of the nodes by their names."""
        self.places: dict[str, tuple[float, float]] = {}
        self.left_out: set[str] = set()

    def add(self, number: int, section: str, fields: list[str]) -> None:
        """Take a record, or leave it out."""
        if section == "OPTIONS":
            self._option(number, fields)
        elif section == "COORDINATES":
            self._place(f"line {number}", fields)
        elif section in _KEPT:
            record = _checked(self.name, number, section, fields)
            if section in _NODES:
                self._node(f"line {number}", section, fields[0])
            self.records.append((section, record))
        elif section in _WITHOUT:
            self.left_out.add(section)
        elif section not in _DRAWN:
            hint = "save the network without it; files that others are named in are not followed"
            msg = f"the section [{section[:40]}] is not read"
            raise SourceError(msg, source=self.name, record=f"line {number}", hint=hint)

    def told(self) -> str:
        """What is in it, in a line: sections by their size, in the order of SWMM."""
        sections = Counter(section for section, _ in self.records)
        kinds = [
            f"{kind.lower()}: {sections[kind]}" for kind in (*_NODES, *_LINKS) if sections[kind]
        ]
        left_out = f"; without {', '.join(sorted(self.left_out))}" if self.left_out else ""
        return f"{', '.join(kinds)}; {self.options['FLOW_UNITS'].upper()}{left_out}"

    def _option(self, number: int, fields: list[str]) -> None:
        name = fields[0].upper()
        if len(fields) > 1 and name in _OPTIONS:
            if name in _NUMBERS:
                _number(self.name, f"line {number}", name, fields[1])
            self.options[name] = _checked(self.name, number, "OPTIONS", fields[1:2])

    def _place(self, where: str, fields: list[str]) -> None:
        if len(fields) != 3:
            msg = f"[COORDINATES]: {len(fields)} fields, not name, x and y"
            raise SourceError(msg, source=self.name, record=where, hint="check the line")
        x, y = (_number(self.name, where, f"coordinate of {fields[0]}", s) for s in fields[1:])
        self.places[fields[0]] = (x, y)

    def _node(self, where: str, section: str, name: str) -> None:
        if name in self.nodes:
            msg = f"node {name} comes twice"
            raise SourceError(msg, source=self.name, record=where, hint="rename one")
        self.nodes[name] = section

    def check(self) -> None:
        """Refuse what is no network in metric units with a place for each node."""
        units = self.options.get("FLOW_UNITS", "CFS").upper()
        if units not in _METRIC:
            said = units if "FLOW_UNITS" in self.options else "not given, which means CFS"
            msg = f"FLOW_UNITS is {said}: levels and lengths are in feet"
            hint = f"convert the network to metres and one of {', '.join(_METRIC)}"
            raise SourceError(msg, source=self.name, record="[OPTIONS]", hint=hint)
        for wanted in ("JUNCTIONS", "CONDUITS"):
            if not any(section == wanted for section, _ in self.records):
                msg = f"there is no [{wanted}]"
                raise SourceError(msg, source=self.name, hint="this is no network of sewers")
        lost = [node for node, kind in self.nodes.items() if node not in self.places
                and kind != "STORAGE"]  # fmt: skip
        if lost:
            msg = f"{len(lost)} nodes have no [COORDINATES], such as {', '.join(lost[:3])}"
            raise SourceError(msg, source=self.name, hint="give a place to each node, or drop it")


def _network_in(path: Path) -> _Network:
    """The network of a file, checked."""
    network, content = _Network(content_name(path)), read_whole(path, _LARGEST_BYTES)
    for number, section, fields in _records(network.name, content):
        network.add(number, section, fields)
    network.check()
    return network


def contents(path: Path) -> str:
    """Say what a network holds: nodes and links by their kinds, units, what is left out of it.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SourceError
        If it is no network in metric units with a place for each node.
    """
    return _network_in(path).told()


def read(dataset: Dataset, _params: NoParams) -> Decoded:
    """Read a network of sewers; the places of its nodes are in the CRS of the source.

    Parameters
    ----------
    dataset
        One file.

    Raises
    ------
    SourceError
        If it is no network in metric units with a place for each node, or names no CRS.
    """
    if len(dataset.files) != 1:
        msg = f"there are {len(dataset.files)} networks"
        raise SourceError(msg, source=dataset.name, hint="give each a source of its own")
    path = dataset.files[0]
    network = _network_in(path)
    notes: tuple[Note, ...] = ()
    if network.left_out:
        notes = (tally("loss", _LEFT_OUT, len(network.left_out)),)
    return Decoded({SEWER_NETWORK: _table(network, path, dataset)}, notes=notes)


def _table(network: _Network, path: Path, dataset: Dataset) -> pd.DataFrame:
    at = _placed(network, source_crs(None, dataset.source_crs, path.name), dataset.target_crs)
    options = [("OPTIONS", f"{name} {value}") for name, value in network.options.items()]
    rows = []
    for section, record in (*options, *network.records):
        node = record.split(" ", 1)[0] if section in _NODES else ""
        x, y = at.get(node, (math.nan, math.nan))
        rows.append((section, record, x, y, network.name))
    return pd.DataFrame(rows, columns=list(SEWER_NETWORK.column_names))


def _placed(network: _Network, crs: str, target: str) -> Mapping[str, tuple[float, float]]:
    """Places of the nodes in the CRS of the city."""
    names = [name for name in network.nodes if name in network.places]
    raw = np.array([(*network.places[name], 0.0) for name in names])
    try:
        placed = place(raw, crs, target, east_first=True)
    except OutOfPlaceError as error:
        hint = "give the `crs` of the network; SWMM files name none"
        raise SourceError(error.message, source=network.name, hint=hint) from error
    if not placed.inside.all():
        lost = [name for name, is_in in zip(names, placed.inside, strict=True) if not is_in]
        msg = f"{len(lost)} nodes lie outside the area where {crs} is used, such as {lost[0]}"
        raise SourceError(msg, source=network.name, hint="check their coordinates")
    return dict(zip(names, map(tuple, placed.xyz[:, :2].tolist()), strict=True))


FORMAT = Format(
    name="swmm_network",
    title=text("下水道網（EPA SWMM）", "Sewer network (EPA SWMM)"),
    patterns=("*.inp",),
    produces=(SEWER_NETWORK,),
    params=NoParams,
    read=read,
    contents=contents,
)
