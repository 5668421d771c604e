"""Errors of a task reach the main process with their class and hint, whatever caused them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import rasterio
from distributed import Client, LocalCluster
from lxml import etree

from citytwin.engine.results import TileResult
from citytwin.engine.timing import timed
from citytwin.errors import SourceError


@timed
def read_xml(path: str) -> TileResult:
    """Fail as lxml does."""
    try:
        etree.fromstring(b"<a>")
    except etree.XMLSyntaxError as error:
        raise SourceError("no XML", source=path, hint="fetch the file again") from error
    return TileResult(parts={})


@timed
def read_raster(path: str) -> TileResult:
    """Fail as GDAL does."""
    try:
        rasterio.open(path)
    except rasterio.errors.RasterioIOError as error:
        raise SourceError("no GeoTIFF", source=path, hint="fetch the file again") from error
    return TileResult(parts={})


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """A worker in a process of its own."""
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("task", [read_xml, read_raster])
def test_a_cause_that_cannot_travel_does_not_take_the_error_with_it(
    client: Client, task: object, tmp_path: Path
) -> None:
    """Dask would send a bare Exception in its place."""
    file = tmp_path / "a.tif"
    file.write_text("no raster")
    error = client.submit(task, str(file), pure=False).exception()
    assert isinstance(error, SourceError)
    assert error.hint == "fetch the file again"
    assert str(error).startswith(f"{file}: no ")


def test_a_task_knows_its_time() -> None:
    """And returns what it made."""

    @timed
    def make() -> TileResult:
        return TileResult(parts={})

    assert make().seconds > 0
