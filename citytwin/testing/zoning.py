"""What stands where: one letter per city block, drawn as the planner sees the map."""

from __future__ import annotations

# North is up; the avenue runs between the fourth and the fifth letter.
# F wooded hill, G shrine grove, H houses, L houses of the low quarter, C mid-rise centre,
# M apartment slabs, T towers, K town hall, S school, P park, A paddy fields, W workshops,
# I factories.
NORTH_BLOCKS = (
    "FFFHHHPPP",
    "FFHHHHAAA",
    "FGHCCHSSA",
    "HHHKTCSSA",
    "HHMTTCMAA",
    "AAMCCLLLA",
    "AAHMLLLLW",
    "AAPMPLLLW",
)
SOUTH_BLOCKS = (
    "AHHPMHHAA",
    "AAHMMHAAA",
    "AASSHHAAA",
    "AASSHIIAA",
    "AAAHAIIAA",
)

# Streets between two blocks of one of these kinds are left out: one wood, one school ground.
OPEN_KINDS = frozenset("FSP")

LAND_USE_CODE = {
    "F": "203",
    "G": "203",
    "H": "211",
    "L": "211",
    "M": "211",
    "C": "212",
    "T": "212",
    "K": "214",
    "S": "214",
    "P": "217",
    "A": "201",
    "W": "213",
    "I": "213",
}

# Code in Common_districtsAndZonesType, largest ratios of floor area to site and of coverage [%].
USE_DISTRICT = {
    "F": ("1", 100, 50),
    "G": ("1", 100, 50),
    "H": ("1", 100, 50),
    "L": ("5", 200, 60),
    "M": ("3", 200, 60),
    "C": ("9", 400, 80),
    "T": ("10", 600, 80),
    "K": ("9", 400, 80),
    "S": ("3", 200, 60),
    "P": ("3", 200, 60),
    "W": ("11", 200, 60),
    "I": ("12", 200, 60),
}
"""Paddy fields lie outside the zones of use."""

# Blocks of one owner each; houses and shops stand on lots of their own.
ONE_SITE_KINDS = frozenset("TMKSI")
