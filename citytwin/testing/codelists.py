"""The code lists that the demo city's files refer to, in the public dictionary form."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from citytwin.testing.gml import NAMESPACES, add, tag
from citytwin.testing.place import CITY_CODE, CITY_NAME, PREFECTURE_CODE, feature_uuid

# Code numbers and wordings as published with PLATEAU; only those that the demo city uses.
CODE_LISTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Building_class": (("3001", "普通建物"), ("3002", "堅ろう建物")),
    "Building_usage": (
        ("401", "業務施設"),
        ("402", "商業施設"),
        ("403", "宿泊施設"),
        ("404", "商業系複合施設"),
        ("411", "住宅"),
        ("412", "共同住宅"),
        ("413", "店舗等併用住宅"),
        ("421", "官公庁施設"),
        ("422", "文教厚生施設"),
        ("431", "運輸倉庫施設"),
        ("441", "工場"),
        ("451", "農林漁業用施設"),
        ("454", "その他"),
    ),
    "Building_roofType": (
        ("1", "切妻屋根"),
        ("2", "寄棟屋根"),
        ("4", "陸屋根"),
        ("5", "片流れ屋根"),
    ),
    "BuildingDetailAttribute_buildingStructureType": (
        ("601", "木造・土蔵造"),
        ("602", "鉄骨鉄筋コンクリート造"),
        ("603", "鉄筋コンクリート造"),
        ("604", "鉄骨造"),
    ),
    "DataQualityAttribute_lod1HeightType": (("2", "点群から取得_中央値"),),
    "RiverFloodingRiskAttribute_description": (("1", "みずほ川水系みずほ川（架空）"),),
    "RiverFloodingRiskAttribute_rank": (
        ("1", "0.5m未満"),
        ("2", "0.5m以上3m未満"),
        ("3", "3m以上5m未満"),
        ("4", "5m以上10m未満"),
        ("5", "10m以上20m未満"),
        ("6", "20m以上"),
    ),
    "RiverFloodingRiskAttribute_adminType": (("1", "国"), ("2", "都道府県")),
    "RiverFloodingRiskAttribute_scale": (("1", "L1（計画規模）"), ("2", "L2（想定最大規模）")),
    "TransportationComplex_class": (("1040", "road traffic"),),
    "Road_function": (("2", "一般国道"), ("3", "都道府県道"), ("4", "市町村道")),
    "WaterBody_class": (("1030", "river / stream"),),
    "Common_landUseType": (
        ("201", "田"),
        ("203", "山林（樹林地）"),
        ("204", "水面"),
        ("205", "その他自然地"),
        ("211", "住宅用地"),
        ("212", "商業用地"),
        ("213", "工業用地"),
        ("214", "公益施設用地"),
        ("217", "公共空地"),
    ),
    "Common_districtsAndZonesType": (
        ("1", "第1種低層住居専用地域"),
        ("3", "第1種中高層住居専用地域"),
        ("5", "第1種住居地域"),
        ("9", "近隣商業地域"),
        ("10", "商業地域"),
        ("11", "準工業地域"),
        ("12", "工業地域"),
    ),
    "Common_localPublicAuthorities": (
        (PREFECTURE_CODE, "架空県（合成データ）"),
        (CITY_CODE, CITY_NAME),
    ),
}


def write_code_lists(folder: Path) -> tuple[Path, ...]:
    """Write every list as ``<folder>/<name>.xml``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, entries in sorted(CODE_LISTS.items()):
        root = etree.Element(tag("gml:Dictionary"), nsmap={"gml": NAMESPACES["gml"]})
        root.set(tag("gml:id"), f"cl_{feature_uuid(f'code list {name}')}")
        add(root, "gml:name", name).tail = "\n"
        for index, (code, text) in enumerate(entries, start=1):
            entry = add(root, "gml:dictionaryEntry")
            definition = add(entry, "gml:Definition", gml_id=f"id{index}")
            add(definition, "gml:description", text)
            add(definition, "gml:name", code)
            entry.tail = "\n"
        path = folder / f"{name}.xml"
        path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8") + b"\n")
        written.append(path)
    return tuple(written)
