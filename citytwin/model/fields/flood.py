"""Fields of floods, computed and statutory."""

from __future__ import annotations

from citytwin.model.fields.field import Field
from citytwin.model.text import text

FLOOD_DEPTH = Field(
    "flood_depth",
    "m",
    text("浸水深の変化", "Flood depth over time"),
    precision=0.01,
    valid_min=0.0,
    valid_max=200.0,
    standard_name="flood_water_thickness",
    axis="time",
)
FLOOD_SPEED = Field(
    "flood_speed",
    "m/s",
    text("流速の変化", "Flow speed over time"),
    precision=0.01,
    valid_min=0.0,
    valid_max=50.0,
    axis="time",
)
FLOOD_DEPTH_MAX = Field(
    "flood_depth_max",
    "m",
    text("最大浸水深", "Maximum flood depth"),
    precision=0.001,
    valid_min=0.0,
    valid_max=200.0,
    standard_name="flood_water_thickness",
)
FLOOD_SPEED_MAX = Field(
    "flood_speed_max",
    "m/s",
    text("最大流速", "Maximum flow speed"),
    precision=0.01,
    valid_min=0.0,
    valid_max=50.0,
)
FLOOD_LEVEL_MAX = Field(
    "flood_level_max",
    "m",
    text("最高水位", "Highest water level"),
    precision=0.01,
    valid_min=-500.0,
    valid_max=9200.0,
    standard_name="water_surface_height_above_reference_datum",
    may_be_empty=True,
)
FLOOD_DEPTH_SPEED_MAX = Field(
    "flood_depth_speed_max",
    "m2/s",
    text("水深×流速の最大値", "Largest depth times speed"),
    precision=0.01,
    valid_min=0.0,
    valid_max=10_000.0,
)
FLOOD_HAZARD_RATING = Field(
    "flood_hazard_rating",
    "1",
    text("歩行者への危険度 HR", "Hazard rating for people"),
    precision=0.01,
    valid_min=0.0,
    valid_max=10_000.0,
)
FLOOD_HAZARD_CLASS = Field(
    "flood_hazard_class",
    "1",
    text("浸水の危険度 H1〜H6", "Flood hazard class H1 to H6"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=6,
)
FLOOD_DURATION = Field(
    "flood_duration",
    "h",
    text("浸水継続時間", "Time under deep water"),
    precision=0.01,
    valid_min=0.0,
)
FLOOD_ARRIVAL = Field(
    "flood_arrival",
    "min",
    text("浸水到達時間", "Time until flooding begins"),
    precision=0.1,
    valid_min=0.0,
    may_be_empty=True,
)
FLOOD_IMPASSABLE = Field(
    "flood_impassable",
    "min",
    text("車両通行不能になる時間", "Time until cars cannot pass"),
    precision=0.1,
    valid_min=0.0,
    may_be_empty=True,
)
FLOOD_IMPASSABLE_UNTIL = Field(
    "flood_impassable_until",
    "min",
    text("車両通行不能が終わる時間", "Time until which cars cannot pass"),
    precision=0.1,
    valid_min=0.0,
    may_be_empty=True,
)
"""`STILL_MIN` where the water is still too deep at the end of the run."""
STILL_MIN = 1.0e9
"""A time after every run [min]; finite, since records of results hold no infinite numbers."""
STATUTORY_DEPTH = Field(
    "statutory_depth",
    "m",
    text("法定の浸水想定の水深", "Depth of the statutory inundation map"),
    precision=0.001,
    valid_min=0.0,
    valid_max=200.0,
    standard_name="flood_water_thickness",
)
STATUTORY_DEPTH_FROM = Field(
    "statutory_depth_from",
    "1",
    text("法定の浸水想定の水深の出所", "Source of the depth of the statutory inundation map"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=3,
)
STATUTORY_AGREEMENT = Field(
    "statutory_agreement",
    "1",
    text("計算と法定の浸水想定の一致", "Agreement of the computed flood with the statutory map"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=3,
    may_be_empty=True,
)
STATUTORY_DIFFERENCE = Field(
    "statutory_difference",
    "m",
    text("水深の差（計算 − 法定）", "Depth, computed less statutory"),
    precision=0.01,
    valid_min=-200.0,
    valid_max=200.0,
    may_be_empty=True,
)
