"""The format ``citygml_land_use``: parcels of CityGML land use with the PLATEAU classes."""

from __future__ import annotations

from citytwin.formats.city.frames import ParcelRow, land_use_frame
from citytwin.formats.gml.areas import child_text
from citytwin.formats.gml.theme import Theme, ThemeFile, read_theme
from citytwin.model.steps import Dataset, Decoded, Format, NoParams, always
from citytwin.model.tables import DEFECTS, LAND_USE
from citytwin.model.text import text

_THEME = Theme("土地利用", "land use")
# Common_landUseType of PLATEAU (survey under the City Planning Act); four digits refine three.
_USE_OF_CODE = {
    "201": "paddy",
    "202": "field",
    "203": "green",  # forest
    "204": "water",
    "205": "green",  # other nature: wild meadow, wetland, river bank
    "2052": "bare",  # waste land
    "2055": "bare",  # beach
    "2056": "bare",  # lake shore
    "211": "building",  # housing
    "212": "building",  # commerce
    "213": "building",  # industry
    "214": "building",  # public services
    "215": "road",
    "216": "other",  # railways, airports, harbours
    "217": "green",  # parks and open grounds
    "2172": "bare",  # paved square
    "2173": "bare",  # sports ground
    "218": "building",  # other public facilities
    "219": "building",  # farm and fishery buildings
    "220": "green",  # golf course
    "221": "bare",  # solar panels
    "222": "bare",  # car park
    "223": "bare",  # other vacant land
    "2234": "green",  # slopes
    "260": "field",
    "261": "building",
    "262": "road",  # roads and railways together
    "263": "bare",
}


def use_of(code: str | None) -> str:
    """Kind of land of a PLATEAU land use code.

    Parameters
    ----------
    code
        Three or four digits; anything else is ``other``.
    """
    if code is None:
        return "other"
    return _USE_OF_CODE.get(code) or _USE_OF_CODE.get(code[:3] if len(code) == 4 else "", "other")


def _parcels(of: ThemeFile) -> list[ParcelRow]:
    rows: list[ParcelRow] = []
    for feature in of.file.features(("LandUse",)):
        name = of.file.feature_id(feature)
        area = of.area(feature, name)
        if area is None:
            continue
        code, _ = child_text(feature, "class")
        rows.append(ParcelRow(name, use_of(code), code, of.source, area))
    return rows


def read(dataset: Dataset, params: NoParams) -> Decoded:
    """Read the land use of CityGML files.

    Parameters
    ----------
    dataset
        The files.
    params
        None needed.

    Raises
    ------
    SourceError
        If no file can be used.
    """
    del params
    result = read_theme(dataset, _THEME, _parcels)
    rows = [row for _, found in result.files for row in found]
    unknown = sum(row.code is None for row in rows)
    if unknown:
        result.ledger.note(
            "info",
            "土地利用 {count} 件には区分コードがないため「その他」として扱います",
            "{count} parcels carry no class of land use and count as other",
            unknown,
        )
    return result.decoded({LAND_USE: land_use_frame(rows, dataset.target_crs)})


FORMAT = Format(
    name="citygml_land_use",
    title=text("CityGML（土地利用）", "CityGML land use"),
    patterns=("*_luse_*.gml",),
    produces=(LAND_USE, DEFECTS),
    params=NoParams,
    code_lists=True,
    by_file=always,
    read=read,
)
