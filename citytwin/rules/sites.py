"""Sites of buildings, their mean ground, and the figures by which a rule picks buildings."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model.grid import GridSpec
from citytwin.model.ragged import flattened, offsets_of
from citytwin.model.sun_rule import Regulated
from citytwin.rules.city_shadows import level_at

Float64Array = NDArray[np.float64]
_FEET = 24
"""Places along the foot of a building at which the ground is read."""
_SLIVER = 0.05
"""Share of a building on a parcel up to which it does not stand there [1]."""


@dataclass(frozen=True, eq=False)
class Measures:
    """Figures of buildings, one entry each."""

    ground_z_m: Float64Array
    """Mean ground along the outline [m]."""
    height_m: Float64Array
    """Of the roof above it [m]; NaN where unknown."""
    eaves_m: Float64Array
    """Of the highest eaves above it; the height where no roof is modelled [m]."""
    storeys: Float64Array
    """Above ground; NaN where not recorded."""

    def regulated(self, by: Regulated) -> NDArray[np.bool_]:
        """Tell which buildings reach one of the limits; those of unknown height do not.

        Parameters
        ----------
        by
            The limits.
        """
        found = np.zeros(len(self.height_m), dtype=np.bool_)
        if by.height_above_m is not None:
            found |= self.height_m > by.height_above_m
        if by.eaves_above_m is not None:
            found |= self.eaves_m > by.eaves_above_m
        if by.storeys_from is not None:
            found |= self.storeys >= by.storeys_from
        return found & ~np.isnan(self.height_m)


@dataclass(frozen=True, eq=False)
class Sites:
    """Land that counts as one, with the buildings on it."""

    ids: tuple[str, ...]
    members: tuple[NDArray[np.int64], ...]
    """Rows of the buildings of each site."""
    land: NDArray[np.object_]
    """Land of each site."""
    from_parcel: NDArray[np.bool_]
    """Whether the land is a parcel; else it is a strip around the buildings."""


def measures_of(
    buildings: gpd.GeoDataFrame,
    surfaces: pd.DataFrame,
    grid: GridSpec,
    terrain: NDArray[np.float32] | None,
) -> Measures:
    """Measure buildings as rules do: from the mean ground around them.

    Parameters
    ----------
    buildings, surfaces
        Tables; the index of the buildings counts from 0.
    grid, terrain
        Ground of the city, shape (ny, nx) [m]; where it is not known, the foot of the building
        stands for it.
    """
    foot = buildings["ground_z_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    top = buildings["roof_z_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    height = buildings["height_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    ground = _mean_ground(buildings, grid, terrain)
    ground = np.where(np.isnan(ground), np.nan_to_num(foot), ground)
    above = np.where(np.isnan(top), height, top - ground)
    eaves = _highest_eaves(buildings, surfaces) - ground
    return Measures(
        ground_z_m=ground,
        height_m=above,
        eaves_m=np.where(np.isnan(eaves), above, eaves),
        storeys=buildings["storeys"].to_numpy(dtype=np.float64, na_value=np.nan),
    )


def _mean_ground(
    buildings: gpd.GeoDataFrame, grid: GridSpec, terrain: NDArray[np.float32] | None
) -> Float64Array:
    """Mean of the ground at even steps along the outline; NaN where none of it is known."""
    if terrain is None or not len(buildings):
        return np.full(len(buildings), np.nan)
    parts, owner = shapely.get_parts(buildings.geometry.to_numpy(), return_index=True)
    shares = (np.arange(_FEET) + 0.5) / _FEET
    feet = shapely.line_interpolate_point(
        shapely.get_exterior_ring(parts)[:, None], shares[None, :], normalized=True
    )
    z = level_at(grid, terrain, shapely.get_x(feet).ravel(), shapely.get_y(feet).ravel())
    weight = np.repeat(shapely.length(shapely.get_exterior_ring(parts)) / _FEET, _FEET)
    known = ~np.isnan(z)
    of = np.repeat(owner, _FEET)[known]
    total = np.bincount(of, weights=z[known] * weight[known], minlength=len(buildings))
    length = np.bincount(of, weights=weight[known], minlength=len(buildings))
    mean = np.full(len(buildings), np.nan)
    np.divide(total, length, out=mean, where=length > 0)
    return mean


def _highest_eaves(buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame) -> Float64Array:
    """Highest of the lowest points of the roof faces; NaN where no roof is modelled."""
    highest = np.full(len(buildings), -np.inf)
    roofs = surfaces[(surfaces["semantic"] == "roof").to_numpy(dtype=np.bool_)]
    row_of = pd.Series(np.arange(len(buildings)), index=buildings["building_id"].to_numpy())
    owner = roofs["building_id"].map(row_of).to_numpy(dtype=np.float64, na_value=np.nan)
    if len(roofs):
        values, offsets = flattened(roofs["xyz"])
        lowest = np.minimum.reduceat(values[2::3], offsets[:-1] // 3)
        ours = ~np.isnan(owner)
        np.maximum.at(highest, owner[ours].astype(np.int64), lowest[ours])
    return np.where(np.isinf(highest), np.nan, highest)


def sites_of(
    buildings: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame | None, margin_m: float
) -> Sites:
    """Put buildings on their sites.

    A site is all parcels on which its buildings stand, with all buildings on them. Where there is
    no parcel, a strip around the building stands for it, shared by the parts of one building.

    Parameters
    ----------
    buildings
        Rows of the buildings table; the index counts from 0.
    parcels
        Sites table, where the city has one.
    margin_m
        Width of the strip, >= 0 [m].
    """
    shapes = buildings.geometry.to_numpy()
    names = buildings["parent_id"].fillna(buildings["building_id"]).to_numpy(dtype=object)
    whole, ids = pd.factorize(names)
    land, land_ids = _parcels(parcels)
    on = _stands_on(shapes, land)
    nodes = _joined(whole, len(ids), on, len(land))
    site_of, sites = pd.factorize(nodes[whole])
    order = np.argsort(site_of, kind="stable")
    first = offsets_of(np.bincount(site_of, minlength=len(sites)).astype(np.int64))
    members = tuple(order[first[k] : first[k + 1]] for k in range(len(sites)))
    parcels_at: dict[int, list[int]] = {}
    for parcel in np.unique(on[1]):
        parcels_at.setdefault(int(nodes[len(ids) + parcel]), []).append(int(parcel))
    areas = np.empty(len(sites), dtype=object)
    parcel_ids = set(map(str, land_ids))

    def strip_id(building: str) -> str:
        """Its building's id, told from a parcel that has the same."""
        return f"{building}:strip" if building in parcel_ids else building

    site_ids = []
    for k, site in enumerate(sites):
        own = parcels_at.get(int(site), [])
        site_ids.append(str(land_ids[own[0]]) if own else strip_id(ids[whole[members[k][0]]]))
        areas[k] = (
            shapely.union_all(land[own])
            if own
            else shapely.union_all(shapes[members[k]]).buffer(margin_m, join_style="mitre")
        )
    from_parcel = np.array([int(site) in parcels_at for site in sites], dtype=np.bool_)
    return Sites(tuple(site_ids), members, areas, from_parcel)


