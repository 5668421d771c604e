"""Bad and hostile files under names that say nothing: recognised, refused and written out alike.

The verdicts themselves are those of the readers; here, what stands before and behind them is tried:
the look at a file's content, and the files that leave.
"""

from __future__ import annotations

import json

import gml_documents as gml
import malformed_city as city
import malformed_faults as faults
import malformed_files as files
import malformed_json
import malformed_places as places
import malformed_text as spellings
import pytest
from malformed_guard import guarded

import citytwin
from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.citygml.format import FORMAT as CITYGML
from citytwin.formats.cityjson.format import FORMAT as CITYJSON
from citytwin.model.tables import BUILDINGS

pytestmark = pytest.mark.long  # hundreds of files, each read and written

GML = {
    f"{group}: {name}": change
    for group, cases in (
        ("coordinates", faults.COORDINATES),
        ("rings", faults.RINGS),
        ("links", faults.LINKS),
        ("places", places.PLACES),
        ("files", files.REFUSED),
    )
    for name, change in ((name, case.change) for name, case in cases.items())
} | {f"spelt: {name}": change for name, change in spellings.SAME.items()}
JSON = {
    f"{group}: {name}": case
    for group, cases in (
        ("indices", malformed_json.INDICES),
        ("rings", malformed_json.RINGS),
        ("parents", malformed_json.PARENTS),
        ("refused", malformed_json.REFUSED),
        ("sequences", malformed_json.SEQUENCES),
    )
    for name, case in cases.items()
    if name != "xml"  # which is CityGML, whatever the name of the file
}


@pytest.fixture(scope="module", autouse=True)
def _warm(tmp_path_factory):
    """Read once without a guard: libraries ask the system what it is when they are first used."""
    path = tmp_path_factory.mktemp("warm") / "city.xml"
    path.write_text(city.citygml())
    citytwin.read_citymodel(path).to_geoparquet(path.parent)


def one_line(path, out):
    """Ids of the buildings, read and written out under guard; None where the file is refused."""
    with guarded(out):
        try:
            model = citytwin.read_citymodel(path, crs=city.CRS, themes=["bldg"])
        except SourceError:
            return None
        model.to_geoparquet(out)
        model.to_cityjsonseq(out / "a.city.jsonl")
    for line in (out / "a.city.jsonl").read_text(encoding="utf-8").splitlines():
        json.loads(line)
    if len(model.buildings):
        again = citytwin.read_citymodel(out / "a.city.jsonl")
        assert set(again.buildings["building_id"]) == set(model.buildings["building_id"])
    return set(model.buildings["building_id"])


def by_reader(chosen, path):
    """The same by the reader alone."""
    try:
        decoded = chosen.read(gml.dataset(path.parent, path), chosen.params())
    except CityTwinError:
        return None
    return set(decoded.tables[BUILDINGS]["building_id"])


def folder(tmp_path):
    """Folder of the file inside that of the test."""
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.mark.parametrize("name", GML)
def test_citygml(tmp_path, name):
    """What the reader of CityGML reads is recognised and leaves whole."""
    content = GML[name](city.citygml())
    path = folder(tmp_path) / "city.xml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = one_line(path, tmp_path)
    assert (found or None) == (by_reader(CITYGML, path) or None)


@pytest.mark.parametrize("name", JSON)
def test_cityjson(tmp_path, name):
    """What the reader of CityJSON reads is recognised and leaves whole."""
    path = folder(tmp_path) / "city.json"
    path.write_bytes(malformed_json.written(JSON[name]))
    found = one_line(path, tmp_path)
    assert (found or None) == (by_reader(CITYJSON, path) or None)
