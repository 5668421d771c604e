"""Bad and hostile CityGML: each class and variant gets its verdict, and the grid that belongs to it.

Every document is read by both ways of reading buildings, which must agree to the bit, and under a
guard: no file outside the data set is opened, and no socket.
"""

from __future__ import annotations

import re
import resource
import time

import gml_documents as gml
import malformed_city as city
import malformed_faults as faults
import malformed_files as files
import malformed_places as places
import malformed_text as spellings
import numpy as np
import pytest
from citygml_ways import assert_same, both
from malformed_guard import guarded

from citytwin.errors import SourceError
from citytwin.model.tables import BUILDINGS, DEFECTS

pytestmark = pytest.mark.long  # hundreds of files, each read in two ways

FAULTS = {
    f"{group}: {name}": case
    for group, cases in (
        ("coordinates", faults.COORDINATES),
        ("rings", faults.RINGS),
        ("links", faults.LINKS),
        ("places", places.PLACES),
        ("lists", files.LISTS),
        ("names", files.NAMES),
        ("files", files.REFUSED),
    )
    for name, case in cases.items()
}
PLACE_M = 0.01
"""What a detour through another CRS may cost in height on a slope."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Surface and mask of the sound city."""
    root = tmp_path_factory.mktemp("sound")
    fast, slow = both(gml.dataset(root, gml.write(root, city.citygml(), "a_bldg_25832.gml")))
    assert_same(fast, slow)
    assert fast.rejects == ()
    surface, mask = city.grids(fast)
    height, built = city.truth()
    np.testing.assert_allclose(surface, height, atol=1e-5)
    np.testing.assert_array_equal(mask == 1, built)
    return surface, mask


@pytest.fixture
def read(tmp_path):
    """Reads a document by both ways under guard; the result or the refusal."""
    lists = tmp_path / "city" / "codelists"
    lists.mkdir(parents=True)
    (lists / "text.xml").write_text("no list")
    (lists / "bomb.xml").write_text(files.entities(30, 10) + "<x>&e30;</x>")
    (tmp_path / "secret.xml").write_text("<secret/>")
    (lists / "link.xml").symlink_to(tmp_path / "secret.xml")

    def run(content):
        root = tmp_path / "city"
        path = gml.write(root, content, "tile_bldg_25832.gml")
        with guarded(root):
            fast, slow = both(gml.dataset(root, path))
        assert_same(fast, slow)
        return fast

    return run


def codes_of(decoded):
    """Codes of all defects: of what was rejected, mended or found by the checks of geometry."""
    return set(decoded.tables[DEFECTS]["code"])


@pytest.mark.parametrize("version", ["1.0", "2.0", "3.0"])
@pytest.mark.parametrize("spelling", spellings.SAME)
def test_what_means_the_same_gives_the_same_grid(read, sound, spelling, version):
    """Not one bit of the grids depends on encodings, prefixes, comments and notations."""
    decoded = read(spellings.SAME[spelling](city.citygml(version)))
    assert not isinstance(decoded, SourceError), decoded
    for made, expected in zip(city.grids(decoded), sound, strict=True):
        assert made.tobytes() == expected.tobytes()
    assert decoded.rejects == ()


@pytest.mark.parametrize(
    ("name", "version"),
    [(name, "2.0") for name in FAULTS]
    + [(n, "3.0") for n in FAULTS if n.startswith(("coordinates", "rings", "links"))],
)
def test_each_fault_has_its_verdict(read, sound, name, version):
    """Verdict, code or message, and the grid: the same, or other in the damaged building alone."""
    case = FAULTS[name]
    decoded = read(case.change(city.citygml(version)))
    if case.verdict == "refused":
        assert isinstance(decoded, SourceError), "read without complaint"
        assert re.search(f"(?s)^tile_bldg_25832.gml: .*({case.said})", str(decoded)), decoded
        assert len(str(decoded)) < 500
        return
    assert not isinstance(decoded, SourceError), decoded
    if case.said:
        assert any(re.search(case.said, code) for code in codes_of(decoded)), codes_of(decoded)
    if case.verdict == "ok":
        assert decoded.rejects == ()
    surface, mask = city.grids(decoded)
    if case.verdict == "partly":
        x, y = np.meshgrid(
            city.GRID.x_centres(city.GRID.whole), city.GRID.y_centres(city.GRID.whole)
        )
        west, south = city.LOW_CORNER
        mine = (x > west) & (x < west + 6.0) & (y > south) & (y < south + 5.0)
        assert (surface[~mine] == sound[0][~mine]).all()
        assert (mask[~mine] == sound[1][~mine]).all()
        assert surface[mine].min() >= city.GROUND_M
        assert surface[mine].max() <= 106.0
        return
    np.testing.assert_array_equal(mask, sound[1])
    tolerance = PLACE_M if name.startswith("places") else 0.0
    np.testing.assert_allclose(surface, sound[0], atol=tolerance, rtol=0.0)
    city.assert_extent(decoded)
    if name.startswith("lists"):
        usage = decoded.tables[BUILDINGS].set_index("building_id").loc["low", "usage"]
        assert usage == "401"


def test_a_roof_bent_by_a_centimetre_moves_by_no_more(read, sound):
    """A corner that lies out of the plane of the others is met half-way."""
    decoded = read(faults.RINGS["bent by a centimetre"].change(city.citygml()))
    surface, _ = city.grids(decoded)
    assert np.abs(surface - sound[0]).max() <= 0.01


@pytest.mark.parametrize("name", [n for n in files.REFUSED if files.REFUSED[n].said == files.DTD])
def test_declarations_are_refused_within_a_second_and_100_megabytes(tmp_path, name):
    """No entity is expanded: neither time nor memory is spent."""
    path = gml.write(tmp_path, files.REFUSED[name].change(city.citygml()), "a_bldg_25832.gml")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    fast, slow = both(gml.dataset(tmp_path, path))
    assert time.process_time() - begin < 1.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
    assert isinstance(fast, SourceError)
    assert isinstance(slow, SourceError)


def test_tiles_that_overlap_give_each_building_once(tmp_path, sound):
    """Two files that share a building, one of them with a broken third beside it."""
    text = city.citygml()
    members = re.findall(r"<core:cityObjectMember>.*?</core:cityObjectMember>", text)
    head, tail = text.split(members[0])[0], "</core:CityModel>"
    deals = {"a": members[:3], "b": members[2:], "c": members[:1]}
    paths = []
    for name, dealt in deals.items():
        content = head + "".join(dealt) + (tail if name != "c" else "")
        paths.append(gml.write(tmp_path, content, f"{name}_bldg_25832.gml"))
    with guarded(tmp_path):
        fast, slow = both(gml.dataset(tmp_path, *paths))
    assert_same(fast, slow)
    assert sorted(fast.tables[BUILDINGS]["building_id"]) == ["court", "gable", "low", "outline"]
    assert {(r.source, r.code) for r in fast.rejects} == {
        ("b_bldg_25832.gml", "duplicate"), ("c_bldg_25832.gml", "file-refused")
    }  # fmt: skip
    for made, expected in zip(city.grids(fast), sound, strict=True):
        assert made.tobytes() == expected.tobytes()
