"""Plane zones of Japan by municipality, as the notification lists them."""

from __future__ import annotations

import pytest

from citytwin.model.plane_zones import plane_zone_of


@pytest.mark.parametrize(
    ("code", "lon", "lat", "zone"),
    [
        ("17206", 136.3, 36.3, 7),  # Kaga, Ishikawa
        ("18201", 136.2, 36.1, 6),  # Fukui, next door
        ("27", 135.5, 34.7, 6),
        ("131024", 139.77, 35.67, 9),  # Chuo, Tokyo, with its check digit
        ("13361", 139.4, 34.7, 9),  # Oshima, Izu
        ("13421", 142.2, 27.1, 14),  # Ogasawara
        ("13421", 136.1, 20.4, 18),  # Okinotorishima
        ("13421", 153.98, 24.3, 19),  # Minamitorishima
        ("01202", 140.7, 41.8, 11),  # Hakodate
        ("01100", 141.35, 43.06, 12),  # Sapporo
        ("01204", 142.4, 43.8, 12),  # Asahikawa
        ("01207", 143.2, 42.9, 13),  # Obihiro
        ("01219", 143.4, 44.4, 12),  # Monbetsu
        ("46201", 130.6, 31.6, 2),  # Kagoshima
        ("46222", 129.5, 28.4, 1),  # Amami
        ("46529", 129.97, 28.3, 1),  # Kikai
        ("46213", 130.99, 30.7, 2),  # Nishinoomote, Tanegashima
        ("47201", 127.7, 26.2, 15),  # Naha
        ("47207", 124.2, 24.3, 16),  # Ishigaki
        ("47358", 131.3, 25.9, 17),  # Kita-Daito
    ],
)
def test_zones(code, lon, lat, zone):
    """Zone n is EPSG:6668 + n."""
    assert plane_zone_of(code, lon, lat) == f"EPSG:{6668 + zone}"


@pytest.mark.parametrize("code", ["", "99999", "ab", "１７２０６", "123"])
def test_no_code(code):
    """What is no code of Japan gives no zone."""
    assert plane_zone_of(code, 139.0, 35.0) is None
