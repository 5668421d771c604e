"""Units of feeds, checked against the definitions of the units."""

from __future__ import annotations

import pytest

from citytwin.formats.units import UnitError, conversion


@pytest.mark.parametrize(
    ("unit", "target", "value", "expected"),
    [
        ("km/h", "m/s", 36.0, 10.0),
        ("KMH", "m/s", 3.6, 1.0),
        ("m/s", "km/h", 10.0, 36.0),
        ("mp/h", "m/s", 1.0, 0.44704),
        ("kn", "m/s", 3600.0, 1852.0),
        ("°F", "Cel", 212.0, 100.0),
        ("°F", "Cel", 32.0, 0.0),
        ("K", "Cel", 0.0, -273.15),
        ("°C", "Cel", -4.5, -4.5),
        ("inch", "mm", 1.0, 25.4),
        ("W/m²", "W/m2", 7.0, 7.0),
        ("kg m-2 s-1", "mm/h", 1.0, 3600.0),
        ("mm/min", "mm/h", 1.0, 60.0),
        ("Pa", "hPa", 101325.0, 1013.25),
        # UCUM: an inch of mercury is 2.54 cm of 133.322 kPa/m.
        ("inHg", "hPa", 29.92, 29.92 * 0.0254 * 1333.22),
        ("ft", "m", 1.0, 0.3048),
        ("cm", "m", 250.0, 2.5),
        ("kg m-2", "mm", 1.5, 1.5),
        ("m", "mm", 0.002, 2.0),
        ("SM", "m", 1.0, 1609.344),
        ("s", "min", 90.0, 1.5),
        ("h", "min", 0.5, 30.0),
        (" % ", "%", 55.0, 55.0),
    ],
)
def test_a_value_is_brought_to_the_unit_of_the_twin(unit, target, value, expected):
    """Every spelling gives the value that the definition of the unit demands."""
    assert conversion(unit, target)(value) == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_an_unknown_unit_is_named():
    """The message says which unit was met and what is expected."""
    with pytest.raises(UnitError, match=r"'furlong/h' is not known .*speed such as m/s"):
        conversion("furlong/h", "m/s")


def test_a_unit_of_another_quantity_is_refused():
    """Millimetres are no rate of rain: the time they fell in is missing."""
    with pytest.raises(UnitError, match="measures length, not rate of rain"):
        conversion("mm", "mm/h")
