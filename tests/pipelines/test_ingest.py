"""``citytwin ingest``: from files to a folder of tables, whatever happens in between."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

import citytwin as ct
from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import citytwin
from tests.unit.formats import gml_documents as gml

DEMO = Path(__file__).parents[2] / "data" / "demo"


class Ingest(Protocol):
    """The command, with a worker that runs already."""

    def __call__(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Call it."""


@pytest.fixture(scope="module")
def ingest(workers: str) -> Ingest:
    """In this process."""
    return lambda *given: citytwin_here("ingest", *map(str, given), "--scheduler", workers)


def document(out: Path) -> dict:
    """The document of a folder."""
    return json.loads((out / "citymodel.json").read_bytes())


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city with all extras."""
    out = tmp_path_factory.mktemp("ingest") / "model"
    every = ("--format", "geopackage", "--format", "cityjsonseq")
    done = citytwin("ingest", str(DEMO), "--out", str(out), *every, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "MB/s" in done.stdout
    return out


def test_the_same_as_in_one_line(demo: Path) -> None:
    """The tables are those that ``read_citymodel`` gives; all three kinds of files hold them."""
    model = ct.read_citymodel(DEMO)
    assert document(demo)["crs"] == model.crs == "EPSG:6677"
    assert len(pd.read_csv(demo / "report.csv")) == len(model.report)
    for name, rows in document(demo)["features"].items():
        table = getattr(model, name)
        assert len(table) == rows == len(gpd.read_parquet(demo / f"{name}.parquet"))
    ours = gpd.read_parquet(demo / "buildings.parquet").set_index("building_id").sort_index()
    theirs = model.buildings.set_index("building_id").sort_index()
    assert ours.index.tolist() == theirs.index.tolist()
    assert ours.geometry.geom_equals_exact(theirs.geometry, 0).all()
    assert ours["height_m"].tolist() == theirs["height_m"].tolist()
    layers = dict(pyogrio.list_layers(demo / "citymodel.gpkg"))
    # Plants are areas and points, of which a GeoPackage has a layer each.
    assert {name.removesuffix("_points") for name in layers} == set(document(demo)["features"])
    again = ct.read_citymodel(demo / "buildings.city.jsonl")
    assert len(again.buildings) == len(model.buildings)
    assert len(again.surfaces) == len(model.surfaces)


def test_the_document_names_every_file(demo: Path) -> None:
    """Nothing lies in the folder that the document does not name, and all inputs are named."""
    named = {file["href"] for file in document(demo)["files"]}
    assert named | {"citymodel.json"} == {path.name for path in demo.iterdir()}
    assert {Path(file["path"]).suffix for file in document(demo)["inputs"]} == {".gml"}
    report = pd.read_csv(demo / "report.csv")
    assert document(demo)["defects"] == report["code"].astype(str).value_counts().to_dict()


def house(number: int) -> str:
    """House of 10 m x 6 m x 4 m, the n-th of a row."""
    x = gml.X0 + 20 * number
    faces = gml.box(x, gml.Y0, x + 10, gml.Y0 + 6, 112.0, 116.0)
    return gml.building(gml.lod1(faces), f"b{number}")


def test_losses_repetition_and_strangers(tmp_path: Path, ingest: Ingest) -> None:
    """A broken file is in the report and the exit code; what stands is not read again."""
    gml.write(tmp_path / "in", gml.city_model(house(0)), "1_bldg_25832.gml")
    gml.write(tmp_path / "in", gml.city_model(house(1))[:-200], "2_bldg_25832.gml")
    out = tmp_path / "out"
    first = ingest(tmp_path / "in", "--out", out)
    assert first.returncode == 3, first.stderr
    assert document(out)["features"] == {"buildings": 1, "surfaces": 6}
    assert "2_bldg_25832.gml" in (out / "report.csv").read_text()
    assert gpd.read_parquet(out / "defects.parquet")["code"].tolist() == ["file-refused"]
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    gml.write(tmp_path / "in", gml.city_model(house(1)), "2_bldg_25832.gml")
    second = ingest(tmp_path / "in", "--out", out)
    assert second.returncode == 0, second.stderr
    assert "parts=2 standing=1" in second.stderr
    assert document(out)["features"]["buildings"] == 2
    assert before.keys() - {"defects.parquet"} == {path.name for path in out.iterdir()}

    third = ingest(tmp_path / "in", "--out", out)
    assert third.returncode == 0
    assert "nothing to do" in third.stdout
    (out / "buildings.parquet").write_bytes(b"damaged")
    assert "nothing to do" not in ingest(tmp_path / "in", "--out", out).stdout
    assert len(gpd.read_parquet(out / "buildings.parquet")) == 2

    strange = ingest(tmp_path / "in", "--out", tmp_path / "in")
    assert strange.returncode == 2
    assert "holds files but no city model" in strange.stderr


def test_its_own_files_are_no_input(tmp_path: Path, ingest: Ingest) -> None:
    """A folder of files holds the model made from them as well, its store, and another model."""
    gml.write(tmp_path, gml.city_model(house(0)), "1_bldg_25832.gml")
    every = ("--format", "geopackage", "--format", "cityjsonseq")
    for out in ("model", "other"):
        done = ingest(tmp_path, "--out", tmp_path / out, *every)
        assert done.returncode == 0, done.stderr
    gml.write(tmp_path, gml.city_model(house(1)), "2_bldg_25832.gml")
    places = (tmp_path / "udx", tmp_path / "model")  # as a shell expands `*`
    for given in ([tmp_path], places):
        done = ingest(*given, "--out", tmp_path / "model", *every)
        assert done.returncode == 0, done.stderr
        assert document(tmp_path / "model")["features"] == {"buildings": 2, "surfaces": 12}
        assert len(document(tmp_path / "model")["inputs"]) == 2
    assert len(ct.read_citymodel(tmp_path).buildings) == 2
    assert len(ct.read_citymodel(tmp_path / "other" / "buildings.city.jsonl").buildings) == 1


def test_nothing_usable_leaves_nothing(tmp_path: Path, ingest: Ingest) -> None:
    """The reason is said, and no folder of tables is made."""
    gml.write(tmp_path / "in", gml.city_model(house(1))[:-200], "2_bldg_25832.gml")
    done = ingest(tmp_path / "in", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert "not well-formed" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_stopped_run_resumes(tmp_path: Path, ingest: Ingest) -> None:
    """After Ctrl-C nothing half-written lies in the folder; the next run reads only the rest."""
    files = 60
    for number in range(files):
        gml.write(tmp_path / "in", gml.city_model(house(number)), f"{number}_bldg_25832.gml")
    out = tmp_path / "out"
    command = [sys.executable, "-m", "citytwin", "ingest", str(tmp_path / "in"), "--out", str(out)]
    with subprocess.Popen(
        [*command, "--workers", "1"], stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as running:
        for line in running.stderr:
            if "event=part" in line:
                running.send_signal(signal.SIGINT)
                break
        said = running.stderr.read()
    assert running.returncode == 1
    assert "resume" in said
    assert not out.exists()
    done = ingest(tmp_path / "in", "--out", out)
    assert done.returncode == 0, done.stderr
    assert "standing=0" not in done.stderr.split("write files")[0]
    assert document(out)["features"]["buildings"] == files
