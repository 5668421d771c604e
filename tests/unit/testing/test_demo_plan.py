"""Plan of the demo city, measured with shapely, which the generator does not use."""

from collections import Counter

import pytest
from shapely import STRtree, unary_union
from shapely.geometry import Polygon, box

from citytwin.testing import terrain
from citytwin.testing.buildings import _hip_median_share
from citytwin.testing.land_gml import river_band
from citytwin.testing.lots import on_ramp
from citytwin.testing.place import HEIGHT_M, WIDTH_M
from citytwin.testing.placement import place_buildings
from citytwin.testing.streets import street_plan


@pytest.fixture(scope="module")
def plan():
    """Blocks and streets."""
    return street_plan()


@pytest.fixture(scope="module")
def buildings(plan):
    """All buildings of the plan."""
    return place_buildings(plan.blocks)


@pytest.fixture(scope="module")
def footprints(buildings):
    """Footprints of all parts, with their courtyards."""
    return [
        Polygon(part.footprint[0], part.footprint[1:])
        for building in buildings
        for part in building.parts
    ]


def overlaps(polygons, limit_m2=1e-3):
    """Pairs that share more than a sliver."""
    tree = STRtree(polygons)
    first, second = tree.query(polygons, predicate="intersects")
    return [
        (a, b)
        for a, b in zip(first.tolist(), second.tolist(), strict=True)
        if a < b and polygons[a].intersection(polygons[b]).area > limit_m2
    ]


def test_blocks_and_streets_tile_the_land(plan):
    """Blocks, streets, river and levees cover the map; none lies on another."""
    pieces = [Polygon(b.quad) for b in plan.blocks]
    pieces += [Polygon(s.ring) for s in plan.streets]
    assert all(piece.is_valid for piece in pieces)
    # Millimetre corners: slivers up to a centimetre by a block's length.
    assert overlaps(pieces, limit_m2=0.3) == []
    toe = terrain.LEVEE_ROAD_D_M + 3.0
    covered = unary_union([*pieces, Polygon(river_band(-toe, toe))])
    assert covered.intersection(box(0, 0, WIDTH_M, HEIGHT_M)).area > 0.999 * WIDTH_M * HEIGHT_M


def test_footprints_are_valid_and_disjoint(footprints):
    """No footprint crosses itself, none overlaps another, all lie inside the map."""
    assert all(f.is_valid and f.area > 15.0 for f in footprints)
    assert overlaps(footprints) == []
    assert all(box(0, 0, WIDTH_M, HEIGHT_M).contains(f) for f in footprints)


def test_nothing_is_built_on_streets_levees_or_ramps(plan, footprints):
    """Buildings keep off the streets, the river between its levee toes and the ramps."""
    streets = unary_union([Polygon(s.ring) for s in plan.streets])
    river = Polygon(river_band(-terrain.LEVEE_TOE_D_M, terrain.LEVEE_TOE_D_M))
    for footprint in footprints:
        assert not footprint.intersects(streets)
        assert not footprint.intersects(river)
        assert not any(on_ramp(point) for point in footprint.exterior.coords)


def test_city_has_the_promised_mix(buildings):
    """Sizes and kinds: what a reader must meet is there."""
    assert 300 <= len(buildings) <= 400
    roofs = Counter(part.roof for b in buildings for part in b.parts if b.has_lod2)
    assert {"gable", "hip", "flat", "dormer", "l_gable"} <= set(roofs)
    towers = [b for b in buildings if b.kind == "T"]
    heights = sorted(max(p.top_z for p in b.parts) - b.parts[0].bottom_z for b in towers)
    assert len(heights) == 4
    assert 60.0 <= heights[0] < heights[-1] <= 140.0
    assert any(len(b.parts) > 1 for b in buildings)
    assert any(len(p.footprint) > 1 for b in buildings if len(b.parts) == 1 for p in b.parts)
    assert sum(b.name.endswith("学校") for b in buildings) == 2
    assert 0.3 < sum(b.has_lod2 for b in buildings) / len(buildings) < 0.6


def test_floors_stand_at_the_lowest_ground_corner(buildings):
    """No floor hangs in the air: at some corner the ground is within a centimetre above."""
    for building in buildings:
        for part in building.parts:
            outer = building.parts[0].footprint[0]
            lowest = min(terrain.ground_z(u, v) for u, v in outer)
            assert 0.0 <= lowest - part.bottom_z < 0.011


def test_lod1_top_halves_the_plan_of_a_hip_roof():
    """Half of a hip roof's plan lies above the LOD1 top (hand-solved for 12 m x 8 m)."""
    # (1 - t)(1 - 2t/3) = 1/2  ->  t = (5 - sqrt(13)) / 4
    assert _hip_median_share(8.0, 12.0) == pytest.approx((5 - 13**0.5) / 4)
