"""Every gridded quantity of the twin: name, unit, range, precision and CF name, declared once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from citytwin.model.axes import Axis
from citytwin.model.text import Text, text

FLOAT_NODATA = -9999.0
"""nodata of float rasters on disk; NaN inside the program."""
CLASS_NODATA = 255
"""nodata of uint8 rasters."""


@dataclass(frozen=True)
class Field:
    """A quantity with one value per cell, shape (ny, nx), or per moment or direction and cell."""

    name: str
    """Stable name: key in stores, band description, file name."""
    unit: str
    """UCUM unit of the values; ``1`` when there is none."""
    title: Text
    """What a map calls it."""
    dtype: Literal["float32", "uint8", "int32"] = "float32"
    """Type of the array, inside the program and on disk."""
    precision: float = 0.001
    """Step to which delivered values are rounded, in `unit`; 0 for classes and ids."""
    valid_min: float = float("-inf")
    """Smallest possible value, in `unit`; a result below it is an error."""
    valid_max: float = float("inf")
    """Largest possible value, in `unit`."""
    standard_name: str = ""
    """CF standard name, empty where CF has none."""
    may_be_empty: bool = False
    """Whether no value anywhere is an answer, such as water that arrives nowhere."""
    axis: Axis | None = None
    """Leading axis, where it has one value per moment and cell, shape (nt, ny, nx), or per
    direction of the wind and cell, shape (n_dir, ny, nx)."""

    @property
    def nodata(self) -> float:
        """Value on disk of cells without data."""
        if self.dtype == "float32":
            return FLOAT_NODATA
        return CLASS_NODATA if self.dtype == "uint8" else -1


def _irradiation(name: str, title: Text, *, precision: float = 0.01, roof: bool = False) -> Field:
    """Light of the sun over a time."""
    return Field(
        name,
        "kWh/m2",
        title,
        precision=precision,
        valid_min=0.0,
        valid_max=6000.0,
        may_be_empty=roof,
    )


def _height(name: str, title: Text) -> Field:
    """A height above the ground that has to do with buildings."""
    return Field(
        name, "m", title, precision=0.01, valid_min=0.0, valid_max=1000.0, may_be_empty=True
    )


def _wind_classes(name: str, title: Text) -> Field:
    """Classes of a rule on wind by their number, then "unsure", then "method too weak here"."""
    return Field(
        name,
        "1",
        title,
        dtype="uint8",
        precision=1,  # a class: a click shows its name
        valid_min=0,
        valid_max=9,
        may_be_empty=True,
    )


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
BUILDING_INDEX = Field(
    "building_index",
    "1",
    text("建物番号", "Row of the building in the buildings table"),
    dtype="int32",
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
SUNLIT_HOURS = Field(
    "sunlit_hours",
    "h",
    text("日照時間", "Sunlit hours"),
    precision=0.01,
    valid_min=0.0,
    valid_max=24.0,
)
SHADOW = Field(
    "shadow",
    "1",
    text("日影", "Shadow"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=2,
    axis="time",
)
SKY_VIEW_FACTOR = Field(
    "sky_view_factor",
    "1",
    text("天空率", "Sky view factor"),
    precision=0.001,
    valid_min=0.0,
    valid_max=1.0,
)
IRRADIATION_DIRECT = _irradiation(
    "irradiation_direct",
    text("可能直達日射量（快晴時）", "Possible direct irradiation (clear sky)"),
)
IRRADIATION_DIFFUSE = _irradiation(
    "irradiation_diffuse",
    text("可能散乱日射量（快晴時）", "Possible diffuse irradiation (clear sky)"),
)
IRRADIATION_REFLECTED = _irradiation(
    "irradiation_reflected",
    text("可能反射日射量（快晴時）", "Possible irradiation reflected by the ground (clear sky)"),
)
IRRADIATION_GLOBAL = _irradiation(
    "irradiation_global", text("可能日射量（快晴時）", "Possible irradiation (clear sky)")
)
IRRADIATION_PROBABLE_DIRECT = _irradiation(
    "irradiation_probable_direct",
    text("実際の直達日射量（観測された空）", "Probable direct irradiation (observed sky)"),
)
IRRADIATION_PROBABLE_DIFFUSE = _irradiation(
    "irradiation_probable_diffuse",
    text("実際の散乱日射量（観測された空）", "Probable diffuse irradiation (observed sky)"),
)
IRRADIATION_PROBABLE_REFLECTED = _irradiation(
    "irradiation_probable_reflected",
    text(
        "実際の反射日射量（観測された空）",
        "Probable irradiation reflected by the ground (observed sky)",
    ),
)
IRRADIATION_PROBABLE_GLOBAL = _irradiation(
    "irradiation_probable_global",
    text("実際の日射量（観測された空）", "Probable irradiation (observed sky)"),
)
IRRADIANCE_NOW = Field(
    "irradiance_now",
    "W/m2",
    text("現在の日射の強さ", "Irradiance now"),
    precision=1,
    valid_min=0.0,
    valid_max=3000.0,
)
ROOF_IRRADIATION_POSSIBLE = _irradiation(
    "roof_irradiation_possible",
    text("屋根の年間可能日射量（快晴時）", "Possible irradiation of roofs in a year (clear sky)"),
    precision=0.1,
    roof=True,
)
ROOF_IRRADIATION_PROBABLE = _irradiation(
    "roof_irradiation_probable",
    text(
        "屋根の年間日射量（観測された空）", "Probable irradiation of roofs in a year (observed sky)"
    ),
    precision=0.1,
    roof=True,
)
ROOF_LIGHT_SHARE = Field(
    "roof_light_share",
    "1",
    text(
        "影のない場合に対する屋根の日射の割合", "Share of the unshaded light that reaches the roof"
    ),
    precision=0.001,
    valid_min=0.0,
    valid_max=1.0,
    may_be_empty=True,
)
MODULE_TILT = Field(
    "module_tilt",
    "deg",
    text("太陽電池の傾き", "Tilt of solar modules on the roof"),
    precision=0.1,
    valid_min=0.0,
    valid_max=90.0,
    may_be_empty=True,
)
FRONTAL_AREA = Field(
    "frontal_area_index",
    "1",
    text("見付面積比", "Frontal area index"),
    precision=0.001,
    valid_min=0.0,
    valid_max=50.0,
    may_be_empty=True,
)
FRONTAL_AREA_BY_DIRECTION = Field(
    "frontal_area_index_by_direction",
    "1",
    text("風向別の見付面積比", "Frontal area index by direction"),
    precision=0.001,
    valid_min=0.0,
    valid_max=50.0,
    axis="direction",
)
PLAN_AREA = Field(
    "plan_area_index",
    "1",
    text("建物が占める面積の割合", "Plan area index"),
    precision=0.001,
    valid_min=0.0,
    valid_max=1.0,
)
BUILDING_HEIGHT_MEAN = _height(
    "building_height_mean", text("建物の平均高さ", "Mean height of buildings")
)
BUILDING_HEIGHT_DEVIATION = _height(
    "building_height_deviation",
    text("建物の高さの標準偏差", "Standard deviation of the height of buildings"),
)
BUILDING_HEIGHT_MAX = _height(
    "building_height_max", text("建物の最大高さ", "Greatest height of buildings")
)
DISPLACEMENT_HEIGHT = _height(
    "displacement_height", text("ゼロ面変位", "Zero-plane displacement height")
)
ROUGHNESS_LENGTH = Field(
    "roughness_length",
    "m",
    text("風向別の空力学的粗度長", "Aerodynamic roughness length by direction"),
    precision=0.001,
    valid_min=0.0,
    valid_max=100.0,
    standard_name="surface_roughness_length",
    may_be_empty=True,
    axis="direction",
)
ROUGHNESS_DOUBT = Field(
    "roughness_doubt",
    "1",
    text("粗度長の算定の可否", "Whether the roughness length could be computed"),
    dtype="uint8",
    precision=1,  # a class: a click shows its name
    valid_min=0,
    valid_max=3,
)
CORRIDOR_EXCESS = Field(
    "corridor_excess",
    "%",
    text("風の道（最小抵抗経路との差）", "Ventilation corridors (excess over the easiest path)"),
    precision=0.1,
    valid_min=0.0,
    may_be_empty=True,
)
WIND_SPEED_RATIO = Field(
    "wind_speed_ratio",
    "1",
    text("風速比", "Mean wind speed ratio"),
    precision=0.001,
    valid_min=0.0,
    valid_max=2.0,
    may_be_empty=True,
)
WIND_SPEED_RATIO_BY_DIRECTION = Field(
    "wind_speed_ratio_by_direction",
    "1",
    text("風向別の風速比", "Wind speed ratio by direction"),
    precision=0.001,
    valid_min=0.0,
    valid_max=5.0,
    may_be_empty=True,
    axis="direction",
)
WIND_SPEED_RATIO_OF_FLOW = Field(
    "wind_speed_ratio_of_flow",
    "1",
    text("風の流れによる風速比", "Wind speed ratio by flow"),
    precision=0.001,
    valid_min=0.0,
    valid_max=20.0,
    may_be_empty=True,
    axis="direction",
)


def _wind_along(name: str, title: Text) -> Field:
    """Mean velocity by direction over the undisturbed scalar speed at the same height."""
    return Field(
        name,
        "1",
        title,
        precision=0.001,
        valid_min=-20.0,
        valid_max=20.0,
        may_be_empty=True,
        axis="direction",
    )


WIND_ALONG_X_OF_FLOW = _wind_along(
    "wind_along_x_of_flow", text("風速比の x 成分", "Mean velocity along x of the grid, as a ratio")
)
WIND_ALONG_Y_OF_FLOW = _wind_along(
    "wind_along_y_of_flow", text("風速比の y 成分", "Mean velocity along y of the grid, as a ratio")
)
WIND_SPEED_MEAN = Field(
    "wind_speed_mean",
    "m/s",
    text("歩行者の高さの平均風速", "Mean wind speed where people walk"),
    precision=0.01,
    valid_min=0.0,
    valid_max=50.0,
    may_be_empty=True,
)
WIND_SPEED_NOW = Field(
    "wind_speed_now",
    "m/s",
    text("現在の風速（歩行者の高さ）", "Wind speed now, where people walk"),
    precision=0.01,
    valid_min=0.0,
    valid_max=200.0,
    may_be_empty=True,
)
WIND_CLASS_PROBABILITY = Field(
    "wind_class_probability",
    "%",
    text("風環境の等級が正しい確率", "Probability that the class of wind comfort is right"),
    precision=1,
    valid_min=0.0,
    valid_max=100.0,
    may_be_empty=True,
)
WIND_COMFORT_NEN_8100 = _wind_classes(
    "wind_comfort_nen_8100", text("風環境 NEN 8100", "Wind comfort, NEN 8100")
)
WIND_COMFORT_LAWSON_LDDC = _wind_classes(
    "wind_comfort_lawson_lddc", text("風環境 Lawson LDDC", "Wind comfort, Lawson LDDC")
)
WIND_COMFORT_CITY_OF_LONDON = _wind_classes(
    "wind_comfort_city_of_london",
    text("風環境 ロンドン・シティ指針", "Wind comfort, City of London"),
)
WIND_COMFORT_MURAKAMI = _wind_classes(
    "wind_comfort_murakami", text("風環境 村上の評価尺度", "Wind comfort, Murakami")
)
WIND_COMFORT_WIND_ENGINEERING_INSTITUTE = _wind_classes(
    "wind_comfort_wind_engineering_institute",
    text("風環境 風工学研究所の指標", "Wind comfort, Wind Engineering Institute"),
)
WIND_DANGER_NEN_8100 = _wind_classes(
    "wind_danger_nen_8100", text("強風の危険 NEN 8100", "Wind danger, NEN 8100")
)
WIND_DANGER_LAWSON_LDDC = _wind_classes(
    "wind_danger_lawson_lddc", text("強風の危険 Lawson LDDC", "Wind danger, Lawson LDDC")
)
WIND_DANGER_CITY_OF_LONDON = _wind_classes(
    "wind_danger_city_of_london",
    text("強風の危険 ロンドン・シティ指針", "Wind danger, City of London"),
)
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

ALL: tuple[Field, ...] = tuple(value for value in globals().values() if isinstance(value, Field))
