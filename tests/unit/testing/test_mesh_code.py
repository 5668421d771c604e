"""Grid-square codes against published examples and against their own definition."""

import pytest

from citytwin.testing import second_mesh_code, third_mesh_bounds, third_mesh_code


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "code"),
    [
        (35.6812, 139.7671, "53394611"),  # Tokyo station
        (43.06417, 141.34694, "64414277"),  # Sapporo
        (34.7025, 135.4959, "52350349"),  # Osaka station
        (26.2124, 127.6809, "39272554"),  # Naha
        (36.312, 136.394, "54363371"),  # a PLATEAU tile of Kaga
    ],
)
def test_known_places_have_their_published_code(latitude_deg, longitude_deg, code):
    """A place known from maps lies in the mesh that bears its published number."""
    assert third_mesh_code(latitude_deg, longitude_deg) == code
    assert second_mesh_code(latitude_deg, longitude_deg) == code[:6]


def test_a_point_on_a_mesh_line_belongs_to_the_cell_north_east_of_it():
    """35.15 N 139.35 E is a mesh corner in decimals, though not in binary."""
    assert third_mesh_code(35.15, 139.35) == "52395288"
    assert third_mesh_code(35.15 - 1e-7, 139.35 - 1e-7) == "52395277"


def test_bounds_are_thirty_by_forty_five_seconds_around_the_point():
    """The box of a code holds every point that gets this code."""
    south, west, north, east = third_mesh_bounds("53394611")
    assert south <= 35.6812 < north
    assert west <= 139.7671 < east
    assert (north - south) * 3600 == pytest.approx(30.0)
    assert (east - west) * 3600 == pytest.approx(45.0)
