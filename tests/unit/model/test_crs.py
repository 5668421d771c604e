"""CRS: forms of srsName, axis order, transforms, convergence."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pyproj
import pytest

from citytwin.model import crs


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("http://www.opengis.net/def/crs/EPSG/0/6697", 6697),
        ("https://www.opengis.net/def/crs/EPSG/0/7415", 7415),
        ("urn:ogc:def:crs:EPSG::7415", 7415),
        ("urn:ogc:def:crs:EPSG:6.12:25832", 25832),
        ("urn:ogc:def:crs,crs:EPSG::6677,crs:EPSG::5111", 6677),
        ("http://www.opengis.net/gml/srs/epsg.xml#4326", 4326),
        ("EPSG:28992", 28992),
        ("EPSG:25832+7837", 25832),
        ("EPSG:31467, EPSG:5783", 31467),
        (
            "http://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/25832"
            "&2=http://www.opengis.net/def/crs/EPSG/0/7837",
            25832,
        ),
        ("urn:ogc:def:crs,crs:EPSG::5514,crs:EPSG::5705", 5514),
        ("urn:adv:crs:DE_DHDN_3GK4*DE_DHHN92_NH", 31468),
        ("urn:adv:crs:DE_DHDN_3GK2_NW101", 31466),
        ("urn:adv:crs:ETRS89_UTM32*DE_DHHN92_NH", 25832),
    ],
)
def test_forms_of_srs_name(name: str, code: int) -> None:
    """All forms in use give the code."""
    assert crs.epsg_from_srs_name(name) == code


@pytest.mark.parametrize("name", ["", "#local-CRS", "EPSG:abc", "urn:x:y"])
def test_unknown_srs_names_are_refused(name: str) -> None:
    """No silent guess."""
    with pytest.raises(crs.UnknownCrsError):
        crs.epsg_from_srs_name(name)


US_FOOT_M = 1200.0 / 3937.0
"""By the Mendenhall Order of 1893."""


@pytest.mark.parametrize(
    ("name", "metres"),
    [
        ("EPSG:2263", US_FOOT_M),  # New York, a plane in US survey feet
        ("urn:ogc:def:crs,crs:EPSG::2263,crs:EPSG::6360", US_FOOT_M),  # NAVD88 height (ftUS)
        ("urn:ogc:def:crs,crs:EPSG::2263,crs:EPSG::5703", 1.0),  # NAVD88 height
        ("EPSG:8228", 0.3048),  # NAVD88 height (ft)
        ("EPSG:6697", 1.0),
        ("EPSG:25832+7837", 1.0),
        ("EPSG:4326", 1.0),
    ],
)
def test_units_of_heights(name: str, metres: float) -> None:
    """The heights' own CRS says it, else the plane beside them; degrees have heights in metres."""
    code = crs.heights_from_srs_name(name) or f"EPSG:{crs.epsg_from_srs_name(name)}"
    assert crs.height_unit(code).metres == pytest.approx(metres, rel=1e-12)


def test_axis_order_is_that_of_the_authority() -> None:
    """EPSG:6697 is latitude first, EPSG:28992 easting first, JPR zones northing first."""
    assert crs.axis_order("EPSG:6697") == crs.AxisOrder(east=1, north=0, geographic=True)
    assert crs.axis_order("EPSG:7415") == crs.AxisOrder(east=0, north=1, geographic=False)
    assert crs.axis_order("EPSG:6677") == crs.AxisOrder(east=1, north=0, geographic=False)


def test_zone_nine_has_its_origin_where_the_law_says() -> None:
    """The origin of plane zone IX is 36 N, 139 deg 50 min E."""
    east, north = crs.transform(
        np.array([139 + 50 / 60]), np.array([36.0]), "EPSG:6697", "EPSG:6677"
    )
    assert abs(east[0]) < 1e-3
    assert abs(north[0]) < 1e-3


