"""Images of rain over a city: volume, gaps in time and area, what is no rain, whose images."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.model.tables import RAIN_FRAMES
from citytwin.simulations.flood.step import SIMULATION
from citytwin.store.tables import conform

BEGIN = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
GRID = GridSpec("EPSG:6677", 1000.0, 2000.0, 5.0, 8, 12)
"""60 m to the east and 40 m to the south of (1000, 2000)."""
START = {"start": BEGIN.isoformat(), "duration_h": 1 / 3, "rain_images": {}, "edges": "closed"}


def frames(
    *rates: Any, minutes: tuple[int, ...] = (0, 10), source: str = "radar", west: float = 990.0,
    north: float = 2010.0, cell: float = 40.0, issued: datetime | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Images of ten minutes each; by default 2 x 2 cells of 40 m over all of the grid."""
    rates = tuple(np.asarray(rate, dtype=np.float32) for rate in rates)
    (ny, nx), count = rates[0].shape, len(rates)
    begin = [BEGIN + pd.Timedelta(minutes=minute) for minute in minutes[:count]]
    columns = {
        "source": pd.array([source] * count, dtype="string"),
        "start": pd.to_datetime(begin, utc=True),
        "end": pd.to_datetime([time + pd.Timedelta(minutes=10) for time in begin], utc=True),
        "issued": pd.to_datetime([issued] * count, utc=True),
        "rate": [rate.ravel() for rate in rates],
        **{name: pd.array([n] * count, dtype="Int32") for name, n in (("ny", ny), ("nx", nx))},
        "x_min_m": west,
        "y_max_m": north,
        "cell_m": cell,
        "synthetic": False,
        "raw_ref": pd.array(["0" * 64] * count, dtype="string"),
    }
    box = shapely.box(west, north - ny * cell, west + nx * cell, north)
    table = gpd.GeoDataFrame(columns, geometry=[box] * count, crs=GRID.crs)
    return conform(RAIN_FRAMES, table, GRID.crs)


def flooded(table: pd.DataFrame | None, **params: Any) -> Outcome:
    """A flat closed plane under images of rain."""
    terrain = np.full(GRID.shape, 3.0, dtype=np.float32)
    site = Site(139.8, 36.0, 0.0, "Asia/Tokyo")
    tables = {} if table is None else {RAIN_FRAMES: table}
    block = Block({f.TERRAIN: terrain}, {}, GRID, GRID.whole, site, tables=tables)
    return SIMULATION.run(block, SIMULATION.params.model_validate({**START, **params}))


def fact(outcome: Outcome, name: str) -> float:
    """Value of a figure."""
    return next(one.value for one in outcome.facts if one.name == name)


def said(outcome: Outcome, severity: str) -> list[str]:
    """English remarks of a severity."""
    return [note.en for note in outcome.notes if note.severity == severity]


def test_every_place_gets_its_own_rain() -> None:
    """By hand: cells of the images cut the plane at 30 m to the east and to the south."""
    made = flooded(frames([[6, 12], [0, 60]], [[6, 0], [0, 0]]))
    # 30 x 30 m get 2 mm, 30 x 30 m to the east 2 mm, 30 x 10 m in the south-east 10 mm.
    assert fact(made, "rain_volume") == pytest.approx(1.8 + 1.8 + 3.0, rel=1e-12)
    assert fact(made, "stored_volume") == pytest.approx(6.6, rel=1e-7)
    assert fact(made, "rain_coverage") == pytest.approx(1.0)
    assert said(made, "loss") == []
    assert made.valid_time == BEGIN
    depth = made.fields[f.FLOOD_DEPTH_MAX]
    assert depth[7, 11] > depth[0, 0] > depth[7, 0]
    # The mean is 6.6 m3 over 2400 m2.
    line = "Rain of 3 mm in the mean, 0 to 10 mm from place to place (peak 60 mm/h) over 0.333333 h"
    assert said(made, "info")[0].startswith(line)


def test_rain_that_is_not_known_counts_as_none_and_is_told() -> None:
    """One image lost, one cell unknown in the other: known is half of 1 - 1/8 of the time and area."""
    table = frames([[6, 6], [6, np.nan]])
    made = flooded(table, min_rain_coverage=0.4)
    # The unknown cell lies over 30 x 10 of 60 x 40 m; all else gets 1 mm.
    assert fact(made, "rain_volume") == pytest.approx(2.4 - 0.3, rel=1e-12)
    assert fact(made, "rain_coverage") == pytest.approx(0.4375)
    assert said(made, "loss") == [
        "No rain data for 11 of 20 minutes, counted as dry (images of radar)"
    ]
    with pytest.raises(StepError, match="know the rain over the city for 44% of the run only"):
        flooded(table)


