"""Observed properties: what a sensor may measure, with the one unit the twin keeps it in."""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.model.text import Text, text


@dataclass(frozen=True)
class ObservedProperty:
    """A quantity that feeds report over time."""

    name: str
    """Stable name; a CF standard name where there is one."""
    unit: str
    """Canonical UCUM unit of the result."""
    title: Text
    """What a map calls it."""
    valid_min: float
    """Gross range: a smaller result is flagged bad, in `unit`."""
    valid_max: float
    """Gross range: a larger result is flagged bad, in `unit`."""


RAINFALL_RATE = ObservedProperty(
    "rainfall_rate", "mm/h", text("降雨強度", "Rainfall intensity"), 0.0, 400.0
)
WIND_SPEED = ObservedProperty("wind_speed", "m/s", text("風速", "Wind speed"), 0.0, 100.0)
WIND_DIRECTION = ObservedProperty(
    "wind_from_direction", "deg", text("風向", "Wind from direction (true north)"), 0.0, 360.0
)
WIND_GUST = ObservedProperty(
    "wind_speed_of_gust", "m/s", text("最大瞬間風速", "Wind speed of gusts"), 0.0, 150.0
)
AIR_TEMPERATURE = ObservedProperty(
    "air_temperature", "Cel", text("気温", "Air temperature"), -60.0, 60.0
)
DEW_POINT = ObservedProperty(
    "dew_point_temperature", "Cel", text("露点温度", "Dew point"), -80.0, 40.0
)
RELATIVE_HUMIDITY = ObservedProperty(
    "relative_humidity", "%", text("相対湿度", "Relative humidity"), 0.0, 105.0
)
SEA_LEVEL_PRESSURE = ObservedProperty(
    "air_pressure_at_mean_sea_level",
    "hPa",
    text("海面気圧", "Air pressure at mean sea level"),
    850.0,
    1100.0,
)
ALTIMETER_SETTING = ObservedProperty(
    "altimeter_setting",
    "hPa",
    text("高度計規正値（QNH）", "Altimeter setting (QNH)"),
    850.0,
    1100.0,
)
SURFACE_PRESSURE = ObservedProperty(
    "surface_air_pressure", "hPa", text("現地気圧", "Air pressure at the station"), 500.0, 1100.0
)
VISIBILITY = ObservedProperty("visibility_in_air", "m", text("視程", "Visibility"), 0.0, 100_000.0)
WATER_LEVEL = ObservedProperty(
    "water_surface_height_above_reference_datum",
    "m",
    text("水位", "Water level above the datum of the gauge"),
    -100.0,
    5000.0,
)
CLOUD_COVER = ObservedProperty("cloud_area_fraction", "%", text("雲量", "Cloud cover"), 0.0, 100.0)
GLOBAL_RADIATION = ObservedProperty(
    "surface_downwelling_shortwave_flux_in_air",
    "W/m2",
    text("全天日射量", "Global horizontal irradiance"),
    -5.0,
    1500.0,
)
SUNSHINE_DURATION = ObservedProperty(
    "duration_of_sunshine", "min", text("日照時間", "Duration of sunshine"), 0.0, 60.0
)
TRAFFIC_FLOW = ObservedProperty(
    "traffic_flow", "/h", text("交通量", "Traffic flow (vehicles per hour)"), 0.0, 20000.0
)
VEHICLE_SPEED = ObservedProperty(
    "vehicle_speed", "km/h", text("車両速度", "Vehicle speed"), 0.0, 200.0
)
ROAD_OCCUPANCY = ObservedProperty(
    "traffic_occupancy",
    "%",
    text("占有率", "Share of time that a detector is occupied"),
    0.0,
    100.0,
)
TRAVEL_TIME = ObservedProperty("travel_time", "s", text("旅行時間", "Travel time"), 0.0, 86400.0)
ARRIVAL_DELAY = ObservedProperty(
    "arrival_delay", "s", text("到着遅れ", "Delay of arrival"), -7200.0, 86400.0
)
PUMP_DISCHARGE = ObservedProperty(
    "pump_discharge", "m3/s", text("ポンプ排水量", "Discharge of pumps"), 0.0, 1000.0
)

WARNING_LEVEL = ObservedProperty(
    "warning_level",
    "1",
    text("警戒レベル（相当）", "Warning level (equivalent; 0 when lifted)"),
    0.0,
    5.0,
)

ALL: tuple[ObservedProperty, ...] = tuple(
    value for value in globals().values() if isinstance(value, ObservedProperty)
)
