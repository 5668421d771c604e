"""Hostile files of a few megabytes take a few seconds and megabytes, in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys

import malformed_city as city
import malformed_faults as faults
import malformed_files as files
import malformed_json
import malformed_text as spellings
import pytest

pytestmark = pytest.mark.long  # a process for each file

GML = {
    "long text": spellings.SAME["long text"],
    "long attribute": spellings.SAME["long attribute"],
    "fifteen hundred levels": spellings.SAME["fifteen hundred levels"],
    "levels": files.REFUSED["a hundred thousand levels"].change,
    "open tags": files.REFUSED["a hundred thousand open tags"].change,
    "laughs": files.REFUSED["billion laughs"].change,
    "blow-up": files.REFUSED["quadratic blow-up"].change,
    "prolog": files.REFUSED["endless prolog"].change,
    "links": faults.LINKS["ten thousand"].change,
    "holes": faults.RINGS["ten thousand equal holes"].change,
    "long id": files.NAMES["a long id"].change,
    "long number": faults.wall(faults.height("1" * 2_000_000)),
    "long list": faults.wall(lambda text: f"{text} " * 3000),
}
JSON = {
    "text": malformed_json.RINGS["a text of 2 MB"],
    "level": malformed_json.RINGS["level of 2 MB"],
    "levels": malformed_json.REFUSED["a hundred thousand levels inside"],
    "digits": malformed_json.REFUSED["a number of a million digits"],
    "self": malformed_json.TEMPLATES["template of itself"],
}
READ = """
import resource, sys, time
from pathlib import Path
from citytwin.errors import SourceError
from citytwin.formats.citygml.format import FORMAT as gml
from citytwin.formats.cityjson.format import FORMAT as cityjson
from citytwin.model.steps import Dataset

def peak(): return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

for name in sys.argv[2:]:
    path = Path(sys.argv[1]) / name
    form = gml if path.suffix == ".gml" else cityjson
    before, begin = peak(), time.process_time()
    try:
        form.read(Dataset("x", path.parent, (path,), "EPSG:25832", "UTC"), form.params())
    except SourceError:
        pass
    print(name, peak() - before, time.process_time() - begin, sep="\\t")
"""


@pytest.fixture(scope="module")
def spent(tmp_path_factory):
    """Megabytes and seconds of each file; sound ones are read first and pay for loading."""
    root = tmp_path_factory.mktemp("hostile")
    names = ["a_sound.gml", "a_sound.json"]
    (root / names[0]).write_text(city.citygml())
    (root / names[1]).write_text(json.dumps(city.cityjson()))
    for name, change in GML.items():
        content = change(city.citygml())
        names.append(f"{name}.gml")
        (root / names[-1]).write_bytes(content if isinstance(content, bytes) else content.encode())
    for name, case in JSON.items():
        names.append(f"{name}.json")
        (root / names[-1]).write_bytes(malformed_json.written(case))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READ, str(root), *names],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: (float(megabytes), float(seconds)) for name, megabytes, seconds in rows}


@pytest.mark.parametrize("name", [*(f"{n}.gml" for n in GML), *(f"{n}.json" for n in JSON)])
def test_hostile_files_are_cheap(spent, name):
    """At most 100 MB more than a sound city, and five seconds."""
    megabytes, seconds = spent[name]
    assert megabytes < 100
    assert seconds < 5
