"""The embedded demo city: writes all its files and says what is true about them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

from citytwin.testing import place, terrain
from citytwin.testing.building_gml import (
    NumberedBuilding,
    flood_depth_m,
    number_buildings,
    write_buildings,
)
from citytwin.testing.codelists import write_code_lists
from citytwin.testing.ground_mesh import ground_columns, ground_triangles
from citytwin.testing.land_gml import (
    DECK_THICKNESS_M,
    LandFile,
    bridge_ring,
    write_bridge,
    write_ground,
    write_land_use,
    write_streets,
    write_water,
    write_zones,
)
from citytwin.testing.mesh_code import second_mesh_code
from citytwin.testing.place import Degrees, Point2, Point3
from citytwin.testing.placement import place_buildings
from citytwin.testing.planar import Ring2, millimetres, signed_area
from citytwin.testing.readme import write_readme
from citytwin.testing.site_file import write_sites
from citytwin.testing.streets import StreetPlan, street_plan
from citytwin.testing.traffic_feeds import write_traffic, write_vehicle_positions
from citytwin.testing.weather_feeds import write_amedas, write_openmeteo, write_openmeteo_year

# Where the demo levee breaks: the land side of the low spot in the north levee.
BREACH_U_M = 645.0
BREACH_D_M = 64.0
BREACH_HYDROGRAPH = ((0.0, 0.0), (600.0, 40.0), (1800.0, 40.0), (3600.0, 0.0))


@dataclass(frozen=True)
class BuildingTruth:
    """What is true about one building, in EPSG:6677 (east, north) and metres above T.P."""

    gml_id: str
    building_id: str
    name: str
    mesh: str
    usage_code: str
    footprint_area_m2: float
    bottom_z: float
    top_z: float
    lod1_top_z: tuple[float, ...]
    roofs: tuple[str, ...]
    has_lod2: bool
    flood_depth_m: float
    roof_points: tuple[Point3, ...]


@dataclass(frozen=True)
class Bridge:
    """The one bridge: outline of its deck, and the deck's two faces."""

    outline: Ring2
    top_z: float
    bottom_z: float


@dataclass(frozen=True)
class FloodInflow:
    """Water that enters through the breach: where, and (second, m3/s) over time."""

    point: Point2
    hydrograph: tuple[Point2, ...]

    @property
    def volume_m3(self) -> float:
        """Water that comes in altogether, with straight lines between the points."""
        points = self.hydrograph
        return sum((t1 - t0) * (q0 + q1) / 2 for (t0, q0), (t1, q1) in itertools.pairwise(points))


@dataclass(frozen=True)
class DemoCity:
    """Files of the demo city and the truths behind them.

    Coordinates are EPSG:6677 in the order (east, north), heights metres above T.P. The
    truths come from the plan of the city, never from a reader.
    """

    directory: Path
    epsg: int
    bounds: tuple[float, float, float, float]
    building_files: tuple[Path, ...]
    ground_file: Path
    street_file: Path
    land_use_file: Path
    bridge_file: Path
    water_file: Path
    zones_file: Path
    sites_file: Path
    code_lists: tuple[Path, ...]
    openmeteo_file: Path
    openmeteo_year_file: Path
    amedas_table: Path
    amedas_maps: tuple[Path, ...]
    traffic_file: Path
    vehicle_file: Path
    buildings: tuple[BuildingTruth, ...]
    street_area_m2: float
    street_count: int
    land_use_count: int
    triangle_count: int
    ground_points: tuple[Point3, ...]
    river_centreline: tuple[Point2, ...]
    levee_crest_north: tuple[Point3, ...]
    levee_crest_south: tuple[Point3, ...]
    low_quarter: Ring2
    low_quarter_flood_level_m: float
    bridge: Bridge
    breach: FloodInflow


def _truth(item: NumberedBuilding) -> BuildingTruth:
    building = item.building
    points = [point for part in building.parts for point in part.roof_points]
    return BuildingTruth(
        gml_id=item.gml_id,
        building_id=item.building_id,
        name=building.name,
        mesh=item.mesh,
        usage_code=building.usage_code,
        footprint_area_m2=building.area_m2,
        bottom_z=min(part.bottom_z for part in building.parts),
        top_z=max(part.top_z for part in building.parts),
        lod1_top_z=tuple(part.lod1_top_z for part in building.parts),
        roofs=tuple(part.roof for part in building.parts),
        has_lod2=building.has_lod2,
        flood_depth_m=flood_depth_m(building),
        roof_points=tuple((*place.to_plane((x, y)), z) for x, y, z in points),
    )


def _crest(side: int) -> tuple[Point3, ...]:
    """Top of a levee, in the middle between its two crest lines, away from the bridge ramp."""
    middle = side * sum(terrain.CREST_D_M) / 2
    points = []
    for u in ground_columns():
        z = millimetres(terrain.levee_crest_z(u, side))
        if terrain.ramp_z(u, terrain.RAMP_START_D_M) < z:
            points.append((*place.to_plane(terrain.river_point(u, middle)), z))
    return tuple(points)


