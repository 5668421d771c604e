"""Writes the plants of the demo city as a PLATEAU file."""

from __future__ import annotations

from pathlib import Path

from citytwin.testing.gml import CREATION_DATE, VEGETATION, Model, add, add_measure
from citytwin.testing.greenery import WOOD_HEIGHT_M, Greenery
from citytwin.testing.land_gml import LandFile
from citytwin.testing.place import feature_uuid


def write_plants(plants: Greenery, place: LandFile) -> Path:
    """Write woods as LOD1 surfaces, whose height is 0 as PLATEAU has it, and trees as points.

    Parameters
    ----------
    plants
        What grows.
    place
        Where the file goes.
    """
    model = Model(f"veg {place.mesh}", place.degrees, also=VEGETATION)
    for number, wood in enumerate(plants.woods, start=1):
        feature = model.member("veg:PlantCover", f"veg_{feature_uuid(f'wood {number}')}")
        add(feature, "core:creationDate", CREATION_DATE)
        add_measure(feature, "veg:averageHeight", f"{WOOD_HEIGHT_M:.1f}")
        surface = add(add(feature, "veg:lod1MultiSurface"), "gml:MultiSurface")
        model.add_polygon(surface, [[(x, y, 0.0) for x, y in wood]])
    for tree in plants.trees:
        name = f"veg_{feature_uuid(tree.name)}"
        feature = model.member("veg:SolitaryVegetationObject", name)
        add(feature, "core:creationDate", CREATION_DATE)
        add_measure(feature, "veg:height", f"{tree.height_m:.1f}")
        add_measure(feature, "veg:crownDiameter", f"{tree.crown_m:.1f}")
        model.add_point(add(feature, "veg:lod1Geometry"), (*tree.place, tree.ground_z))
    return model.write(place.udx / "veg" / f"{place.mesh}_veg_6697_op.gml")
