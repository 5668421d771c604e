"""Water surfaces of expected inundations: triangles at their heights, with what is said of them."""

from __future__ import annotations

import gml_documents as gml
import numpy as np
import pytest
from gml_documents import X0, Y0, city_model, multi_surface, polygon, posted, ring

from citytwin.errors import SourceError
from citytwin.formats.citygml_hazards import FORMAT
from citytwin.model.steps import NoParams
from citytwin.model.tables import HAZARD_SURFACES
from citytwin.store.tables import conform, row_boxes

WTR = 'xmlns:wtr="http://www.opengis.net/citygml/waterbody/2.0"'
A = [(X0, Y0, 11.5), (X0 + 5, Y0, 11.5), (X0, Y0 + 5, 11.25)]
B = [(X0 + 5, Y0, 11.5), (X0 + 5, Y0 + 5, 11.5), (X0, Y0 + 5, 11.25)]
LIST = """<?xml version="1.0" encoding="UTF-8"?>
<gml:Dictionary xmlns:gml="http://www.opengis.net/gml"><gml:dictionaryEntry><gml:Definition>
<gml:description>{text}</gml:description><gml:name>{code}</gml:name></gml:Definition>
</gml:dictionaryEntry></gml:Dictionary>"""


def coded(name, code):
    """An attribute whose list has its name."""
    return f'<uro:{name} codeSpace="../../codelists/{name}.xml">{code}</uro:{name}>'


def risk(body, kind="WaterBodyRiverFloodingRiskAttribute"):
    """A risk attribute of i-UR."""
    return f"<uro:floodingRiskAttribute><uro:{kind}>{body}</uro:{kind}></uro:floodingRiskAttribute>"


def surface(*shapes, attributes="", gml_id="f1"):
    """A flooded WaterBody of polygons, given as vertices or elements."""
    polygons = [s if isinstance(s, str) else polygon(s) for s in shapes]
    return (
        f'<wtr:WaterBody {WTR} gml:id="{gml_id}"><wtr:class>1140</wtr:class>'
        f"<wtr:lod1MultiSurface>{multi_surface(*polygons)}</wtr:lod1MultiSurface>"
        f"{attributes}</wtr:WaterBody>"
    )


@pytest.fixture
def read(tmp_path):
    """Reads documents by their path below the data set."""

    def run(*members, name="udx/fld/53392547_fld_25832_op.gml", **options):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(city_model(*members, **options), encoding="utf-8")
        decoded = FORMAT.read(gml.dataset(tmp_path, path), NoParams())
        return conform(HAZARD_SURFACES, decoded.tables[HAZARD_SURFACES], "EPSG:25832"), decoded

    return run


def corners(frame):
    """All triangles, shape (n, 3, 3)."""
    return np.array(list(frame["triangle"])).reshape(-1, 3, 3)


def test_triangles_keep_their_heights(read):
    """Two triangles in the order of the file, nine numbers each, with a box in the plane."""
    frame, decoded = read(surface(A, B))
    assert corners(frame).tolist() == [[list(p) for p in A], [list(p) for p in B]]
    assert row_boxes(HAZARD_SURFACES, frame)[0].tolist() == [X0, Y0, X0 + 5, Y0 + 5]
    assert frame["surface_id"].tolist() == ["f1", "f1"]
    assert frame["source"].tolist() == ["udx/fld/53392547_fld_25832_op.gml"] * 2
    assert (decoded.rejects, decoded.notes) == ((), ())


def test_what_the_attributes_say(read, tmp_path):
    """River, scale, administration and rank through their lists."""
    (tmp_path / "codelists").mkdir()
    lists = {"description": ("7", "鶴見川"), "rank": ("2", "0.5m以上3m未満"),
             "adminType": ("2", "都道府県"), "scale": ("2", "L2（想定最大規模）")}  # fmt: skip
    for name, (code, text) in lists.items():
        content = LIST.format(code=code, text=text)
        (tmp_path / "codelists" / f"{name}.xml").write_text(content, encoding="utf-8")
    body = "".join(coded(name, code) for name, (code, _) in lists.items())
    frame, _ = read(surface(A, attributes=risk(body)))
    row = frame.iloc[0]
    assert (row["kind"], row["event"], row["scale"]) == ("river_flood", "鶴見川", "L2")
    assert (row["admin"], row["rank_code"]) == ("prefectural", "2")
    assert row["rank"] == "0.5m以上3m未満"


@pytest.mark.parametrize(
    ("name", "kind", "scale", "admin", "event"),
    [
        (
            "udx/fld/natl/tamagawa/1_fld_25832_l1_op.gml",
            "river_flood",
            "L1",
            "national",
            "tamagawa",
        ),
        ("udx/fld/pref/sakai/1_fld_25832_L2_op.gml", "river_flood", "L2", "prefectural", "sakai"),
        ("udx/tnm/1_tnm_25832_op.gml", "tsunami", None, None, None),
        ("udx/htd/bay/1_htd_25832_op.gml", "high_tide", None, None, "bay"),
        ("udx/ifld/1_ifld_25832_op.gml", "inland_flood", None, None, None),
        ("udx/rfld/1_rfld_25832_op.gml", "reservoir_flood", None, None, None),
        ("upload/FLD/x.gml", "river_flood", None, None, None),
        ("upload/x.gml", "unknown", None, None, None),
    ],
)
def test_what_the_path_says(read, name, kind, scale, admin, event):
    """Where no attribute tells, the names of folders and files do."""
    frame, _ = read(surface(A), name=name)
    row = frame.iloc[0].astype(object).where(frame.iloc[0].notna(), None)
    found = (row["kind"], row["scale"], row["admin"], row["event"])
    assert found == (kind, scale, admin, event)


