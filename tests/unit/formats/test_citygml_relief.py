"""Triangles of the ground from CityGML relief."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, city_model, posted, ring
from pyproj import Transformer

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.citygml_relief import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import RELIEF
from citytwin.store.tables import conform

A = [(X0, Y0, 1.5), (X0 + 5, Y0, 2.5), (X0, Y0 + 7, -0.5)]
B = [(X0 + 5, Y0, 2.5), (X0 + 5, Y0 + 7, 3.0), (X0, Y0 + 7, -0.5)]


def tin(*rings):
    """A relief of triangles; each given as vertices or as the text of its posList."""
    triangles = "".join(f"<gml:Triangle>{ring(points)}</gml:Triangle>" for points in rings)
    return (
        '<dem:ReliefFeature gml:id="r"><dem:lod>1</dem:lod><dem:reliefComponent><dem:TINRelief>'
        "<dem:tin><gml:TriangulatedSurface><gml:trianglePatches>"
        f"{triangles}</gml:trianglePatches></gml:TriangulatedSurface></dem:tin>"
        "</dem:TINRelief></dem:reliefComponent></dem:ReliefFeature>"
    )


@pytest.fixture
def read(tmp_path):
    """Reads a document and returns the relief as an array (n, 9) and the result."""

    def run(document, target="EPSG:25832"):
        path = gml.write(tmp_path, document, "tile_dem_25832.gml")
        decoded = FORMAT.read(gml.dataset(tmp_path, path, target=target), NoParams())
        frame = conform(RELIEF, decoded.tables[RELIEF], target)
        return np.array(list(frame["triangle"])).reshape(-1, 9), decoded

    return run


def test_triangles_come_out_in_order_with_nine_numbers(read):
    """Two triangles, three corners each, the closing one left out."""
    found, decoded = read(city_model(tin(A, B)))
    assert found.tolist() == [np.ravel(A).tolist(), np.ravel(B).tolist()]
    assert decoded.tables[RELIEF]["source"].tolist() == ["tile_dem_25832.gml"] * 2
    assert decoded.rejects == ()


def test_degrees_are_placed_and_heights_copied(read):
    """EPSG:6697 triangles land in the plane; their heights keep every bit."""
    east, north = (
        np.array([-44_100.0, -44_090.0, -44_100.0]),
        np.array([-94_300.0, -94_300, -94_280]),
    )
    lon, lat = Transformer.from_crs(6677, 6668, always_xy=True).transform(east, north)
    heights = [0.1, 0.7, 12.3456]
    points = list(zip(lat, lon, heights, strict=True))
    text = posted([*points, points[0]], 12)
    found, _ = read(city_model(tin(text), srs_name="EPSG:6697"), "EPSG:6677")
    corners = found.reshape(3, 3)
    assert np.abs(corners[:, 0] - east).max() < 1e-4
    assert np.abs(corners[:, 1] - north).max() < 1e-4
    assert corners[:, 2].tolist() == heights


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (posted([*A, A[0]]).replace("1.500000", "NaN", 1), "nan"),
        (posted([*A, A[0]]).replace("1.500000", "x", 1), "text"),
        (posted([*A, A[0]]).replace("1.500000", "-9999", 2), "spike"),
        (posted([*A, A[0]]).rpartition(" ")[0], "odd-count"),
        (posted([*A, *B]), "101"),
        (posted([(0, 0, 0), A[1], A[2], (0, 0, 0)]), "spike"),
        ("", "101"),
    ],
)
def test_a_bad_triangle_is_set_aside(read, bad, code):
    """One bad triangle among sound ones is dropped and told; the others stay."""
    found, decoded = read(city_model(tin(A, bad, B)))
    assert found.tolist() == [np.ravel(A).tolist(), np.ravel(B).tolist()]
    assert [r.code for r in decoded.rejects] == [code]


def test_other_kinds_of_relief_are_named(read):
    """Mass points are not read, and a note says so."""
    other = "<dem:ReliefFeature><dem:MassPointRelief/></dem:ReliefFeature>"
    found, decoded = read(city_model(tin(A), other))
    assert len(found) == 1
    assert [(n.severity, "MassPointRelief" in n.en) for n in decoded.notes] == [("loss", True)]


def test_metres_under_degrees_are_refused(read):
    """A whole file in the wrong CRS is refused."""
    with pytest.raises(SourceError, match="EPSG:6697"):
        read(city_model(tin(A, B), srs_name="EPSG:6697"), "EPSG:6677")


def test_a_truncated_file_gives_no_half_ground(read):
    """A file that breaks off is refused, although triangles came before."""
    with pytest.raises(CityTwinError, match="well-formed"):
        read(city_model(tin(A, B))[:-40])


def test_no_relief_is_an_empty_table(read):
    """A city model without relief gives the table without rows."""
    found, _ = read(city_model())
    assert len(found) == 0
