"""Kinds of CityGML features, the module each belongs to, and the format that reads it."""

from __future__ import annotations

READ_BY = {
    "Building": "citygml",
    "ReliefFeature": "citygml_relief",
    "Road": "citygml_roads",
    "Track": "citygml_roads",
    "Square": "citygml_roads",
    "TransportationComplex": "citygml_roads",
    "Bridge": "citygml_bridges",
    "WaterBody": "citygml_water",
    "PlantCover": "citygml_vegetation",
    "SolitaryVegetationObject": "citygml_vegetation",
    "LandUse": "citygml_land_use",
    "UseDistrict": "citygml_zones",
    "DistrictsAndZones": "citygml_zones",
}
"""Format by the local name of a feature."""
MODULE_OF = {
    "Building": "building",
    "ReliefFeature": "relief",
    "Road": "transportation",
    "Track": "transportation",
    "Square": "transportation",
    "TransportationComplex": "transportation",
    "Bridge": "bridge",
    "WaterBody": "waterbody",
    "PlantCover": "vegetation",
    "SolitaryVegetationObject": "vegetation",
    "LandUse": "landuse",
}
"""Module of CityGML, as its namespace spells it, by the local name of a feature."""