def _parcels(
    parcels: gpd.GeoDataFrame | None,
) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    if parcels is None:
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    return parcels.geometry.to_numpy(), parcels["site_id"].to_numpy(dtype=object)


def _stands_on(shapes: NDArray[np.object_], land: NDArray[np.object_]) -> NDArray[np.int64]:
    """Pairs of a building and a parcel that it stands on by more than a sliver, shape (2, n)."""
    if not len(land):
        return np.empty((2, 0), dtype=np.int64)
    building, parcel = shapely.STRtree(land).query(shapes, predicate="intersects")
    common = shapely.area(shapely.intersection(shapes[building], land[parcel]))
    real = common > _SLIVER * shapely.area(shapes[building])
    return np.stack([building[real], parcel[real]])


def _joined(
    whole: NDArray[np.int64], number: int, on: NDArray[np.int64], parcels: int
) -> NDArray[np.int64]:
    """Lowest number of all that belongs together: buildings first, then parcels."""
    root = np.arange(number + parcels, dtype=np.int64)

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = int(root[node])
        return node

    for building, parcel in on.T:
        one, other = find(int(whole[building])), find(number + int(parcel))
        root[max(one, other)] = min(one, other)
    return np.array([find(node) for node in range(number + parcels)], dtype=np.int64)
