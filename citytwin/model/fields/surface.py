"""Fields of the ground, of buildings and roofs, and of what stands or grows on it."""

from __future__ import annotations

from citytwin.model.fields.field import Field
from citytwin.model.text import text

TERRAIN = Field(
    "terrain",
    "m",
    text("地盤高", "Ground level"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9000.0,
    standard_name="ground_level_altitude",
)
TERRAIN_SOURCE = Field(
    "terrain_source",
    "1",
    text("地盤高の出所", "Source of the ground level"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=3,
)
SURFACE_HEIGHT = Field(
    "surface_height",
    "m",
    text("地表面の高さ（建物を含む）", "Height of the surface with buildings"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9000.0,
    standard_name="surface_altitude",
)
REFERENCE_SURFACE = Field(
    "reference_surface",
    "m",
    text("基準となる地表面の高さ（測量）", "Height of the surface as surveyed"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9000.0,
    standard_name="surface_altitude",
)
BUILDING_MASK = Field(
    "building_mask",
    "1",
    text("建物の有無", "Building mask"),
    dtype="uint8",
    precision=0,
    valid_min=0,
    valid_max=1,
)
BUILDING_NUMBER = Field(
    "building_number",
    "1",
    text("建物番号", "Number of the building, which follows from its id"),
    dtype="int64",
    precision=0,
)
BUILDING_COVERAGE = Field(
    "building_coverage",
    "1",
    text("建物に覆われる割合", "Share of the cell under buildings"),
    precision=0.0625,  # sixteen samples
    valid_min=0.0,
    valid_max=1.0,
)
BUILDING_PARTS = Field(
    "building_parts",
    "1",
    text("建物に覆われる区画", "Parts of the cell under buildings"),
    dtype="int32",
    precision=0,
    valid_min=0,
    valid_max=2**16 - 1,
)
"""One bit for each of 4 x 4 parts of the cell, row by row from the north-west: 1 where its middle
lies under a building."""
CANOPY_TOP = Field(
    "canopy_top",
    "m",
    text("樹冠の上端の高さ", "Height of the tops of tree crowns"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9000.0,
    may_be_empty=True,
)
CANOPY_BASE = Field(
    "canopy_base",
    "m",
    text("樹冠の下端の高さ", "Height of the bases of tree crowns"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9000.0,
    may_be_empty=True,
)
LOD_USED = Field(
    "lod_used",
    "1",
    text("モデルの詳細度", "Level of detail of the model"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=5,
)
ROOF_PLANE = Field(
    "roof_plane",
    "1",
    text("屋根面の番号", "Number of the roof plane in its building"),
    dtype="int32",
    precision=0,
    may_be_empty=True,
)
ROOF_SLOPE = Field(
    "roof_slope",
    "deg",
    text("屋根の傾き", "Slope of the roof plane"),
    precision=0.1,
    valid_min=0.0,
    valid_max=90.0,
    may_be_empty=True,
)
ROOF_ASPECT = Field(
    "roof_aspect",
    "deg",
    text("屋根の向き（真北から時計回り）", "Aspect of the roof plane (from true north)"),
    precision=0.1,
    valid_min=0.0,
    valid_max=360.0,
    may_be_empty=True,
)
ROOF_AREA = Field(
    "roof_area",
    "m2",
    text("セルの屋根面積", "Area of the roof plane that the cell stands for"),
    precision=0.01,
    valid_min=0.0,
    may_be_empty=True,
)
ROUGHNESS = Field(
    "manning",
    "s.m-1/3",
    text("マニングの粗度係数", "Manning roughness"),
    precision=0.001,
    valid_min=0.005,
    valid_max=0.5,
)
GROUND_COVER = Field(
    "ground_cover",
    "1",
    text("地表の種別", "What covers the ground"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=7,
)
