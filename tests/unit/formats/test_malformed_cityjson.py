"""Bad and hostile CityJSON, plain and in sequences: each variant gets its verdict and its grid."""

from __future__ import annotations

import copy
import json
import re

import gml_documents as gml
import malformed_city as city
import malformed_json as faults
import numpy as np
import pytest
from malformed_guard import guarded

from citytwin.errors import SourceError
from citytwin.formats.cityjson.format import FORMAT
from citytwin.model.tables import DEFECTS

pytestmark = pytest.mark.long  # hundreds of files

PLAIN = {
    f"{group}: {name}": case
    for group, cases in (
        ("indices", faults.INDICES),
        ("rings", faults.RINGS),
        ("parents", faults.PARENTS),
        ("templates", faults.TEMPLATES),
        ("refused", faults.REFUSED),
        ("sequences", faults.SEQUENCES),
    )
    for name, case in cases.items()
}
IN_LINES = [n for n in PLAIN if n.startswith(("indices", "rings"))]
"""Faults inside one building, which may come in a line of its own."""


@pytest.fixture
def read(tmp_path):
    """Reads bytes under guard."""

    def run(content, name="a.city.json"):
        path = tmp_path / name
        path.write_bytes(content)
        with guarded(tmp_path):
            return FORMAT.read(gml.dataset(tmp_path, path), FORMAT.params())

    return run


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """Surface and mask of the sound city."""
    root = tmp_path_factory.mktemp("sound")
    path = root / "a.city.json"
    path.write_text(json.dumps(city.cityjson()))
    surface, mask = city.grids(FORMAT.read(gml.dataset(root, path), FORMAT.params()))
    height, built = city.truth()
    np.testing.assert_allclose(surface, height, atol=1e-5)
    np.testing.assert_array_equal(mask == 1, built)
    return surface, mask


def check(decoded, case, sound):
    """The verdict of a case that is not refused."""
    codes = set(decoded.tables[DEFECTS]["code"])
    if case.said:
        assert any(re.search(case.said, code) for code in codes), codes
    if case.verdict == "ok":
        assert decoded.rejects == ()
    for made, expected in zip(city.grids(decoded), sound, strict=True):
        np.testing.assert_array_equal(made, expected)
    city.assert_extent(decoded)


@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0", "2.0.1"])
def test_versions_give_the_same_grid(read, sound, version):
    """All versions hold the city in the same way."""
    check(read(json.dumps(city.cityjson(version)).encode()), faults.Case("ok", "", dict), sound)


@pytest.mark.parametrize("name", PLAIN)
def test_each_fault_has_its_verdict(read, sound, name):
    """Verdict, code or message, and the grid."""
    case = PLAIN[name]
    file = "a.city.jsonl" if name.startswith("sequences") else "a.city.json"
    if case.verdict == "refused":
        with pytest.raises(SourceError, match=f"(?s)^{file}: .*({case.said})") as refusal:
            read(faults.written(case), file)
        assert len(str(refusal.value)) < 500
        return
    check(read(faults.written(case), file), case, sound)


@pytest.mark.parametrize("name", IN_LINES)
def test_a_fault_in_a_line_has_the_same_verdict(read, sound, name):
    """The damaged building as a feature of CityJSONSeq, its neighbours in other lines."""
    case = PLAIN[name]
    root = copy.deepcopy(city.cityjson())
    made = case.make(root)
    if made is not None:
        root = json.loads(made)
    objects = root["CityObjects"]
    root["CityObjects"] = {k: v for k, v in objects.items() if isinstance(v, dict)}
    lines = "\n".join(city.sequence(root)).encode("utf-8", "surrogatepass")
    check(read(lines, "a.city.jsonl"), case, sound)