def _ground_points() -> tuple[Point3, ...]:
    """Ground heights by the terrain's formula on a coarse lattice, off the mesh's vertices."""
    points = [(55.0 + 89.0 * i, 31.0 + 93.0 * j) for i in range(11) for j in range(10)]
    return tuple((*place.to_plane(p), millimetres(terrain.ground_z(*p))) for p in points)


def low_quarter() -> Ring2:
    """Outline of the lowest land behind the north levee, in city metres."""
    columns = [u for u in ground_columns() if 490.0 <= u <= 915.0]
    south = [terrain.river_point(u, terrain.LEVEE_TOE_D_M + 2.0) for u in columns]
    north = [(u, v + 0.30 * (place.HEIGHT_M - v)) for u, v in south]
    return (*south, *north[::-1])


def _to_plane(ring: Ring2) -> Ring2:
    return tuple(place.to_plane(point) for point in ring)


def _second_mesh(degrees: Degrees) -> str:
    ((lat, lon),) = degrees.lat_lon([(place.WIDTH_M / 2, place.HEIGHT_M / 2)])
    return second_mesh_code(lat, lon)


def _numbered(plan: StreetPlan, degrees: Degrees) -> tuple[NumberedBuilding, ...]:
    return number_buildings(place_buildings(plan.blocks), degrees)


def _describe(path: Path, breach: FloodInflow) -> None:
    east, north = breach.point
    write_readme(
        path,
        breach=f"east {east:.1f}, north {north:.1f}",
        hydrograph=" ".join(f"({t:.0f}, {q:.0f})" for t, q in breach.hydrograph),
        volume=f"{breach.volume_m3:.0f}",
        level=f"{terrain.LOW_QUARTER_FLOOD_LEVEL_M:.1f}",
    )


def write_demo_city(directory: Path) -> DemoCity:
    """Write the demo city; the same bytes on every run.

    Parameters
    ----------
    directory
        Made if missing. Files of the same names are replaced; nothing else is touched.

    Returns
    -------
    DemoCity
        What was written, and known truths for tests.
    """
    degrees = Degrees()
    plan = street_plan()
    items = _numbered(plan, degrees)
    triangles = ground_triangles()
    udx, feeds = directory / "udx", directory / "feeds"
    land = LandFile(udx, _second_mesh(degrees), degrees)
    amedas_table, amedas_maps = write_amedas(feeds / "amedas")
    deck_z = terrain.DECK_Z_M
    x_min, y_min = place.to_plane((0.0, 0.0))
    x_max, y_max = place.to_plane((place.WIDTH_M, place.HEIGHT_M))
    breach = FloodInflow(
        place.to_plane(terrain.river_point(BREACH_U_M, BREACH_D_M)), BREACH_HYDROGRAPH
    )
    _describe(directory / "README.md", breach)
    return DemoCity(
        directory=directory,
        epsg=place.PLANE_EPSG,
        bounds=(x_min, y_min, x_max, y_max),
        building_files=write_buildings(items, udx, degrees),
        ground_file=write_ground(triangles, land),
        street_file=write_streets(plan, land),
        land_use_file=write_land_use(plan, land),
        bridge_file=write_bridge(plan, land),
        water_file=write_water(land),
        zones_file=write_zones(plan, land),
        sites_file=write_sites(directory / "sites" / "sites.geojson", plan, degrees),
        code_lists=write_code_lists(directory / "codelists"),
        openmeteo_file=write_openmeteo(feeds / "openmeteo.json"),
        openmeteo_year_file=write_openmeteo_year(feeds / "openmeteo_2025.json"),
        amedas_table=amedas_table,
        amedas_maps=amedas_maps,
        traffic_file=write_traffic(feeds / "traffic" / "jartic_5m.geojson", plan, degrees),
        vehicle_file=write_vehicle_positions(
            feeds / "gtfs_rt" / "vehicle_positions.pb", plan, degrees
        ),
        buildings=tuple(_truth(item) for item in items),
        street_area_m2=sum(signed_area(street.ring) for street in plan.streets),
        street_count=len(plan.streets),
        land_use_count=len(plan.blocks) + 2,
        triangle_count=len(triangles),
        ground_points=_ground_points(),
        river_centreline=tuple(place.to_plane((u, terrain.river_v(u))) for u in ground_columns()),
        levee_crest_north=_crest(1),
        levee_crest_south=_crest(-1),
        low_quarter=_to_plane(low_quarter()),
        low_quarter_flood_level_m=terrain.LOW_QUARTER_FLOOD_LEVEL_M,
        bridge=Bridge(_to_plane(bridge_ring(plan)), deck_z, millimetres(deck_z - DECK_THICKNESS_M)),
        breach=breach,
    )
