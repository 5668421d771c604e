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
