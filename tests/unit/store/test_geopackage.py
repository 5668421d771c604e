"""GeoPackages for desktop GIS, read back with GDAL and SQLite."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pyogrio
import pytest

from citytwin.errors import StoreError
from citytwin.model.text import text
from citytwin.store.geopackage import GeoPackageStyle, write_geopackage
from tests.unit.store.little_city import VALID
from tests.unit.store.little_tables import buildings, traffic

STYLE = GeoPackageStyle(qml="<qgis/>", sld="<StyledLayerDescriptor/>")
TITLE = text("建物", "Buildings")


def write(path: Path, rows: object, layer: str = "buildings") -> None:
    """Write rows with the style of the tests."""
    write_geopackage(path, rows, layer, TITLE, VALID, STYLE)


def test_round_trip(tmp_path: Path) -> None:
    """All columns, nulls and vertices come back."""
    rows = buildings()
    write(tmp_path / "b.gpkg", rows)
    back = pyogrio.read_dataframe(tmp_path / "b.gpkg", layer="buildings")
    assert back.crs.to_epsg() == 6677
    assert list(back.columns) == list(rows.columns)
    assert back["height_m"].isna().tolist() == rows["height_m"].isna().tolist()
    assert back["usage"].tolist() == rows["usage"].tolist()
    assert back.geometry.geom_equals_exact(rows.geometry, 1e-9).all()


def test_style_is_registered(tmp_path: Path) -> None:
    """The styles are a default, lie in layer_styles, and are registered as attributes."""
    write(tmp_path / "b.gpkg", buildings())
    with closing(sqlite3.connect(tmp_path / "b.gpkg")) as db:
        kinds = dict(db.execute("SELECT table_name, data_type FROM gpkg_contents"))
        (style,) = db.execute(
            "SELECT f_table_name, f_geometry_column, useAsDefault, styleQML, styleSLD"
            " FROM layer_styles"
        )
        version = db.execute("PRAGMA user_version").fetchone()[0]
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        times = {row[0] for row in db.execute("SELECT last_change FROM gpkg_contents")}
    assert kinds == {"buildings": "features", "layer_styles": "attributes"}
    assert style == ("buildings", "geom", 1, STYLE.qml, STYLE.sld)
    assert version == 10300
    assert times == {"2026-07-01T03:00:00.000Z"}


def test_same_bytes(tmp_path: Path) -> None:
    """Writing again gives the same bytes, also with times and nulls."""
    for name in ("a", "b"):
        write(tmp_path / f"{name}.gpkg", traffic(), "traffic")
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.gpkg", "b.gpkg"]


def test_no_rows(tmp_path: Path) -> None:
    """A layer without features keeps its columns and style."""
    write(tmp_path / "b.gpkg", buildings().iloc[:0])
    info = pyogrio.read_info(tmp_path / "b.gpkg", layer="buildings")
    assert info["features"] == 0
    assert "height_m" in info["fields"]


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """What the disk refuses is a StoreError with the path."""
    (tmp_path / "x").write_text("")
    with pytest.raises(StoreError, match=r"b\.gpkg"):
        write(tmp_path / "x" / "b.gpkg", buildings())
