"""A published flood by the command line alone: GeoTIFF, YAML and CSV in, scores at gauges out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import rasterio
from click.testing import CliRunner
from rasterio.transform import Affine

from citytwin.cli.simulate import command
from tests.real.plain_case import GAUGES_M, NEAR_THE_INLET, SAMPLES

pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason="CITYTWIN_SAMPLES does not name a folder with flood/"
)
FREE_BUT_WEST = "{west: closed, north: critical, south: critical, east: critical}"


def test_a_flood_over_a_plain_is_scored_against_lisflood_fp(tmp_path: Path) -> None:
    """Test 4 of the Environment Agency near its inlet, 45 min at 5 m: within what peers reach, 8 mm.

    The west is closed; the inlet is four cells. A gauge is the cell to the east of its place.
    """
    plain = NEAR_THE_INLET
    rows, cols = 2 * plain.half_width_m // 5, plain.east_m // 5
    ground = np.zeros((rows, cols), np.float32)
    with rasterio.open(
        tmp_path / "dtm.tif", "w", driver="GTiff", height=rows, width=cols, count=1,
        dtype="float32", crs="EPSG:6677",
        transform=Affine(5.0, 0.0, 0.0, 0.0, -5.0, 1000.0 + plain.half_width_m),
    ) as out:  # fmt: skip
        out.write(ground, 1)
    inflow = pd.read_csv(SAMPLES / "ea4" / "ea4_hydrograph.csv")
    of_a_cell = pd.DataFrame({"seconds": inflow["t_s"], "m3_s": 5 * inflow["q_per_m_width_m2s"]})
    of_a_cell.to_csv(tmp_path / "q.csv", index=False)
    wide = pd.read_csv(SAMPLES / "ea4" / "ref_lisflood_fp8_acc_1m.csv")
    long = wide.melt("t_s", var_name="gauge", value_name="depth_m").rename(
        columns={"t_s": "seconds"}
    )
    names = [f"p{number}" for number in range(1, plain.gauges + 1)]
    long[long.gauge.isin(names)].to_csv(tmp_path / "observed.csv", index=False)
    inlets = [
        f"  - {{x: 2.5, y: {y}, radius_m: 1, hydrograph: {tmp_path / 'q.csv'}}}"
        for y in (992.5, 997.5, 1002.5, 1007.5)
    ]
    gauges = [
        f"  - {{name: {name}, x: {x}, y: {y}}}"
        for name, (x, y) in zip(names, GAUGES_M, strict=False)
    ]
    hours = plain.duration_s / 3600
    head = ["duration_h: " + str(hours), "manning: 0.05", f"edges: {FREE_BUT_WEST}"]
    text = "\n".join([*head, "gauge_seconds: 20", "inflows:", *inlets, "gauges:", *gauges])
    (tmp_path / "flood.yaml").write_text(text, encoding="utf-8")
    given = {"terrain": "dtm.tif", "params": "flood.yaml", "observed": "observed.csv", "out": "out"}
    call = [word for name, file in given.items() for word in (f"--{name}", str(tmp_path / file))]
    done = CliRunner().invoke(command, ["flood", *call])
    assert done.exit_code == 0, done.output
    scores = pd.read_csv(tmp_path / "out" / "gauge_scores.csv").set_index("gauge")
    assert scores.index.tolist() == names
    assert (scores["rmse_m"] < 0.008).all()
    assert (scores["bias_m"].abs() < 0.008).all()
    assert (scores["peak_error_m"].abs() < 0.008).all()
    assert (scores["nse"] > 0.98).all()