def test_images_that_end_within_the_city_leave_the_rest_unknown() -> None:
    """The eastern half has none."""
    made = flooded(frames([[6], [6]], [[6], [6]]), min_rain_coverage=0.3)
    assert fact(made, "rain_volume") == pytest.approx(30 * 40 * 0.002, rel=1e-12)
    assert fact(made, "rain_coverage") == pytest.approx(0.5)


def test_what_no_rain_can_be_is_not_used() -> None:
    """A negative rate and 5000 mm/h."""
    made = flooded(frames([[-5, 6], [6, 5000]], [[6, 6], [6, 6]]))
    assert "2 values of the images of rain are negative or above" in said(made, "loss")[1]
    assert fact(made, "rain_volume") == pytest.approx(2.4 * 2 - 0.9 - 0.3, rel=1e-12)


def test_the_wettest_time_is_that_of_the_city() -> None:
    """A cloudburst beside it does not count: the third image has most rain over the city."""
    rates = [np.zeros((3, 3)) for _ in range(4)]
    rates[0][0, 0] = 170.0  # 40 m north and west of the rest
    rates[2][1:, 1:] = 12.0
    table = frames(*rates, minutes=(0, 10, 20, 30), west=950.0, north=2050.0)
    made = flooded(table, start=None, duration_h=1 / 6)
    assert fact(made, "rain_volume") == pytest.approx(2.4 * 2, rel=1e-9)
    assert made.valid_time == datetime(2026, 6, 30, 3, 20, tzinfo=UTC)


def test_forecasts_are_told() -> None:
    """How many of the images of the run."""
    made = flooded(frames([[6, 6], [6, 6]], issued=BEGIN), min_rain_coverage=0.1)
    assert "1 of 1 images of rain are forecasts" in said(made, "info")


@pytest.mark.parametrize(
    ("table", "params", "words"),
    [
        (None, {}, "there are no images of rain"),
        (frames([[1.0]], west=5000.0), {}, "of radar lie outside the city"),
        (
            frames([[1.0]]),
            {"rain_images": {"source": "rador"}},
            "no images of rain come from 'rador'",
        ),
        (
            pd.concat([frames([[1.0]]), frames([[1.0]], source="other")]),
            {},
            "several sources have images of rain: other, radar",
        ),
        (pd.concat([frames([[1.0]]), frames([[1.0]], cell=50.0)]), {}, "2 lattices, expected one"),
        (
            pd.concat([frames([[1.0]], cell=90.0), frames([[2.0]], cell=90.0, minutes=(5,))]),
            {},
            "the images of radar: rain: intervals are not ascending near interval 0",
        ),
    ],
)
def test_images_that_cannot_be_used(
    table: pd.DataFrame | None, params: dict[str, Any], words: str
) -> None:
    """Whose they are, and what to do."""
    with pytest.raises(StepError, match=words):
        flooded(table, min_rain_coverage=0.0, **params)


def test_the_command_reads_images(tmp_path: Path) -> None:
    """A radar composite in HDF5, brought into the CRS of the terrain: volume of its rain."""
    import rasterio
    from click.testing import CliRunner
    from pyproj import Transformer
    from rasterio.transform import from_origin

    from citytwin.cli.simulate import command
    from tests.unit.formats.rain_files import odim

    (tmp_path / "radar").mkdir()
    for end, packed in (("0500", 0), ("1000", 48)):  # 24 mm/h from 00:05 to 00:10
        image = odim(np.full((9, 9), packed), end=f"2026070100{end}")
        (tmp_path / "radar" / f"{end}.h5").write_bytes(image)
    x, y = Transformer.from_crs(4326, 6677, always_xy=True).transform(139.03, 35.97)
    with rasterio.open(
        tmp_path / "dtm.tif", "w", driver="GTiff", height=20, width=30, count=1, dtype="float32",
        crs="EPSG:6677", transform=from_origin(round(x), round(y), 5.0, 5.0),
    ) as out:  # fmt: skip
        out.write(np.full((1, 20, 30), 5.0, dtype=np.float32))
    params = tmp_path / "p.yaml"
    params.write_text(
        "{start: 2026-07-01T00:05:00Z, duration_h: 0.08333333333333333, rain_images: {}, edges: closed}"
    )
    given = ["flood", "--terrain", str(tmp_path / "dtm.tif"), "--rain-frames", str(tmp_path / "radar")]  # fmt: skip
    done = CliRunner().invoke(command, [*given, "--params", str(params), "--out", str(tmp_path / "o")])  # fmt: skip
    assert done.exit_code == 0, done.output
    # 24 mm/h over 5 minutes: 2 mm on 15000 m2.
    volume = float(done.output.split('"rain_volume": ')[1].split(",")[0])
    assert volume == pytest.approx(30.0, rel=1e-6)
    bad = [*given[:-1], str(tmp_path / "dtm.tif")]
    done = CliRunner().invoke(command, [*bad, "--params", str(params), "--out", str(tmp_path / "o")])  # fmt: skip
    assert "holds no images of rain" in str(done.exception)
