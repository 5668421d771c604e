"""Sources that are not public are refused before anything is read, where a layer needs them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from citytwin.cli.init import TEMPLATE
from citytwin.cli.plan import command as planned
from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.openness import classification_of_made, layer_classes, require_public
from citytwin.engine.plan import plan
from citytwin.errors import ConfigError
from citytwin.live.nowcast_ground import GROUND
from citytwin.model import fields as f
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc

HEAD = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
simulations: [{use: flood, params: {start: 2026-06-30T19:00:00+09:00, duration_h: 0.5}}]
sources:
  - {name: model, use: citygml, path: a, classification: public, title: A, licence: CC0}
  - {name: roads, use: citygml_roads, path: b, classification: ROADS, title: B, licence: CC0}
  - {name: rain, use: amedas, path: c, classification: RAIN, title: C, licence: CC0}
  - {name: counts, use: road_counts, path: d, classification: COUNTS, title: D, licence: CC0}
"""


def check(folder: Path, more: str = "", **classes: str) -> None:
    """Check a city whose sources have these classifications, public where none is given."""
    text = HEAD + more
    for name in ("roads", "rain", "counts"):
        text = text.replace(name.upper(), classes.get(name, "public"))
    (folder / "city.yaml").write_text(text, encoding="utf-8")
    require_public(plan(bind(load(folder / "city.yaml"))))


def test_public_cities_pass(tmp_path: Path) -> None:
    """Nothing to refuse."""
    check(tmp_path)


def test_layers_made_from_it_are_named(tmp_path: Path) -> None:
    """Also those further down; the others are not."""
    with pytest.raises(ConfigError, match="source roads is internal") as caught:
        check(tmp_path, roads="internal")
    named = str(caught.value).split("would be: ")[1].split(" (")[0].split(", ")
    assert {"roads", "flood_depth_max"} <= set(named)  # water runs faster on roads
    assert not {"terrain", "buildings"} & set(named)


def test_layers_that_do_not_need_it_can_be_listed(tmp_path: Path) -> None:
    """The way out that the message names works."""
    check(tmp_path, "layers: [terrain, buildings]\n", roads="internal")


def test_served_cities_take_internal_sources(tmp_path: Path) -> None:
    """Their layers have the highest classification of what they are made from."""
    check(tmp_path, "publication: served\n", roads="internal")
    classes = layer_classes(plan(bind(load(tmp_path / "city.yaml"))))
    assert classes["roads"] == classes["flood_depth_max"] == "internal"
    assert classes["terrain"] == classes["buildings"] == "public"


def test_the_plan_says_at_most_and_what_stands(tmp_path: Path) -> None:
    """A source may turn out not to matter: then what is given out is less protected than planned."""
    check(tmp_path, "publication: served\nlayers: [terrain, roads, buildings]\n", roads="internal")
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).mkdir()
    staged = [lc.stage(tmp_path / "s", name) for name in ("terrain", "roads")]
    publish(tmp_path / "out/town", staged, replace(lc.run_info(), publication="served"))
    done = CliRunner().invoke(planned, [str(tmp_path / "city.yaml")], catch_exceptions=False)
    told = done.stdout.splitlines()
    assert "at most public: 2 layers (terrain, buildings)" in told
    assert "at most internal: 1 layers (roads)" in told
    assert "published as public: 2 layers (all)" in told


def test_what_a_rule_lowers_may_be_published(tmp_path: Path) -> None:
    """The rule covers the layers that it names, and no others."""
    rule = "lowerings: [{name: r, layers: [roads], at_most: internal, to: public, reason: R}]\n"
    check(tmp_path, "layers: [roads]\n" + rule, roads="internal")
    with pytest.raises(ConfigError, match=r"would be: flood_depth_max \("):
        check(tmp_path, "layers: [roads, flood_depth_max]\n" + rule, roads="internal")


def test_a_record_descends_from_the_source_that_is_named(tmp_path: Path) -> None:
    """Traffic counts are observations too, but not of rain."""
    only = "layers: [flood_depth_max]\n"
    with pytest.raises(ConfigError, match=r"source rain is internal.*flood_depth_max"):
        check(tmp_path, only, rain="internal")
    with pytest.raises(ConfigError, match="source counts is internal"):
        check(tmp_path, only, counts="internal")
    check(tmp_path, only + "records: {rainfall_rate: rain}\n", counts="internal")


def test_a_ground_is_as_protected_as_its_sources_whatever_is_published(tmp_path: Path) -> None:
    """Neither the layers listed nor a rule that lowers one of them opens what a nowcast runs over."""
    more = (
        "publication: served\nlayers: [flood_depth_max]\nlowerings: [{name: r, layers:"
        " [flood_depth_max], at_most: internal, to: public, reason: R}]\n"
    )
    check(tmp_path, more, roads="internal")
    found = plan(bind(load(tmp_path / "city.yaml")))
    assert classification_of_made(found, GROUND) == "internal"  # water runs faster on roads
    assert classification_of_made(found, [f.TERRAIN]) == "public"
    assert classification_of_made(found, []) == "secret"


def test_the_template_passes_and_says_what_is_refused(tmp_path: Path) -> None:
    """A first configuration promises no classification that a run cannot keep."""
    (tmp_path / "city.yaml").write_text(TEMPLATE, encoding="utf-8")
    require_public(plan(bind(load(tmp_path / "city.yaml"))))
    assert "internal: shown by `citytwin serve` alone" in TEMPLATE
