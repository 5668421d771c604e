"""Colours of maps, as numbers.

Sources: ``LAJOLLA``, ``BAMAKO``, ``NUUK``, ``ACTON``, ``DEVON``, ``BILBAO``, ``OSLO`` and
``DIFFERENCE`` (vik) are steps of the Scientific colour maps 8 (Fabio Crameri,
doi:10.5281/zenodo.1243862); ``SPEED`` of cmocean (Thyng et al. 2016,
doi:10.5670/oceanog.2016.66): perceptually even, and told apart with a colour vision deficiency.
``FLOOD_RANKS`` are the colours of the Japanese flood hazard map guidance (Ministry of Land,
Infrastructure, Transport and Tourism); they differ little in brightness, so maps add outlines.
"""

from __future__ import annotations

from citytwin.model.layer import Rgb

LAJOLLA: tuple[Rgb, ...] = (
    (25, 25, 0),
    (55, 36, 17),
    (103, 52, 42),
    (166, 70, 68),
    (217, 96, 78),
    (229, 136, 81),
    (237, 174, 84),
    (247, 218, 116),
    (255, 254, 203),
)
"""Dark to light, 9 steps."""
BAMAKO: tuple[Rgb, ...] = (
    (0, 59, 71),
    (16, 69, 62),
    (37, 82, 49),
    (65, 100, 31),
    (99, 122, 10),
    (139, 137, 0),
    (181, 161, 36),
    (222, 197, 103),
    (255, 229, 173),
)
"""Dark green to cream, 9 steps."""
NUUK: tuple[Rgb, ...] = (
    (5, 89, 140),
    (45, 100, 131),
    (83, 119, 133),
    (125, 143, 145),
    (161, 166, 152),
    (181, 181, 145),
    (195, 195, 133),
    (221, 221, 139),
    (254, 254, 178),
)
"""Blue to pale yellow, 9 steps."""
ACTON: tuple[Rgb, ...] = (
    (237, 223, 241),
    (226, 178, 207),
    (211, 129, 166),
    (168, 102, 144),
    (117, 98, 141),
    (79, 71, 117),
    (49, 28, 77),
)
"""Pale to dark purple, 7 steps."""
DEVON: tuple[Rgb, ...] = (
    (245, 244, 253),
    (218, 214, 247),
    (191, 185, 242),
    (155, 156, 232),
    (93, 127, 206),
    (48, 100, 163),
    (39, 68, 120),
    (43, 37, 88),
)
"""Pale to dark blue, 8 steps."""
BILBAO: tuple[Rgb, ...] = (
    (105, 27, 31),
    (147, 69, 75),
    (162, 103, 89),
    (169, 130, 94),
    (178, 159, 105),
    (194, 189, 164),
    (221, 221, 219),
)
"""Dark red to pale, 7 steps."""
OSLO: tuple[Rgb, ...] = (
    (197, 201, 210),
    (162, 176, 202),
    (132, 158, 202),
    (99, 136, 198),
    (59, 107, 171),
    (33, 80, 129),
    (21, 56, 90),
    (15, 34, 54),
)
"""Pale to dark blue, 8 steps."""
SPEED: tuple[Rgb, ...] = (
    (255, 253, 205),
    (236, 220, 145),
    (211, 193, 85),
    (170, 172, 32),
    (122, 155, 6),
    (70, 136, 23),
    (24, 115, 40),
    (14, 88, 45),
    (24, 62, 37),
    (23, 35, 19),
)
"""Pale to dark green, 10 steps."""
FLOOD_RANKS: tuple[Rgb, ...] = (
    (247, 245, 169),
    (255, 216, 192),
    (255, 183, 183),
    (255, 145, 145),
    (242, 133, 201),
    (220, 122, 220),
)
"""0-0.5, 0.5-3, 3-5, 5-10, 10-20 and 20 m or more of water."""
WHITE: Rgb = (255, 255, 255)
"""Of items that are not drawn."""
UNAFFECTED: Rgb = (118, 171, 174)
"""Blue-green of what stays as it is; neither grey, which means no data, nor a hazard colour."""
EASY: Rgb = (49, 112, 178)
"""Traffic that flows; this and the next two are told apart with any colour vision."""
SLOW: Rgb = (246, 184, 94)
"""Traffic that is slow or a little late."""
HEAVY: Rgb = (188, 42, 52)
"""Traffic that is jammed or very late."""
USUALLY_EASY: Rgb = (160, 192, 221)
"""What is usual where nobody measures: paler than what was measured, in the same order."""
USUALLY_SLOW: Rgb = (251, 224, 186)
"""Usually slow."""
USUALLY_HEAVY: Rgb = (225, 157, 162)
"""Usually jammed."""
COUNTED: Rgb = (112, 88, 152)
"""Traffic that is counted only."""
OPEN_WATER: Rgb = (99, 136, 198)
"""Rivers and lakes in ordinary times: a step of ``OSLO``, none of the colours of floods."""
PLANT_COVER: Rgb = (170, 172, 32)
"""Green areas; this and the next are steps of ``SPEED``."""
SINGLE_PLANT: Rgb = (24, 115, 40)
"""Trees that stand alone."""


def spread(palette: tuple[Rgb, ...], number: int) -> list[Rgb]:
    """Return a number of colours, evenly spaced along a palette and blended between its steps.

    Parameters
    ----------
    palette
        Its steps.
    number
        How many colours, >= 1.
    """
    last = len(palette) - 1
    colours = []
    for index in range(number):
        place = last * index / (number - 1) if number > 1 else last / 2
        lower = min(int(place), last - 1)
        share = place - lower
        low, high = palette[lower], palette[lower + 1]
        red, green, blue = (
            round(a * (1 - share) + b * share) for a, b in zip(low, high, strict=True)
        )
        colours.append((red, green, blue))
    return colours


DIFFERENCE: tuple[Rgb, ...] = (
    (2, 34, 107),
    (9, 91, 144),
    (119, 172, 198),
    (236, 229, 224),
    (213, 155, 121),
    (176, 79, 27),
    (106, 13, 7),
)
"""``vik``: blue over white to red, 7 steps, for differences around zero."""
