"""``citytwin simulate`` on a case of one's own: outlines in, the wind at places out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner, Result

from citytwin.cli.bare_buildings import read_buildings
from citytwin.cli.bare_probes import read_probes, table_of, wind_at_probes
from citytwin.cli.simulate import command
from citytwin.engine.bare_buildings import drawn_buildings
from citytwin.errors import ConfigError, SourceError

PLANE = "EPSG:6677"
FLOW = """
from_deg: [270]
height_m: 2
most_turnovers: 0.2
margin_m: 20
approach:
  - {height_m: 2, speed_m_s: 3, energy_m2_s2: 1.0}
  - {height_m: 50, speed_m_s: 6, energy_m2_s2: 1.0}
"""


def outline(x: float, y: float, half: float, **columns: object) -> dict[str, object]:
    """A square in metres."""
    ring = [(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]
    corners = [[x + half * i, y + half * j] for i, j in ring]
    shape = {"type": "Polygon", "coordinates": [corners]}
    return {"type": "Feature", "properties": columns, "geometry": shape}


def geojson(file: Path, *features: dict[str, object]) -> Path:
    """Outlines in a file that names no CRS."""
    file.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}))
    return file


def simulate(folder: Path, name: str, params: str, *arguments: str) -> Result:
    """Run the command; results go to ``out``."""
    file = folder / "params.yaml"
    file.write_text(params, encoding="utf-8")
    out = str(folder / "out")
    return CliRunner().invoke(command, [name, *arguments, "--params", str(file), "--out", out])


def test_outlines_are_drawn_where_their_metres_say(tmp_path: Path) -> None:
    """A square of 10 m, 12 m high, on cells of 2 m: 25 cells, wholly covered, two open ones around."""
    file = geojson(tmp_path / "town.geojson", outline(15.0, 25.0, 5.0, height_m=12.0))
    frame, faces, warnings = read_buildings(file, PLANE, None)
    made = drawn_buildings("wind_flow", (frame, faces), 2.0, {})
    surface = made["surface_height"]
    assert warnings == []
    assert (surface.values > 0).sum() == 25
    assert surface.max() == 12.0
    x, y = np.meshgrid(surface["x"], surface["y"])
    built = surface.values > 0
    assert (x[built].mean(), y[built].mean()) == (15.0, 25.0)
    assert (made["building_parts"].values[built] == 2**16 - 1).all()
    assert not built[:2].any()
    assert not built[:, -2:].any()
    assert (made["terrain"].values == 0).all()


def test_a_case_of_ones_own(tmp_path: Path) -> None:
    """Outlines, the wind that arrives and places: ratios there over the mean speed at 50 m, and scores."""
    town = geojson(
        tmp_path / "town.geojson",
        outline(-12, 0, 4, height=8),
        outline(12, 0, 4, height=8),
        outline(12, 20, 4, height=None),
    )
    probes = tmp_path / "probes.csv"
    probes.write_text("id,x_m,y_m,R_W\n1,-30,20,0.5\n2,-30,-20,0.6\n3,0,0,0.3\n4,12,0,0.2\n")
    done = simulate(
        tmp_path, "wind_flow", FLOW, "--buildings", str(town), "--cell-m", "2", "--crs", PLANE,
        "--probes", str(probes), "--reference-m", "50",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = pd.read_csv(tmp_path / "out" / "probes.csv")
    assert list(found["id"]) == [1, 2, 3, 4]
    assert np.isnan(found["modelled_270"][3])  # within a building
    # In the open the wind is what arrives: sqrt(3^2 + 2) / 6.
    assert found["modelled_270"][0] == pytest.approx(np.sqrt(11.0) / 6.0, rel=0.05)
    assert found["u_270"][0] == pytest.approx(3.0 / 6.0, rel=0.05)
    assert abs(found["v_270"][0]) < 0.05
    assert "1 outlines without an area or a height of 1 m" in done.output
    assert done.output.splitlines()[-1].split()[:2] == ["270", "3"]


def result(slope: float = 0.01) -> xr.Dataset:
    """Ratios that rise towards the east, twice as much for wind from the south."""
    x, y = np.arange(0.5, 20.0), np.arange(19.5, 0.0, -1.0)
    one = np.broadcast_to(slope * x, (20, 20))
    values = np.stack([one, 2 * one]).astype(np.float32)
    coords = {"direction": [0.0, 180.0], "y": y, "x": x}
    return xr.Dataset(
        {
            "wind_speed_ratio_by_direction": (
                ("direction", "y", "x"),
                values,
            )
        },
        coords,
    )


def test_scores_by_column() -> None:
    """A third of what was measured from the north, all of it from the south; a place without a value is left out."""
    x = np.array([2.0, 6.0, 10.0, 14.0])
    probes = pd.DataFrame({"x_m": x, "y_m": 10.0, "R_N": 0.03 * x, "R_180": 0.02 * x})
    probes.loc[3, "R_N"] = np.nan
    out, found = wind_at_probes(result(), probes, ("wind_by_direction", {}), (None, ()))
    np.testing.assert_allclose(out["modelled_0"], 0.01 * x, atol=1e-4)
    assert found is not None
    assert found.places == {0.0: 3, 180.0: 4}
    # Of 0.18 and 0.06 in the mean: 2 (0.06 - 0.18) / 0.24.
    assert found.each[0.0].fractional_bias == pytest.approx(-1.0, abs=1e-3)
    assert found.each[180.0].rmse == pytest.approx(0.0, abs=1e-4)
    assert "all     7" in table_of(found)


@pytest.mark.parametrize(
    ("columns", "wishes", "match"),
    [
        ({"z_m": 5.0}, (None, ()), "other heights"),
        ({}, (None, ("R_x",)), "measured columns"),
        ({"R_N": np.nan}, (None, ()), "fewer than 3"),
    ],
)
def test_probes_that_do_not_fit(columns, wishes, match) -> None:
    """Another height than that of the ratios, a column that is not there, nothing measured."""
    probes = pd.DataFrame({"x_m": [1.0, 2.0, 3.0], "y_m": 5.0, **columns})
    with pytest.raises(ConfigError, match=match):
        wind_at_probes(result(), probes, ("wind_flow", {}), wishes)


def test_files_that_are_no_buildings(tmp_path: Path) -> None:
    """Metres taken for degrees, no column of heights, lines, no columns of places."""
    metres = geojson(tmp_path / "a.geojson", outline(0, 0, 40, height_m=5))
    with pytest.raises(ConfigError, match="no degrees of a town"):
        read_buildings(metres, None, None)
    with pytest.raises(ConfigError, match="column of heights"):
        read_buildings(geojson(tmp_path / "b.geojson", outline(0, 0, 4, levels=2)), PLANE, None)
    line = outline(0, 0, 0, height_m=5)
    with pytest.raises(SourceError, match="area and a height"):
        read_buildings(geojson(tmp_path / "c.geojson", line), PLANE, None)
    places = tmp_path / "p.csv"
    places.write_text("x,y\n1,2\n")
    with pytest.raises(SourceError, match="x_m and y_m"):
        read_probes(places)
