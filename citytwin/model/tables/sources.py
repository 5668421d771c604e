"""Tables that formats give: what the city is, and what was observed in it."""

from __future__ import annotations

from citytwin.model.tables.schema import Column, Table

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
            of_file=True,
        ),
        Column("defects", "string", nullable=False, meaning="comma separated codes; empty if none"),
        Column("geometry", "geometry", nullable=False, meaning="footprint MultiPolygon"),
    ),
    geometry="polygon",
    key="building_id",
    building="building_id",
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
    building="building_id",
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
        Column(
            "offset",
            "int64",
            "By",
            meaning="byte of the file where the feature begins",
            of_file=True,
        ),
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
HYDRAULIC_STRUCTURES = Table(
    "hydraulic_structures",
    (
        Column("structure_id", "string", nullable=False),
        Column("kind", "string", nullable=False, meaning="culvert, underpass, wall"),
        Column("width_m", "float64", "m", meaning="inside; null: one cell"),
        Column(
            "height_m",
            "float64",
            "m",
            meaning="of a culvert its clear height, of a wall its height above the ground",
        ),
        Column(
            "start_level_m",
            "float64",
            "m",
            meaning="at the first place of the line: invert of a culvert, floor of an underpass, "
            "crest of a wall",
        ),
        Column("end_level_m", "float64", "m", meaning="the same at the last place"),
        Column("inlet", "string", meaning="of a culvert its inlet, by name; null: not said"),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="its middle, from end to end"),
    ),
    geometry="any",
    key="structure_id",
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
TRANSIT_LINES = Table(
    "transit_lines",
    (
        Column("line_id", "string", nullable=False, meaning="URN of a line and its direction"),
        Column("name", "string"),
        Column(
            "mode",
            "string",
            nullable=False,
            meaning="tram, subway, rail, bus, ferry, aerial, funicular, other",
        ),
        Column("direction", "int32", "1", meaning="0 or 1, as the timetable names them"),
        Column("service_day", "string", nullable=False, meaning="day that was counted, ISO 8601"),
        Column("trips", "int32", "1", nullable=False, meaning="on that day"),
        Column(
            "first_departure",
            "string",
            nullable=False,
            meaning="at the stop that most trips serve, such as 05:10; 25:10 is in the night after",
        ),
        Column("last_departure", "string", nullable=False, meaning="as the first"),
        Column(
            "headway_min",
            "float64",
            "min",
            meaning="median time between departures from that stop; null for a single one",
        ),
        Column("source", "string", nullable=False),
        Column("geometry", "geometry", nullable=False, meaning="way of most of its trips"),
    ),
    geometry="line",
    key="line_id",
)
ALERTS = Table(
    "alerts",
    (
        Column("alert", "string", nullable=False, meaning="URN of one part of a message"),
        Column("message", "string", nullable=False, meaning="identifier its sender gave it"),
        Column("source", "string", nullable=False),
        Column("sender", "string"),
        Column(
            "status",
            "string",
            nullable=False,
            meaning="Actual, Exercise, System, Test, Draft; only the first is for the public",
        ),
        Column(
            "message_type", "string", nullable=False, meaning="Alert, Update, Cancel, Ack, Error"
        ),
        Column("references", "string", meaning="messages it updates or cancels"),
        Column("category", "string", meaning="of CAP: Met, Geo, Transport, ..."),
        Column("event", "string", nullable=False, meaning="what happens, in words or a class"),
        Column("urgency", "string", nullable=False, meaning="of CAP; Unknown where not said"),
        Column(
            "severity",
            "string",
            nullable=False,
            meaning="Extreme, Severe, Moderate, Minor, Unknown",
        ),
        Column("certainty", "string", nullable=False, meaning="of CAP; Unknown where not said"),
        Column("level", "int32", "1", meaning="Japanese level of alert, 1 to 5, where one is said"),
        Column("sent", "time", nullable=False),
        Column("valid_start", "time", nullable=False, meaning="onset, else effective, else sent"),
        Column("valid_end", "time", meaning="when it expires; null until it is cancelled"),
        Column("language", "string", meaning="RFC 3066 code of the texts"),
        Column("headline", "string"),
        Column("description", "string"),
        Column("instruction", "string"),
        Column("area", "string", meaning="names of the places concerned"),
        Column("geocodes", "string", meaning="comma separated, such as JMA=1310100"),
        Column(
            "attributes", "string", meaning="JSON object of all else that it says; null for nothing"
        ),
        Column("synthetic", "bool", nullable=False),
        Column("raw_ref", "string", nullable=False, meaning="sha256 of the raw bytes"),
        Column(
            "geometry", "geometry", meaning="area, line or points; null where only codes are given"
        ),
    ),
    geometry="any",
    key="alert",
)
SEWER_NETWORK = Table(
    "sewer_network",
    (
        Column(
            "section", "string", nullable=False, meaning="of the file of SWMM, such as CONDUITS"
        ),
        Column("record", "string", nullable=False, meaning="a line of it, fields one blank apart"),
        Column("x_m", "float64", "m", meaning="place of a node; null for all else"),
        Column("y_m", "float64", "m"),
        Column("source", "string", nullable=False, meaning="file the network came from"),
    ),
)
RAIN_FRAMES = Table(
    "rain_frames",
    (
        Column("source", "string", nullable=False),
        Column("start", "time", nullable=False),
        Column("end", "time", nullable=False, meaning="after start; frames do not overlap"),
        Column("issued", "time", meaning="when a forecast was made; null for what was observed"),
        Column(
            "rate",
            "floats",
            "mm/h",
            nullable=False,
            meaning="mean over the interval, row by row from the north-west; NaN for unknown",
        ),
        Column("ny", "int32", "1", nullable=False),
        Column("nx", "int32", "1", nullable=False),
        Column("x_min_m", "float64", "m", nullable=False, meaning="west edge"),
        Column("y_max_m", "float64", "m", nullable=False, meaning="north edge"),
        Column("cell_m", "float64", "m", nullable=False, meaning="the same for all of a source"),
        Column("synthetic", "bool", nullable=False),
        Column("raw_ref", "string", nullable=False, meaning="sha256 of the raw bytes"),
        Column("geometry", "geometry", nullable=False, meaning="extent"),
    ),
    geometry="polygon",
)
