"""A source of which nothing was kept tells why, and lists its records like any other."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.reading import Reading, quarantine
from citytwin.engine.results import DecodedSource
from citytwin.engine.settled_sources import NothingReadError, settled_source
from citytwin.engine.source_parts import SourcePart
from citytwin.engine.sources import SourceTask, decode, told
from citytwin.engine.work import Order
from citytwin.errors import SourceError
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.text import text

REJECTS = tuple(
    Reject(source="a.json", record=f"b{n}", code="flat", message=f"has no volume, {n} m3")
    for n in range(3)
)


def task(folder: Path, monkeypatch: pytest.MonkeyPatch, rejects: tuple[Reject, ...]) -> SourceTask:
    """A source in a format that keeps nothing."""
    kind: Format[Any] = Format(
        name="nothing", title=text("無", "Nothing"), patterns=("*",), produces=(), params=NoParams,
        read=lambda _dataset, _params: Decoded(rejects=rejects),
    )  # fmt: skip
    monkeypatch.setattr(registry, "named", lambda _kind, _name: kind)
    file = folder / "a.json"
    file.write_text("{}")
    dataset = Dataset(
        name="town", root=folder, files=(file,), target_crs="EPSG:6677", time_zone="Asia/Tokyo"
    )
    return SourceTask("nothing", "{}", dataset)


def settle(whole: SourceTask, store: CityStore) -> DecodedSource:
    """Read a source in one part, and see what is left of it."""
    part = SourcePart(whole, Order("source:x", "whole", ""))
    return settled_source(whole, True, [(part, decode(whole, store))], store)


def test_records_that_were_all_set_aside_are_counted_and_the_first_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The path is right, so the path is not blamed."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    with pytest.raises(NothingReadError) as caught:
        settle(task(tmp_path, monkeypatch, REJECTS), store)
    assert "all 3 records of source 'town' were set aside" in str(caught.value)
    assert "first: a.json: b0: has no volume, 0 m3" in str(caught.value)
    assert "check the path" not in str(caught.value)
    assert caught.value.rejects == REJECTS


def test_a_source_without_records_may_be_another_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here the path is the first suspect."""
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    with pytest.raises(SourceError, match="holds nothing that format nothing reads"):
        settle(task(tmp_path, monkeypatch, ()), store)


def test_a_file_of_another_theme_is_named_in_the_error(tmp_path: Path) -> None:
    """Water is expected and the file holds a bridge: the error says so, and who reads it."""
    file = tmp_path / "x_wtr_1.gml"
    spaces = 'xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:brid="urn:bridge"'
    member = "<core:cityObjectMember><brid:Bridge/></core:cityObjectMember>"
    file.write_text(f"<core:CityModel {spaces}>{member}</core:CityModel>", encoding="utf-8")
    dataset = Dataset("water", tmp_path, (file,), "EPSG:6677", "Asia/Tokyo")
    store = CityStore(tmp_path, "EPSG:6677", "Asia/Tokyo", 16)
    said = r"x_wtr_1.gml holds no bodies of water but Bridge; .* citygml_bridges"
    with pytest.raises(SourceError, match=said):
        settle(SourceTask("citygml_water", "{}", dataset), store)


def test_the_list_holds_the_records_of_lost_sources_too(tmp_path: Path) -> None:
    """Those of the others are named in the report as well, each place once."""
    twice = Reject(source="b.json", record="line 1", code="x", message="b.json: line 1: no JSON")
    kept = DecodedSource(rows={"buildings": 1}, digests={}, rejects=(twice,), notes=(), files={})
    reading = Reading(decoded={"other": kept}, lost=["town"], rejects={"town": REJECTS})
    file = tmp_path / "quarantine.csv"
    assert quarantine(reading, file) == ["source other: b.json: line 1: no JSON"]
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    assert [row["source"] for row in rows] == ["other", "town", "town", "town"]
    assert rows[0]["message"] == "no JSON"


@pytest.mark.parametrize(
    "message", ["no soul", "a.json: b1: no soul", "a.json b1: no soul", "a.json: no soul"]
)
def test_a_place_is_said_once(message: str) -> None:
    """Whatever the format put into the message."""
    reject = Reject(source="a.json", record="b1", code="x", message=message)
    assert told(reject) == "a.json: b1: no soul"