@pytest.mark.parametrize(
    ("attribute", "kind"),
    [
        ("WaterBodyTsunamiRiskAttribute", "tsunami"),
        ("HighTideRiskAttribute", "high_tide"),
        ("WaterBodyInlandFloodingRiskAttribute", "inland_flood"),
        ("ReservoirFloodingRiskAttribute", "reservoir_flood"),
    ],
)
def test_the_attribute_outranks_the_path(read, attribute, kind):
    """Names of i-UR 2 to 4; the original rank serves where the uniform one is missing."""
    body = risk("<uro:rankOrg>3</uro:rankOrg><uro:scale>L1</uro:scale>", attribute)
    frame, _ = read(surface(A, attributes=body))
    assert frame[["kind", "rank_code", "rank", "scale"]].iloc[0].tolist() == [kind, "3", "3", "L1"]


def test_other_polygons_are_cut_into_triangles(read):
    """A square with a hole: its area is that of the triangles, its heights those of the corners."""
    outer = [(X0 + x, Y0 + y, 10.0 + x) for x, y in ((0, 0), (6, 0), (6, 6), (0, 6))]
    hole = [(X0 + x, Y0 + y, 10.0 + x) for x, y in ((2, 2), (2, 4), (4, 4), (4, 2))]
    frame, decoded = read(surface(polygon(outer, [hole])))
    found = corners(frame)
    a, b = found[:, 1] - found[:, 0], found[:, 2] - found[:, 0]
    area = np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum() / 2
    assert area == pytest.approx(32.0)
    assert np.abs(found[..., 2] - 10.0 - (found[..., 0] - X0)).max() < 1e-6
    assert decoded.rejects == ()


def test_a_tin_is_read_too(read):
    """A TriangulatedSurface gives its patches."""
    patches = "".join(f"<gml:Triangle>{ring(points)}</gml:Triangle>" for points in (A, B))
    tin = (
        f"<gml:TriangulatedSurface><gml:trianglePatches>{patches}</gml:trianglePatches>"
        "</gml:TriangulatedSurface>"
    )
    frame, _ = read(surface(tin))
    assert len(frame) == 2


def test_the_plainest_level_counts_once(read):
    """LOD1 and LOD2 of one surface are one surface."""
    both = surface(A).replace(
        "</wtr:WaterBody>",
        f"<wtr:lod2MultiSurface>{multi_surface(polygon(A))}</wtr:lod2MultiSurface></wtr:WaterBody>",
    )
    frame, _ = read(both)
    assert len(frame) == 1


TEXT = posted([*A, A[0]])


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (TEXT.replace("11.500000", "NaN", 1), "nan"),
        (TEXT.replace("11.500000", "deep", 1), "text"),
        (TEXT.replace("11.500000", "-9999"), "spike"),
        (TEXT.replace("11.500000", "1e300"), "spike"),
        (posted([(0, 0, 0), A[1], A[2], (0, 0, 0)]), "spike"),
        (posted([A[0], A[1], A[0]]), "101"),
        (posted([(X0, Y0, 1), (X0 + 4, Y0 + 4, 1), (X0 + 4, Y0, 1), (X0, Y0 + 4, 1), (X0, Y0, 1)]), "204"),
        ("", "101"),
    ],
)  # fmt: skip
def test_a_bad_triangle_is_set_aside(read, bad, code):
    """One bad triangle among sound ones is dropped and told; the others stay."""
    frame, decoded = read(surface(A, polygon(bad), B))
    assert corners(frame).tolist() == [[list(p) for p in A], [list(p) for p in B]]
    assert [r.code for r in decoded.rejects] == [code]


def test_plane_rings_have_no_water_level(read):
    """Two numbers per vertex: no height, so no surface; a dangling link leads nowhere either."""
    flat = [(x, y) for x, y, _ in A]
    linked = surface(A, gml_id="f2").replace(
        f"<gml:surfaceMember>{polygon(A)}</gml:surfaceMember>",
        '<gml:surfaceMember xlink:href="#gone"/>',
    )
    place = (f"{X0} {Y0}", f"{X0 + 5} {Y0 + 5}")
    frame, decoded = read(surface(flat), linked, corners=place, dimension=2)
    assert len(frame) == 0
    told = {(r.record.split()[0], r.code) for r in decoded.rejects}
    assert told == {
        ("f1", "no-height"), ("f1", "no-geometry"), ("f2", "xlink-dangling"), ("f2", "no-geometry"),
    }  # fmt: skip


def test_real_water_is_left_to_its_format(read):
    """A river in a file that says nothing of floods is counted and named."""
    river = surface(A, gml_id="river").replace("1140", "1030")
    frame, decoded = read(river, surface(B), name="udx/x/1_all_25832.gml")
    assert frame["surface_id"].tolist() == ["f1"]
    assert ["1 WaterBody of 1_all_25832.gml are water" in n.en for n in decoded.notes] == [True]


def test_wrong_places_and_document_types_are_refused(read, tmp_path):
    """Metres under degrees; a DTD."""
    with pytest.raises(SourceError, match="EPSG:6697"):
        read(surface(A), srs_name="EPSG:6697")
    path = tmp_path / "x_fld_1.gml"
    path.write_text('<!DOCTYPE a [<!ENTITY b "c">]>' + city_model(surface(A))[38:], "utf-8")
    with pytest.raises(SourceError, match="DTD"):
        FORMAT.read(gml.dataset(tmp_path, path), NoParams())


def test_another_theme_is_named(read):
    """Buildings under the format: no rows, and the note says so."""
    frame, decoded = read(gml.building(gml.lod1(gml.box(X0, Y0, X0 + 5, Y0 + 5, 0, 9))))
    assert len(frame) == 0
    assert ["holds no expected inundations but Building" in n.en for n in decoded.notes] == [True]
