"""What takes much memory is done by few at a time, and read once for all who ask together."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import geopandas as gpd
import pytest
from fastapi import HTTPException

from citytwin.server import features
from citytwin.server.city import SeenLayer
from citytwin.server.features import KeptFeatures
from citytwin.server.few import Few
from tests.unit.store import little_city as lc


def test_one_too_many_is_sent_away() -> None:
    """And told when to come again; when another is done there is room."""
    few = Few(2, waiting=1, patience_s=0.01)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(few.one())
        with pytest.raises(HTTPException) as refused, few.one():
            pass
        assert refused.value.status_code == 503
        assert refused.value.headers == {"Retry-After": "5"}
    with few.one():
        pass


def test_a_place_that_becomes_free_is_taken() -> None:
    """By who waits for it, while one more than may wait is sent away at once."""
    few = Few(1, waiting=1, patience_s=60)
    with ThreadPoolExecutor(1) as pool:
        with few.one():
            waiting = pool.submit(lambda: few.one().__enter__())
            while few._waiting.acquire(blocking=False):  # until the other one waits
                few._waiting.release()
            with pytest.raises(HTTPException), few.one():
                pass
        waiting.result(60)


def test_a_layer_is_read_once_for_all_who_ask_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Forty readings of a large city at the same time would take the memory of forty."""
    staged = lc.stage(tmp_path, "buildings")
    seen = SeenLayer(staged.document, staged.directory)
    read, together, begun = [], threading.Barrier(6), features._read

    def slow(path: Path) -> gpd.GeoDataFrame:
        read.append(path)
        return begun(path)

    def ask() -> gpd.GeoDataFrame:
        together.wait(60)
        return kept.of(seen)

    monkeypatch.setattr(features, "_read", slow)
    kept = KeptFeatures()
    with ThreadPoolExecutor(6) as pool:
        answers = [one.result(60) for one in [pool.submit(ask) for _ in range(6)]]
    assert len(read) == 1
    assert all(answer is answers[0] for answer in answers)


def test_few_layers_stay_in_memory(tmp_path: Path) -> None:
    """Those that were asked for last."""
    staged = lc.stage(tmp_path, "buildings")
    kept, first = KeptFeatures(), None
    for number in range(features._KEPT + 1):
        folder = staged.directory.rename(tmp_path / f"run{number}")
        staged.directory.parent.mkdir(exist_ok=True)
        frame = kept.of(SeenLayer(staged.document, folder))
        first = frame if first is None else first
        folder.rename(staged.directory)
    assert len(kept._kept) == features._KEPT
    assert all(frame is not first for frame in kept._kept.values())
