"""Schemas of every table of the twin: columns with unit and type, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

Kind = Literal[
    "string", "float64", "int64", "int32", "int8", "bool", "time", "geometry", "floats", "ints"
]
Shape = Literal["none", "point", "line", "polygon", "any"]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind
    """``time`` is an instant in UTC, ``floats`` a list of float64, ``ints`` a list of int32; see
    :mod:`citytwin.model.ragged`."""
    unit: str = ""
    """UCUM unit; empty for texts, ids and geometries."""
    nullable: bool = True
    meaning: str = ""


@dataclass(frozen=True)
class Table:
    """A table of the twin; geometry tables are in the CRS of the grid."""

    name: str
    columns: tuple[Column, ...]
    geometry: Shape = "none"
    key: str = ""
    """Column of which no two rows of the table have the same value, where there is one."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(column.name for column in self.columns)


class Flag(IntEnum):
    """Quality of an observation (IODE/QARTOD primary level)."""

    GOOD = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    BAD = 4
    MISSING = 9


class TerrainSource(IntEnum):
    """Where the ground level of a cell comes from (field ``terrain_source``)."""

    MEASURED = 0
    FILLED = 1
    FROM_BUILDINGS = 2


class LodUsed(IntEnum):
    """Level of detail of the building that a cell shows (field ``lod_used``)."""

    NONE = 0
    LOD0 = 1
    LOD1 = 2
    LOD2 = 3
    LOD3 = 4
    LOD4 = 5


class GroundCover(IntEnum):
    """What covers the ground of a cell (field ``ground_cover``); names as in `LAND_USE`."""

    OTHER = 0
    BUILDING = 1
    ROAD = 2
    WATER = 3
    GREEN = 4
    PADDY = 5
    FIELD = 6
    BARE = 7


