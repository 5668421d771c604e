"""Fields of the wind, and of the shape of a town that it meets."""

from __future__ import annotations

from dataclasses import replace

from citytwin.model.fields.field import Field
from citytwin.model.text import Text, text


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


def _by_season(field: Field) -> Field:
    """The same of each season apart."""
    title = text(f"{field.title.ja}（季節別）", f"{field.title.en}, by season")
    return replace(field, name=f"{field.name}_by_season", title=title, axis="season")


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
WIND_SHELTER_ANGLE = Field(
    "wind_shelter_angle",
    "deg",
    text("風向別の遮蔽角", "Shelter angle by direction of the wind"),
    precision=0.1,
    valid_min=-90.0,
    valid_max=90.0,
    may_be_empty=True,
    axis="direction",
)
OPENNESS = Field(
    "openness",
    "deg",
    text("開放度（地上開度）", "Openness"),
    precision=0.1,
    valid_min=0.0,
    valid_max=180.0,
    may_be_empty=True,
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


def _ratio_of_flow(name: str, title: Text) -> Field:
    """Mean scalar speed of the flow by direction over the undisturbed one at the same height."""
    return Field(
        name,
        "1",
        title,
        precision=0.001,
        valid_min=0.0,
        valid_max=20.0,
        may_be_empty=True,
        axis="direction",
    )


WIND_SPEED_RATIO_OF_FLOW = _ratio_of_flow(
    "wind_speed_ratio_of_flow", text("風の流れによる風速比", "Wind speed ratio by flow")
)
WIND_SPEED_RATIO_OF_FLOW_5M = _ratio_of_flow(
    "wind_speed_ratio_of_flow_5m",
    text("風の流れによる風速比（地上 5 m）", "Wind speed ratio by flow, 5 m above ground"),
)
WIND_SPEED_RATIO_OF_FLOW_10M = _ratio_of_flow(
    "wind_speed_ratio_of_flow_10m",
    text("風の流れによる風速比（地上 10 m）", "Wind speed ratio by flow, 10 m above ground"),
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
WIND_GUST_RATIO_OF_FLOW = _ratio_of_flow(
    "wind_gust_ratio_of_flow", text("突風の比（風向別）", "Gust ratio by direction, by flow")
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
WIND_COMFORT_NEN_8100_BY_SEASON = _by_season(WIND_COMFORT_NEN_8100)
WIND_COMFORT_LAWSON_LDDC_BY_SEASON = _by_season(WIND_COMFORT_LAWSON_LDDC)
WIND_COMFORT_CITY_OF_LONDON_BY_SEASON = _by_season(WIND_COMFORT_CITY_OF_LONDON)
WIND_COMFORT_MURAKAMI_BY_SEASON = _by_season(WIND_COMFORT_MURAKAMI)
WIND_COMFORT_WIND_ENGINEERING_INSTITUTE_BY_SEASON = _by_season(
    WIND_COMFORT_WIND_ENGINEERING_INSTITUTE
)
WIND_DANGER_NEN_8100_BY_SEASON = _by_season(WIND_DANGER_NEN_8100)
WIND_DANGER_LAWSON_LDDC_BY_SEASON = _by_season(WIND_DANGER_LAWSON_LDDC)
WIND_DANGER_CITY_OF_LONDON_BY_SEASON = _by_season(WIND_DANGER_CITY_OF_LONDON)
WIND_CLASS_PROBABILITY_BY_SEASON = _by_season(WIND_CLASS_PROBABILITY)
WIND_SPEED_MEAN_BY_SEASON = _by_season(WIND_SPEED_MEAN)
