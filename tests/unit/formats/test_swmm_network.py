"""Networks of SWMM: what is taken, what is told, and what is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.check import command as check
from citytwin.errors import SourceError
from citytwin.formats.swmm_network import FORMAT
from citytwin.model.steps import Dataset, Decoded, NoParams
from citytwin.model.tables import SEWER_NETWORK
from citytwin.recognition.files import look_at_places
from citytwin.store.tables import conform
from tests.unit.test_config import BASE

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


GML = "name: buildings, use: citygml, path: a.gml"
CONFIG = BASE.replace(GML, "name: pipes, use: swmm_network, crs: EPSG:6668, path: town.inp")


def test_check_and_ingest_say_what_a_network_holds(tmp_path: Path) -> None:
    """Counted by hand; one in feet, and one of the water supply, are told as what they are."""
    config, file = tmp_path / "city.yaml", tmp_path / "town.inp"
    config.write_text(CONFIG, encoding="utf-8")
    file.write_text(NETWORK, encoding="utf-8")
    done = CliRunner().invoke(check, [str(config)])
    assert "junctions: 2, outfalls: 1, conduits: 2; CMS; without RAINGAGES" in done.output
    assert "ok       pipes            1 file(s)" in done.output
    (looked,) = look_at_places([file])
    assert looked.look.stray
    assert (
        "reads it as swmm_network (junctions: 2, outfalls: 1, conduits: 2; CMS" in looked.look.fault
    )
    for text, said in (
        (NETWORK.replace("CMS", "CFS"), "FLOW_UNITS is CFS"),
        (
            NETWORK.replace("[CONDUITS]", "[PIPES]"),
            "[PIPES]: it is a water supply network of EPANET",
        ),
    ):
        file.write_text(text, encoding="utf-8")
        assert said in look_at_places([file])[0].look.fault
        done = CliRunner().invoke(check, [str(config)])
        assert "doubtful pipes            1 file(s)" in done.output
        assert said in done.output
        assert done.exit_code == 1