BUILDINGS = Table(
    "buildings",
    (
        Column("building_id", "string", nullable=False, meaning="gml:id, or the key in CityJSON"),
        Column("stable_key", "string", nullable=False, meaning="id that outlives a release"),
        Column("parent_id", "string", meaning="building of which this is a part"),
        Column("lod", "string", nullable=False, meaning="best level of detail used, such as 2"),
        Column("lods", "string", nullable=False, meaning="levels in the file, such as 0,1,2"),
        Column("height_m", "float64", "m", meaning="top minus bottom of the geometry"),
        Column(
            "height_from",
            "string",
            meaning="what gave the height: geometry, attribute, storeys, assumed",
        ),
        Column("measured_height_m", "float64", "m", meaning="as recorded; null for sentinels"),
        Column("ground_z_m", "float64", "m", meaning="lowest point; null: it is on the terrain"),
        Column("roof_z_m", "float64", "m", meaning="highest point; null with the lowest"),
        Column("storeys", "int32", "1", meaning="storeys above ground as recorded"),
        Column("usage", "string", meaning="text of the code list, else the raw code"),
        Column("usage_code", "string"),
        Column(
            "attributes",
            "string",
            meaning="JSON object of all that the file says and no column has; null for nothing",
        ),
        Column("source", "string", nullable=False, meaning="file the building came from"),
        Column(
            "offset",
            "int64",
            "By",
            meaning="bytes before the building in a UTF-8 file (CityGML: before its start tag; "
            "CityJSONSeq: before its line); null where a parser gives no position",
        ),
        Column("defects", "string", nullable=False, meaning="comma separated codes; empty if none"),
        Column("geometry", "geometry", nullable=False, meaning="footprint MultiPolygon"),
    ),
    geometry="polygon",
    key="building_id",
)
SURFACES = Table(
    "surfaces",
    (
        Column("surface_id", "string", nullable=False),
        Column("building_id", "string", nullable=False, meaning="owner in the buildings table"),
        Column("lod", "string", nullable=False),
        Column("semantic", "string", nullable=False, meaning="roof, wall, ground, closure, other"),
        Column(
            "xyz",
            "floats",
            "m",
            nullable=False,
            meaning="x y z of all rings, closing vertex left out",
        ),
        Column(
            "ring_sizes",
            "ints",
            "1",
            nullable=False,
            meaning="vertices per ring, outer ring first",
        ),
    ),
)
DEFECTS = Table(
    "defects",
    (
        Column("defect_id", "string", nullable=False, meaning="feature and code"),
        Column("feature_id", "string", meaning="null where a file as a whole is concerned"),
        Column("parent_id", "string", meaning="building of which the feature is a part"),
        Column("surface_id", "string", meaning="the worst of the surfaces concerned"),
        Column("theme", "string", meaning="table the feature belongs to"),
        Column("code", "string", nullable=False, meaning="of val3dity, such as 203, or a word"),
        Column("rule", "string", meaning="quality requirement of PLATEAU, such as L14"),
        Column("severity", "string", nullable=False, meaning="error, warning, info"),
        Column("message", "string", nullable=False),
        Column("action", "string", meaning="kept, repaired, dropped, rebuilt, renamed, ..."),
        Column("value", "float64", meaning="worst value met, in the unit of the message"),
        Column("count", "int32", "1", nullable=False, meaning="surfaces or records concerned"),
        Column("source", "string", nullable=False),
        Column("offset", "int64", "By", meaning="byte of the file where the feature begins"),
        Column("geometry", "geometry", meaning="point; null where the feature has no place"),
    ),
    geometry="point",
    key="defect_id",
)
RELIEF = Table(
    "relief",
    (
        Column("triangle", "floats", "m", nullable=False, meaning="nine numbers: x y z thrice"),
        Column("source", "string", nullable=False),
    ),
)
ROADS = Table(
    "roads",
    (
        Column("road_id", "string", nullable=False),
        Column("name", "string"),
        Column("function", "string", meaning="class of road as recorded"),
        Column("width_m", "float64", "m"),
        Column(
            "level",
            "int32",
            "1",
            nullable=False,
            meaning="0 on the ground, 1 on a bridge, -1 in a tunnel",
        ),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="surface of the segment"),
    ),
    geometry="polygon",
    key="road_id",
)
LAND_USE = Table(
    "land_use",
    (
        Column("parcel_id", "string", nullable=False),
        Column(
            "use",
            "string",
            nullable=False,
            meaning="building, road, water, green, paddy, field, bare, other",
        ),
        Column("code", "string", meaning="code as recorded"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
    key="parcel_id",
)
WATER_BODIES = Table(
    "water_bodies",
    (
        Column("water_id", "string", nullable=False),
        Column("name", "string"),
        Column("water_class", "string", meaning="text of the code list, else as recorded"),
        Column("function", "string", meaning="text of the code list, else as recorded"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="area seen from above"),
    ),
    geometry="polygon",
    key="water_id",
)
VEGETATION = Table(
    "vegetation",
    (
        Column("plant_id", "string", nullable=False),
        Column("kind", "string", nullable=False, meaning="cover (an area), single (one plant)"),
        Column("plant_class", "string", meaning="text of the code list, else as recorded"),
        Column("species", "string", meaning="text of the code list, else as recorded"),
        Column("height_m", "float64", "m", meaning="of a cover: its mean"),
        Column("crown_diameter_m", "float64", "m"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="area of a cover, point of a plant"),
    ),
    geometry="any",
    key="plant_id",
)
BRIDGES = Table(
    "bridges",
    (
        Column("bridge_id", "string", nullable=False),
        Column("name", "string"),
        Column("bridge_class", "string", meaning="text of the code list, else as recorded"),
        Column("function", "string", meaning="text of the code list, else as recorded"),
        Column("level", "int32", "1", nullable=False, meaning="1 over the ground, 2 over a bridge"),
        Column(
            "bottom_z_m", "float64", "m", meaning="lowest point, piers of the geometry included"
        ),
        Column("top_z_m", "float64", "m", meaning="highest point"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="outline seen from above"),
    ),
    geometry="polygon",
    key="bridge_id",
)
ZONES = Table(
    "zones",
    (
        Column("zone_id", "string", nullable=False),
        Column("kind", "string", nullable=False, meaning="class of i-UR, such as UseDistrict"),
        Column("name", "string"),
        Column("code", "string", meaning="function, else class, as recorded"),
        Column("text", "string", meaning="what the code means; the code where no list says it"),
        Column(
            "floor_area_ratio_max", "float64", "1", meaning="floor area by site area; 2 = 200 %"
        ),
        Column("floor_area_ratio_min", "float64", "1"),
        Column("building_coverage_ratio_max", "float64", "1", meaning="built-over share of a site"),
        Column("building_height_max_m", "float64", "m"),
        Column("building_height_min_m", "float64", "m"),
        Column("building_area_min_m2", "float64", "m2"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
    key="zone_id",
)
SITES = Table(
    "sites",
    (
        Column("site_id", "string", nullable=False, meaning="parcel number or other identifier"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="land that counts as one site"),
    ),
    geometry="polygon",
    key="site_id",
)
HAZARD_SURFACES = Table(
    "hazard_surfaces",
    (
        Column(
            "triangle",
            "floats",
            "m",
            nullable=False,
            meaning="nine numbers, x y z thrice, of the water surface; its depth is z minus terrain",
        ),
        Column("surface_id", "string", nullable=False, meaning="gml:id of the feature"),
        Column(
            "kind",
            "string",
            nullable=False,
            meaning="river_flood, inland_flood, high_tide, tsunami, reservoir_flood, unknown",
        ),
        Column("event", "string", meaning="river system or map the surface belongs to"),
        Column("scale", "string", meaning="L1 planned for, L2 the largest conceivable"),
        Column("admin", "string", meaning="national, prefectural: who maps the river"),
        Column("rank_code", "string", meaning="class of depth as recorded"),
        Column("rank", "string", meaning="text of the class of depth"),
        Column("source", "string", nullable=False, meaning="file, from the folder of the data set"),
    ),
)
THINGS = Table(
    "things",
    (
        Column("thing", "string", nullable=False, meaning="URN of the sensor, stop or vehicle"),
        Column("name", "string"),
        Column(
            "kind",
            "string",
            nullable=False,
            meaning="weather_station, traffic_detector, vehicle, grid_point",
        ),
        Column("source", "string", nullable=False),
        Column("synthetic", "bool", nullable=False),
        Column("height_above_ground_m", "float64", "m", meaning="of the sensor, where known"),
        Column("geometry", "geometry", nullable=False, meaning="point"),
    ),
    geometry="point",
)
OBSERVATIONS = Table(
    "observations",
    (
        Column("source", "string", nullable=False),
        Column("thing", "string", nullable=False),
        Column("property", "string", nullable=False, meaning="name in model/properties.py"),
        Column("unit", "string", nullable=False, meaning="canonical unit of the property"),
        Column("phenomenon_start", "time", nullable=False),
        Column("phenomenon_end", "time", nullable=False, meaning="equals start for an instant"),
        Column("result", "float64", meaning="in `unit`; null when missing"),
        Column("flag", "int8", "1", nullable=False, meaning="see Flag"),
        Column("synthetic", "bool", nullable=False),
        Column("raw_ref", "string", nullable=False, meaning="sha256 of the raw bytes"),
    ),
)
BUILDING_EXPOSURE = Table(
    "building_exposure",
    (
        Column("building_id", "string", nullable=False),
        Column("usage", "string"),
        Column("lod", "string", nullable=False),
        Column("height_m", "float64", "m"),
        Column("storeys", "int32", "1"),
        Column("sunlit_hours", "float64", "h", meaning="mean at ground along the outer wall"),
        Column("wind_speed_ratio", "float64", "1", meaning="highest along the outer wall"),
        Column("wind_class", "int32", "1", meaning="0 sheltered, 1 moderate, 2 exposed"),
        Column("flood_depth_max_m", "float64", "m", meaning="highest along the outer wall"),
        Column(
            "flooded_storey",
            "int32",
            "1",
            meaning="0 none, 1 ground floor, 2 first floor up; at most the uppermost on record",
        ),
        Column(
            "flood_damage_share",
            "float64",
            "1",
            meaning="share of the value lost, by a stage-damage curve; null where no curve is for it",
        ),
        Column(
            "house_damage_class",
            "int32",
            "1",
            meaning="0 none, 1 below the floor, 2 half, 3 medium, 4 large, 5 full; houses only",
        ),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
)
FACADES = Table(
    "facades",
    (
        Column("facade_id", "string", nullable=False, meaning="building, wall and piece of it"),
        Column("building_id", "string", nullable=False),
        Column("wall", "int32", "1", nullable=False, meaning="from 1 along the outline"),
        Column(
            "azimuth_deg",
            "float64",
            "deg",
            nullable=False,
            meaning="of the outward normal, clockwise from true north",
        ),
        Column("length_m", "float64", "m", nullable=False),
        Column("base_z_m", "float64", "m", nullable=False, meaning="floor of the lowest storey"),
        Column("top_z_m", "float64", "m", nullable=False, meaning="roof at the wall"),
        Column("storeys", "int32", "1", nullable=False, meaning="of equal height, up to the roof"),
        Column(
            "covered_storeys",
            "int32",
            "1",
            nullable=False,
            meaning="from the lowest: another building stands against them",
        ),
        Column(
            "sunlit_hours_lowest",
            "float64",
            "h",
            meaning="in the middle of the lowest storey; null where that is covered",
        ),
        Column("sunlit_hours_mean", "float64", "h", meaning="of the storeys that are not covered"),
        Column("sunlit_hours_highest", "float64", "h", meaning="null where all are covered"),
        Column(
            "storey_hours",
            "floats",
            "h",
            nullable=False,
            meaning="in the middle of each storey, the lowest first; 0 where it is covered",
        ),
        Column("geometry", "geometry", nullable=False, meaning="the wall seen from above"),
    ),
    geometry="line",
    key="facade_id",
)
ROAD_EXPOSURE = Table(
    "road_exposure",
    (
        Column("road_id", "string", nullable=False),
        Column("name", "string"),
        Column("function", "string"),
        Column(
            "flood_depth_max_m",
            "float64",
            "m",
            meaning="highest on its open cells; null on bridges, in tunnels, off the grid",
        ),
        Column(
            "impassable_after_min",
            "float64",
            "min",
            meaning="null when it stays passable, and where there is no depth",
        ),
        Column(
            "passable_again_min",
            "float64",
            "min",
            meaning="null when it stays passable, and when it is still closed at the end",
        ),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
)
ROOF_SOLAR = Table(
    "roof_solar",
    (
        Column("building_id", "string", nullable=False),
        Column("usage", "string"),
        Column("lod", "string", nullable=False, meaning="level of detail of the roof planes"),
        Column("height_m", "float64", "m"),
        Column(
            "roof_area_m2", "float64", "m2", meaning="true area of its planes as seen from above"
        ),
        Column("roof_planes", "int32", "1", meaning="planes seen on the grid"),
        Column(
            "roof_irradiation_kwh_m2",
            "float64",
            "kWh/m2",
            meaning="mean of the roof in a year, on the planes of modules",
        ),
        Column("usable_area_m2", "float64", "m2", meaning="part that the rules leave"),
        Column("usable_planes", "int32", "1"),
        Column("module_area_m2", "float64", "m2", meaning="modules on the usable part"),
        Column("mounting", "string", meaning="of most modules: pitched, level, racked"),
        Column("sky", "string", nullable=False, meaning="observed, or clear (an upper bound)"),
        Column(
            "module_irradiation_kwh_m2",
            "float64",
            "kWh/m2",
            meaning="mean of its modules in a year",
        ),
        Column("irradiated_kwh", "float64", "kWh", meaning="light on its modules in a year"),
        Column("capacity_kwp", "float64", "kW", meaning="under standard test conditions"),
        Column("yield_kwh", "float64", "kWh", meaning="electricity in a year"),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
)
SURFACE_ACCURACY = Table(
    "surface_accuracy",
    (
        Column("building_id", "string", nullable=False),
        Column("cells", "int32", "1", nullable=False, meaning="roof cells that were surveyed"),
        Column("bias_m", "float64", "m", meaning="mean of model minus survey"),
        Column("rmse_m", "float64", "m"),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
)
MODEL_DEFECTS = Table(
    "model_defects",
    (
        Column("defect_id", "string", nullable=False, meaning="feature and code"),
        Column("feature_id", "string"),
        Column("surface_id", "string", meaning="the worst of the surfaces concerned"),
        Column("theme", "string", meaning="table the feature belongs to"),
        Column("code", "string", nullable=False, meaning="of val3dity, such as 203, or a word"),
        Column("rule", "string", meaning="quality requirement of PLATEAU, such as L14"),
        Column("severity", "int32", "1", nullable=False, meaning="1 warning, 2 error"),
        Column("message", "string", nullable=False),
        Column("action", "string", meaning="kept, repaired, dropped, rebuilt, renamed, ..."),
        Column("value", "float64", meaning="worst value met, in the unit of the message"),
        Column("count", "int32", "1", nullable=False, meaning="surfaces or records concerned"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="where it is met"),
    ),
    geometry="point",
)
SHADE_CHECKS = Table(
    "shade_checks",
    (
        Column("site_id", "string", nullable=False, meaning="parcel, else building"),
        Column("buildings", "string", nullable=False, meaning="their ids, comma separated"),
        Column("land", "string", nullable=False, meaning="parcel, or strip around the buildings"),
        Column("rule", "string", nullable=False, meaning="name of the rule"),
        Column("zone", "string", nullable=False, meaning="zone whose limit has the least margin"),
        Column("row", "string", nullable=False, meaning="row of the rule that the zone belongs to"),
        Column("option", "int32", "1", nullable=False, meaning="pair of limits"),
        Column("height_m", "float64", "m", nullable=False, meaning="highest roof over mean ground"),
        Column("mean_ground_z_m", "float64", "m", nullable=False),
        Column("plane_m", "float64", "m", nullable=False, meaning="plane above mean ground"),
        Column("begin_h", "float64", "h", nullable=False, meaning="true solar time"),
        Column("end_h", "float64", "h", nullable=False, meaning="true solar time"),
        Column("declination_deg", "float64", "deg", nullable=False),
        Column("near_line_m", "float64", "m", nullable=False),
        Column("far_line_m", "float64", "m", nullable=False),
        Column("near_limit_h", "float64", "h", nullable=False),
        Column("near_hours", "float64", "h", nullable=False, meaning="longest shade there"),
        Column("near_spells", "string", meaning="true solar times of shade at the worst point"),
        Column("near_x_m", "float64", "m"),
        Column("near_y_m", "float64", "m"),
        Column("far_limit_h", "float64", "h", nullable=False),
        Column("far_hours", "float64", "h", nullable=False, meaning="longest shade there"),
        Column("far_spells", "string"),
        Column("far_x_m", "float64", "m"),
        Column("far_y_m", "float64", "m"),
        Column(
            "margin_h",
            "float64",
            "h",
            nullable=False,
            meaning="least of limit minus hours; a limit reached is broken, so 0 fails",
        ),
        Column("fails", "int32", "1", nullable=False, meaning="0 holds, 1 fails"),
        Column("geometry", "geometry", nullable=False, meaning="site"),
    ),
    geometry="polygon",
    key="site_id",
)
SHADE_LINES = Table(
    "shade_lines",
    (
        Column("line_id", "string", nullable=False, meaning="site, kind and value"),
        Column("site_id", "string", nullable=False),
        Column(
            "kind",
            "string",
            nullable=False,
            meaning="outline (of the shadow at a time), equal (duration), distance (from the site)",
        ),
        Column("time_h", "float64", "h", meaning="of an outline: true solar time"),
        Column("duration_h", "float64", "h", meaning="of a line of equal shade"),
        Column("distance_m", "float64", "m", meaning="from the boundary of the site, 0 on it"),
        Column("plane_m", "float64", "m", nullable=False, meaning="plane above mean ground"),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="line",
    key="line_id",
)
WINDOW_SUN = Table(
    "window_sun",
    (
        Column("facade_id", "string", nullable=False, meaning="building, wall and piece of it"),
        Column("building_id", "string", nullable=False),
        Column("rule", "string", nullable=False, meaning="name of the rule"),
        Column(
            "azimuth_deg",
            "float64",
            "deg",
            nullable=False,
            meaning="of the outward normal, clockwise from true north",
        ),
        Column("length_m", "float64", "m", nullable=False),
        Column("storeys", "int32", "1", nullable=False, meaning="that are judged"),
        Column("hours_lowest", "float64", "h", meaning="at the lowest storey judged"),
        Column("hours_highest", "float64", "h", meaning="at the highest storey judged"),
        Column(
            "levels_lowest",
            "int32",
            "1",
            meaning="levels of the rule that the lowest storey reaches, 0 for none",
        ),
        Column(
            "storeys_reaching",
            "int32",
            "1",
            nullable=False,
            meaning="storeys that reach the first level",
        ),
        Column(
            "storey_hours",
            "floats",
            "h",
            nullable=False,
            meaning="of each storey judged, the lowest first",
        ),
        Column("geometry", "geometry", nullable=False, meaning="the wall seen from above"),
    ),
    geometry="line",
    key="facade_id",
)
OPEN_SPACE_SUN = Table(
    "open_space_sun",
    (
        Column("space_id", "string", nullable=False),
        Column("use", "string", nullable=False, meaning="as of land use"),
        Column("rule", "string", nullable=False, meaning="name of the rule"),
        Column("area_m2", "float64", "m2", nullable=False, meaning="buildings left out"),
        Column(
            "points", "int32", "1", nullable=False, meaning="places at which the sun was sought"
        ),
        Column("wanted_h", "float64", "h", nullable=False, meaning="hours that a place needs"),
        Column("wanted_share", "float64", "1", nullable=False, meaning="share that must have them"),
        Column("lit_share", "float64", "1", meaning="share that has them; null if unknown"),
        Column("mean_hours", "float64", "h", meaning="of all places"),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="polygon",
    key="space_id",
)
TRAFFIC = Table(
    "traffic",
    (
        Column("thing", "string", nullable=False),
        Column("name", "string"),
        Column("property", "string", nullable=False),
        Column("value", "float64", meaning="mean of the good observations over time, in `unit`"),
        Column("unit", "string", nullable=False),
        Column("observations", "int32", "1", nullable=False),
        Column("latest", "time"),
        Column("geometry", "geometry", nullable=False),
    ),
    geometry="point",
)

ALL: tuple[Table, ...] = tuple(value for value in globals().values() if isinstance(value, Table))
