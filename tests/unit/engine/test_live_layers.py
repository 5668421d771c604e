"""A run leaves what the running twin published on the map, while it is young."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from citytwin.engine.live_layers import with_live
from citytwin.store.publish import StagedLayer, publish
from tests.unit.live.live_city import city, feed
from tests.unit.store.little_city import GRID, VALID, documents, run_info, stage


def test_live_layers_stay_for_six_hours_and_others_go(tmp_path: Path) -> None:
    """Speeds on roads follow nothing in this city: they are left over from another configuration."""
    loaded = city(tmp_path, [feed(folder={"path": "in"})], traffic={})
    staged = [stage(tmp_path / "staged", name) for name in ("terrain", "road_speeds", "traffic")]
    publish(loaded.city_dir, staged, run_info())
    terrain = [one for one in documents(loaded.city_dir) if one.id == "terrain"]
    made = [StagedLayer.standing(loaded.city_dir, one) for one in terrain]
    for hours, expected in ((1, ["terrain", "traffic"]), (7, ["terrain"])):
        found = with_live(loaded, made, GRID.crs, VALID + timedelta(hours=hours))
        assert [one.document.id for one in found] == expected
