"""What a nowcast descends from, and how protected it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from citytwin.config import load
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_layer import content_of
from citytwin.live.rain_outlook import Outlook
from citytwin.model.grid import GridSpec
from tests.unit.live.live_city import city, feed

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
GRID = GridSpec("EPSG:6677", 0.0, 0.0, 5.0, 4, 4)


@pytest.mark.parametrize(
    ("source", "of_feed", "expected"),
    [("public", "public", "public"), ("internal", "public", "internal"),
     ("public", "internal", "internal")],
)  # fmt: skip
def test_as_protected_as_ground_and_feeds(
    tmp_path: Path, source: str, of_feed: str, expected: str
) -> None:
    """Also where no layer of its ground is published."""
    nowcast = {"when": {"property": "rainfall_rate"}, "at_least": 20}
    one = {**feed(folder={"path": "in"}), "classification": of_feed}
    loaded = city(tmp_path, [one], nowcast=nowcast)
    text = loaded.file.read_text("utf-8")
    head, at, rest = text.partition("sources:")
    rest = rest.replace("classification: public", f"classification: {source}", 1)
    loaded.file.write_text(f"{head}publication: served\n{at}{rest}", "utf-8")
    loaded = load(loaded.file)
    live = loaded.config.live
    assert live is not None
    assert live.nowcast is not None
    rain = Outlook(NOW, NOW, (), 1.0, 1, 0, 0.0, {"sensors": ("ab" * 32,)}, synthetic=False)
    job = NowcastJob(loaded, live.nowcast, rain, GRID, 1)
    assert content_of(job, np.zeros(GRID.shape), {}, ()).classification == expected
