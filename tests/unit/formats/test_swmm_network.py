"""Networks of SWMM: what is taken, what is told, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.errors import SourceError
from citytwin.formats.swmm_network import FORMAT
from citytwin.model.steps import Dataset, Decoded, NoParams
from citytwin.model.tables import SEWER_NETWORK
from citytwin.store.tables import conform

CRS = "EPSG:6677"
NETWORK = """
[TITLE]
;;Project
Two pipes; not a word of this is read

[OPTIONS]
;;Option             Value
FLOW_UNITS           CMS
MIN_SURFAREA         1.5
TEMPDIR              "/tmp"
START_DATE           01/01/2020

[RAINGAGES]
gauge INTENSITY 0:05 1.0 FILE "/etc/passwd" station MM

[JUNCTIONS]
J1   12.5  2.0  0 0 0 ; the first
J2   12.0  2.5

[OUTFALLS]
OUT  11.0  FREE  NO

[CONDUITS]
C1  J1 J2  40 0.013 0 0 0 0
C2  J2 OUT 50 0.013 0 0 0 0

[XSECTIONS]
C1 CIRCULAR 0.5 0 0 0 1
C2 CIRCULAR 0.6 0 0 0 1

[COORDINATES]
J1  139.0  35.60
J2  139.0005 35.60
OUT 139.001 35.60

[BACKDROP]
FILE "C:\\maps\\town.png"
"""


def read(text: str, folder: Path, crs: str | None = "EPSG:6668") -> Decoded:
    """Read a network from a file."""
    path = folder / "town.inp"
    path.write_bytes(text.encode())
    return FORMAT.read(Dataset("sewers", folder, (path,), CRS, "UTC", crs), NoParams())


def test_sections_of_the_flow_are_kept(tmp_path: Path) -> None:
    """Records without comments, options of the network alone, nodes in the CRS of the city."""
    decoded = read(NETWORK, tmp_path)
    rows = conform(SEWER_NETWORK, decoded.tables[SEWER_NETWORK], CRS)
    records = list(zip(rows["section"], rows["record"], strict=True))
    assert records[:4] == [
        ("OPTIONS", "FLOW_UNITS CMS"),
        ("OPTIONS", "MIN_SURFAREA 1.5"),
        ("JUNCTIONS", "J1 12.5 2.0 0 0 0"),
        ("JUNCTIONS", "J2 12.0 2.5"),
    ]
    assert "passwd" not in " ".join(rows["record"])
    assert "/tmp" not in " ".join(rows["record"])
    nodes = rows[rows["x_m"].notna()]
    assert list(nodes["record"].str.split().str[0]) == ["J1", "J2", "OUT"]
    # 0.0005 degrees of longitude at 35.6 north.
    assert nodes["x_m"].diff().iloc[1] == pytest.approx(45.3, abs=0.2)
    assert [note.en for note in decoded.notes] == [
        "1 sections of the sewer file on rain, catchments, inflows or control rules are not used: "
        "rain falls on the ground of the city"
    ]


def without(section: str) -> str:
    """The network without a section."""
    head, _, rest = NETWORK.partition(f"[{section}]")
    return head + "[" + rest.partition("\n[")[2]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no \\[JUNCTIONS\\]|FLOW_UNITS"),
        ("hello\n", "text before the first"),
        (NETWORK.replace("CMS", "CFS"), "FLOW_UNITS is CFS: levels and lengths are in feet"),
        (NETWORK.replace("FLOW_UNITS           CMS", ""), "not given, which means CFS"),
        (without("COORDINATES"), "3 nodes have no .COORDINATES., such as J1, J2, OUT"),
        (NETWORK.replace("J2  139.0005 35.60", ""), "1 nodes have no .COORDINATES., such as J2"),
        (without("CONDUITS"), "there is no .CONDUITS."),
        (NETWORK + "[FILES]\nUSE HOTSTART /etc/shadow\n", "section .FILES. is not read"),
        (NETWORK + "[DIVIDERS]\nD 1 C1 CUTOFF 1\n", "section .DIVIDERS. is not read"),
        (NETWORK.replace("FREE  NO", "TIMESERIES tide NO"), "outfall OUT is TIMESERIES"),
        (NETWORK.replace("12.5", "12,5"), "level or depth of node J1 is '12,5'"),
        (NETWORK.replace("12.5", "nan"), "level or depth of node J1 is 'nan'"),
        (NETWORK.replace("12.5", "1_2"), "level or depth of node J1 is '1_2'"),
        (NETWORK.replace("1.5\n", "1.5m\n"), "MIN_SURFAREA is '1.5m'"),
        (NETWORK.replace("J2   12.0", "J1   12.0"), "node J1 comes twice"),
        (NETWORK.replace("C1  J1", '"C 1" J1'), "other signs than printable ASCII"),
        (NETWORK.replace("139.0 ", "inf "), "coordinate of J1 is 'inf'"),
        (NETWORK.replace("J1  139.0  35.60", "J1 1e5 7e6"), "J1"),
        (NETWORK + "[CURVES]\nP PUMP1 " + "1 " * 60, "62 fields"),
    ],
)
def test_what_is_no_network_is_refused(text: str, message: str, tmp_path: Path) -> None:
    """File, line, value, and what to do."""
    with pytest.raises(SourceError, match=message) as caught:
        read(text, tmp_path)
    assert "town.inp" in str(caught.value)
    assert caught.value.hint


def test_a_network_needs_a_crs(tmp_path: Path) -> None:
    """SWMM files name none."""
    with pytest.raises(SourceError, match="coordinate reference system"):
        read(NETWORK, tmp_path, None)
