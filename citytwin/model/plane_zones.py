"""Zone of the plane rectangular coordinate system of Japan by municipality.

Zones follow prefectures, not meridians: Kaga (Ishikawa) lies in zone VII although the origin of
VI is nearer. Notification No. 9 of the Ministry of Land, Infrastructure, Transport and Tourism,
2002 (平成十四年国土交通省告示第九号).
"""

from __future__ import annotations

_FIRST_EPSG = 6668
"""Zone I of JGD2011 is EPSG:6669."""
_PREFECTURES = {
    1: (42,),
    2: (40, 41, 43, 44, 45, 46),
    3: (32, 34, 35),
    4: (36, 37, 38, 39),
    5: (28, 31, 33),
    6: (18, 24, 25, 26, 27, 29, 30),
    7: (16, 17, 21, 23),
    8: (15, 19, 20, 22),
    9: (7, 8, 9, 10, 11, 12, 13, 14),
    10: (2, 3, 4, 5, 6),
    12: (1,),
    15: (47,),
}
"""Codes of JIS X 0401 by zone; Hokkaido, Tokyo, Kagoshima and Okinawa lie in several."""
_ZONE = {prefecture: zone for zone, codes in _PREFECTURES.items() for prefecture in codes}
_HOKKAIDO, _TOKYO, _KAGOSHIMA, _OKINAWA = 1, 13, 46, 47
_WEST_OF_HOKKAIDO = (
    (1202, 1203),
    (1233, 1233),
    (1236, 1236),
    (1331, 1409),
    (1571, 1575),
    (1584, 1584),
)
_EAST_OF_HOKKAIDO = (
    (1206, 1208), (1211, 1211), (1223, 1223), (1543, 1550), (1552, 1552), (1564, 1564), (1631, 1694)
)  # fmt: skip
"""First and last codes of JIS X 0402 in zones XI and XIII; the others lie in XII."""


def plane_zone_of(municipality: str, longitude_deg: float, latitude_deg: float) -> str | None:
    """CRS of the plane zone that a municipality belongs to.

    Parameters
    ----------
    municipality
        Code of the prefecture (two digits) or municipality (five or six digits); six with the
        check digit.
    longitude_deg, latitude_deg
        A place in it, for the islands that belong to another zone than their mainland.

    Returns
    -------
    str or None
        ``EPSG:n`` (JGD2011); None for a code that no prefecture has.
    """
    if (
        not municipality.isascii()
        or not municipality.isdigit()
        or len(municipality) not in (2, 5, 6)
    ):
        return None
    prefecture, code = int(municipality[:2]), int(municipality[:5])
    zone = _ZONE.get(prefecture)
    if prefecture == _HOKKAIDO and len(municipality) > 2:
        zone = _zone_of_hokkaido(code)
    elif prefecture == _TOKYO and latitude_deg < 28.0:
        zone = 18 if longitude_deg < 140.5 else 19 if longitude_deg > 143.0 else 14
    elif prefecture == _KAGOSHIMA and _is_western_island(longitude_deg, latitude_deg):
        zone = 1
    elif prefecture == _OKINAWA:
        zone = 16 if longitude_deg < 126.0 else 17 if longitude_deg > 130.0 else 15
    return None if zone is None else f"EPSG:{_FIRST_EPSG + zone}"


def _zone_of_hokkaido(code: int) -> int:
    if any(first <= code <= last for first, last in _WEST_OF_HOKKAIDO):
        return 11
    return 13 if any(first <= code <= last for first, last in _EAST_OF_HOKKAIDO) else 12


def _is_western_island(longitude_deg: float, latitude_deg: float) -> bool:
    """Koshikijima, Tokara and Amami; Amami reaches to 130 degrees 13 minutes."""
    return longitude_deg < (130.0 if latitude_deg > 29.0 else 130.0 + 13.0 / 60.0)
