"""Buildings of the demo city: shapes with known footprints, roof heights and floor counts."""

from __future__ import annotations

import math
from dataclasses import dataclass

from citytwin.testing.place import Point2, Point3
from citytwin.testing.planar import Ring2, millimetres, signed_area
from citytwin.testing.solids import (
    Face,
    Frame,
    PitchedBox,
    l_corners,
    l_gable,
    prism,
    stepped,
)
from citytwin.testing.terrain import ground_z

STOREY_M = 3.0

# Codes of the public list Building_roofType.
ROOF_CODE = {"gable": "1", "dormer": "1", "l_gable": "1", "hip": "2", "flat": "4", "shed": "5"}


@dataclass(frozen=True)
class Part:
    """One solid: a whole building, or one part of it."""

    roof: str
    footprint: tuple[Ring2, ...]
    bottom_z: float
    lod1_top_z: float
    top_z: float
    faces: tuple[Face, ...]
    roof_points: tuple[Point3, ...]

    @property
    def area_m2(self) -> float:
        """Footprint area without courtyards."""
        return sum(signed_area(ring) for ring in self.footprint)


@dataclass(frozen=True)
class Building:
    """A building and its attributes; two or more parts become BuildingParts."""

    name: str
    kind: str
    usage_code: str
    structure_code: str
    storeys: int
    year: int
    has_lod2: bool
    parts: tuple[Part, ...]

    @property
    def area_m2(self) -> float:
        """Footprint area of all parts."""
        return sum(part.area_m2 for part in self.parts)


def floor_z(ring: Ring2) -> float:
    """Lowest ground [m] at the corners, rounded down to a centimetre."""
    return millimetres(math.floor(min(ground_z(u, v) for u, v in ring) * 100) / 100)


def _point(frame: Frame, p: float, q: float, z: float) -> Point3:
    x, y = frame.at(p, q)
    return x, y, millimetres(z)


def flat_part(footprint: tuple[Ring2, ...], height_m: float, roof_point: Point2) -> Part:
    """Block with a flat roof; ``roof_point`` must lie on it."""
    bottom = floor_z(footprint[0])
    top = millimetres(bottom + height_m)
    return Part(
        "flat",
        footprint,
        bottom,
        top,
        top,
        prism(footprint, bottom, top),
        ((*roof_point, top),),
    )


def flat_box(frame: Frame, length_m: float, width_m: float, height_m: float) -> Part:
    """Rectangular block with a flat roof."""
    middle = frame.at(length_m / 2, width_m / 2)
    return flat_part((frame.rectangle(length_m, width_m),), height_m, middle)


def stepped_box(
    frame: Frame,
    size_m: Point2,
    inner_m: tuple[float, float, float, float],
    low_m: float,
    high_m: float,
) -> Part:
    """Flat block with a higher block on top.

    Parameters
    ----------
    frame
        Local axes.
    size_m
        Length and width of the lower block.
    inner_m
        Local box (p0, q0, p1, q1) of the higher block, strictly inside.
    low_m, high_m
        Heights above the floor.
    """
    outer = frame.rectangle(*size_m)
    p0, q0, p1, q1 = inner_m
    inner = frame.ring(((p0, q0), (p1, q0), (p1, q1), (p0, q1)))
    bottom = floor_z(outer)
    low, high = millimetres(bottom + low_m), millimetres(bottom + high_m)
    mostly_high = signed_area(inner) > 0.5 * signed_area(outer)
    return Part(
        "flat",
        (outer,),
        bottom,
        high if mostly_high else low,
        high,
        stepped(outer, inner, bottom, low, high),
        (
            _point(frame, p0 / 2, q0 / 2, low),
            _point(frame, (p0 + p1) / 2, (q0 + q1) / 2, high),
        ),
    )


def _hip_median_share(width_m: float, length_m: float) -> float:
    """Share of the rise that half of a hip roof's plan lies above: (1-t)(1-ct) = 1/2."""
    c = width_m / length_m
    return ((1 + c) - math.sqrt((1 + c) ** 2 - 2 * c)) / (2 * c)


def pitched_part(
    roof: str, frame: Frame, length_m: float, width_m: float, eaves_m: float, pitch: float
) -> Part:
    """House with a gable, hip or shed roof, or a gable with a dormer.

    Parameters
    ----------
    roof
        ``gable``, ``hip``, ``shed`` or ``dormer``.
    frame
        Local axes; the ridge runs along p.
    length_m, width_m
        Plan size; the length is not the shorter one.
    eaves_m
        Height of the eaves above the floor.
    pitch
        Rise of the roof per metre of plan.
    """
    ring = frame.rectangle(length_m, width_m)
    bottom = floor_z(ring)
    eaves = millimetres(bottom + eaves_m)
    run = width_m if roof == "shed" else width_m / 2
    ridge = millimetres(eaves + pitch * run)
    box = PitchedBox(frame, length_m, width_m, bottom, eaves, ridge)
    if roof == "hip":
        faces, share = box.hip(), _hip_median_share(width_m, length_m)
    elif roof == "shed":
        faces, share = box.shed(), 0.5
    elif roof == "dormer":
        faces, share = box.gable_with_dormer(0.35 * length_m, 0.25 * length_m), 0.5
    else:
        faces, share = box.gable(), 0.5
    middle = length_m / 2
    side = width_m * (0.5 if roof == "shed" else 0.75)
    return Part(
        roof,
        (ring,),
        bottom,
        millimetres(eaves + share * (ridge - eaves)),
        ridge,
        faces,
        (_point(frame, middle, side, (eaves + ridge) / 2),),
    )


def l_house(
    frame: Frame, length_m: float, depth_m: float, wing_m: float, eaves_m: float, pitch: float
) -> Part:
    """L-shaped house with gable wings; a hip at the outer corner, a valley at the inner."""
    corners = l_corners(length_m, depth_m, wing_m)
    footprint = frame.ring(corners)
    bottom = floor_z(footprint)
    eaves = millimetres(bottom + eaves_m)
    ridge = millimetres(eaves + pitch * wing_m / 2)
    mean = millimetres((eaves + ridge) / 2)
    return Part(
        "l_gable",
        (footprint,),
        bottom,
        mean,
        ridge,
        l_gable(frame, corners, bottom, eaves, ridge),
        (_point(frame, length_m * 0.75, wing_m / 4, (eaves + ridge) / 2),),
    )
