"""Fields of sun, sky and the light of both."""

from __future__ import annotations

from citytwin.model.fields.field import Field
from citytwin.model.text import Text, text


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
