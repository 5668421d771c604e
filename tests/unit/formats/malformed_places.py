"""The city in other coordinate reference systems, under every name for them, and under wrong ones."""

from __future__ import annotations

import re
from functools import cache

import malformed_city as city
import numpy as np
from malformed_faults import Case, Change
from pyproj import Transformer

HTTP = "http://www.opengis.net/def/crs/EPSG/0/{}"
URN = "urn:ogc:def:crs:EPSG::{}"


@cache
def moved(code: int, north_first: bool) -> str:
    """The city in another CRS, by pyproj: horizontal coordinates alone."""
    to = Transformer.from_crs(25832, code, always_xy=True)

    def replace(found: re.Match[str]) -> str:
        points = np.array(found[2].split(), dtype=float).reshape(-1, 3)
        a, b = to.transform(points[:, 0], points[:, 1])
        pairs = (b, a) if north_first else (a, b)
        rows = zip(*pairs, points[:, 2], strict=True)
        return found[1] + " ".join(f"{p:.12f} {q:.12f} {z:.6f}" for p, q, z in rows) + found[3]

    text = city.citygml(srs_name="SRS")
    text = re.sub(
        r"<gml:boundedBy>.*?</gml:boundedBy>",
        "<gml:boundedBy><gml:Envelope srsName='SRS'/></gml:boundedBy>",
        text,
        count=1,
    )
    return re.sub(r"(<gml:posList>)(.*?)(</gml:posList>)", replace, text)


def named(name: str, code: int = 25832, north_first: bool = False) -> Change:
    """The city in a CRS under a name."""
    return lambda _: moved(code, north_first).replace("'SRS'", f"'{name}'")


def at_geometries(name: str) -> Change:
    """The name at every geometry and nowhere else."""
    return lambda _: re.sub(
        r"<gml:(Solid|MultiSurface)>", rf'<gml:\1 srsName="{name}">', moved(25832, False)
    ).replace(" srsName='SRS'", "")


def mixed(text: str) -> str:
    """The two blocks in degrees with their own name, the rest in metres."""
    other = moved(4258, True)
    for one in ("court", "low"):
        pattern = rf'gml:id="{one}">(<bldg:lod1Solid>.*?</bldg:lod1Solid>)'
        old, new = re.search(pattern, text)[1], re.search(pattern, other)[1]
        text = text.replace(
            old, new.replace("<gml:Solid>", f'<gml:Solid srsName="{URN.format(4258)}">')
        )
    return text


PLACES: dict[str, Case] = {
    "urn": Case("ok", "", named(URN.format(25832))),
    "urn with a version": Case("ok", "", named("urn:ogc:def:crs:EPSG:6.12:25832")),
    "old urn": Case("ok", "", named("urn:x-ogc:def:crs:EPSG:25832")),
    "old urn with an empty version": Case("ok", "", named("urn:x-ogc:def:crs:EPSG::25832")),
    "http": Case("ok", "", named(HTTP.format(25832))),
    "https": Case("ok", "", named(HTTP.format(25832).replace("http", "https"))),
    "http with a version": Case("ok", "", named("http://www.opengis.net/def/crs/EPSG/9.9.1/25832")),
    "file of epsg": Case("ok", "", named("http://www.opengis.net/gml/srs/epsg.xml#25832")),
    "short": Case("ok", "", named("EPSG:25832")),
    "small letters": Case("ok", "", named("epsg:25832")),
    "with spaces around": Case("ok", "", named(" EPSG:25832 ")),
    "german": Case("ok", "", named("urn:adv:crs:ETRS89_UTM32*DE_DHHN2016_NH")),
    "compound of two codes": Case("ok", "", named("urn:ogc:def:crs,crs:EPSG::25832,crs:EPSG::7837")),
    "compound code": Case("ok", "", named(URN.format(5555))),
    "latitude first": Case("ok", "", named(URN.format(4258), 4258, True)),
    "latitude, longitude, ellipsoid": Case("ok", "", named(URN.format(4937), 4258, True)),
    "wgs 84": Case("ok", "", named(URN.format(4326), 4326, True)),
    "longitude first under its code": Case("repaired", "axes-swapped", named(URN.format(4258), 4258, False)),
    "northing first by authority": Case("ok", "", named(URN.format(31467), 31467, True)),
    "northing first in metres": Case("ok", "", named(URN.format(3044), 25832, True)),
    "two zones too far": Case("refused", "outside the area", named(URN.format(25833), 25833)),
    "at the geometries": Case("ok", "", at_geometries(URN.format(25832))),
    "two crs in one file": Case("ok", "", mixed),
    "metres under degrees": Case("refused", "4258", named(URN.format(4258))),
    "degrees under metres": Case("refused", "25832", named(URN.format(25832), 4258, True)),
    "none": Case("refused", "no coordinate reference system", lambda t: moved(25832, False).replace(" srsName='SRS'", "")),
    "empty name": Case("refused", "coordinate reference system", named("")),
    "local": Case("refused", "local-CRS", named("#local-CRS")),
    "no such code": Case("refused", "999999", named(URN.format(999999))),
    "no number": Case("refused", "srsName|reference system", named(URN.format("abc"))),
    "a height system": Case("refused", "5783|horizontal|reference", named(URN.format(5783))),
    "geocentric": Case("refused", "4978|horizontal|reference", named(URN.format(4978))),
    "a projection string": Case("refused", "srsName|reference system", named("+proj=utm +zone=32 +nadgrids=http://127.0.0.1:9/x.gsb")),
    "a file": Case("refused", "srsName|reference system", named("file:///etc/passwd")),
    "a long name": Case("refused", "srsName|reference system", named("EPSG:" + "9" * 100_000)),
}  # fmt: skip