@pytest.mark.parametrize("zone", range(6669, 6688))
def test_no_vertical_grid_is_ever_asked_for(zone: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """PROJ is given plane CRS only: heights above T.P. have no way into a geoid model."""
    asked = []

    def from_crs(source: pyproj.CRS, target: pyproj.CRS, **options: bool) -> pyproj.Transformer:
        asked.extend([source, target])
        made = made_by_proj(source, target, **options)
        assert "vgridshift" not in made.definition
        return made

    made_by_proj = pyproj.Transformer.from_crs
    monkeypatch.setattr(crs.Transformer, "from_crs", from_crs)
    crs._transformer.cache_clear()
    place = np.array([139.7]), np.array([35.6])
    crs.transform(*place, "EPSG:6697", f"EPSG:{zone}")
    crs.transform(*place, "EPSG:4979", f"EPSG:{zone}")
    crs._transformer.cache_clear()
    assert len(asked) == 4
    for one in asked:
        assert len(one.axis_info) == 2
        kinds = (one.is_compound, one.is_vertical, one.is_geocentric)
        assert not any(kinds)


def test_the_compound_zones_of_japan_are_their_plane_part() -> None:
    """EPSG:10162 to 10174, plane zone and height above T.P.: northing, easting, height."""
    for code in range(10162, 10175):
        plane = crs.horizontal(f"EPSG:{code}")
        assert 6669 <= int(plane.removeprefix("EPSG:")) <= 6687
        assert crs.axis_order(f"EPSG:{code}") == crs.AxisOrder(east=1, north=0, geographic=False)


def test_grids_are_not_fetched() -> None:
    """Whatever the environment says, PROJ opens no connection."""
    code = "import citytwin.model.crs, pyproj; print(pyproj.network.is_network_enabled())"
    environment = {**os.environ, "PROJ_NETWORK": "ON"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def test_convergence_is_the_bearing_of_true_north() -> None:
    """A step of 100 m to true north has grid bearing minus the convergence."""
    x, y = -62000.0, -35000.0
    lon, lat = crs.lonlat(x, y, "EPSG:6677")
    east, north = crs.transform(
        np.array([lon, lon]), np.array([lat, lat + 0.001]), "EPSG:4326", "EPSG:6677"
    )
    bearing = np.degrees(np.arctan2(east[1] - east[0], north[1] - north[0]))
    assert bearing == pytest.approx(-crs.convergence_deg(x, y, "EPSG:6677"), abs=1e-3)
    assert crs.convergence_deg(x, y, "EPSG:6677") == pytest.approx(-0.3976, abs=0.01)


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ((139.35, 35.15), "EPSG:6677"),  # Kanagawa: zone IX
        ((138.57, 35.66), "EPSG:6676"),  # Kofu: zone VIII, whose box overlaps that of IX
        ((135.5, 34.7), "EPSG:6674"),  # Osaka: zone VI
        ((141.35, 43.06), "EPSG:6680"),  # Sapporo: zone XII
        ((127.7, 26.2), "EPSG:6683"),  # Naha: zone XV
        ((129.04, 35.1), "EPSG:32652"),  # Busan is not in Japan
        ((151.2, -33.9), "EPSG:32756"),  # Sydney
    ],
)
def test_the_crs_that_suits_a_place(place: tuple[float, float], code: str) -> None:
    """The zones as the Geospatial Information Authority assigns them to the prefectures."""
    assert crs.suited(*place) == code


def test_the_scale_of_a_transverse_mercator_projection() -> None:
    """K = 0.9999 (1 + (x / R)^2 / 2) to second order, 0.9999 on the central meridian."""
    on_meridian = crs.fit(0.0, 0.0, "EPSG:6677")
    assert on_meridian.scale == pytest.approx(0.9999, abs=1e-9)
    assert (on_meridian.longitude_deg, on_meridian.latitude_deg) == pytest.approx((139.8333, 36.0))
    assert on_meridian.outside_deg == 0.0
    assert crs.fit(2e5, 0.0, "EPSG:6677").scale == pytest.approx(
        0.9999 * (1 + (2e5 / 6.372e6) ** 2 / 2), abs=2e-6
    )


def test_an_area_of_use_may_cross_the_antimeridian() -> None:
    """Fiji map grid (EPSG:3460), from 176.81 E over 180 to 178 W."""
    x, y = crs.transform(
        np.array([-179.0, 171.0]), np.array([-17.0, -17.0]), "EPSG:4326", "EPSG:3460"
    )
    assert crs.fit(x[0], y[0], "EPSG:3460").outside_deg == 0.0
    assert crs.fit(x[1], y[1], "EPSG:3460").outside_deg == pytest.approx(5.81, abs=0.01)
