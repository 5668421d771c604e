"""Checks a site against the limits of shade of every zone that its buildings' shadows reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.kernels.shade_spells import shaded_spells
from citytwin.model.sun_rule import CountedSun, ShadeLimits
from citytwin.rules.casters import CastingFaces
from citytwin.rules.designation import Designation
from citytwin.rules.shade_lines import Shade, WorstPoint, lines_around, worst_far, worst_near
from citytwin.rules.sites import Measures, Sites
from citytwin.rules.sun_window import circle_at, shadow_bounds


@dataclass(frozen=True, eq=False)
class Block:
    """Buildings on their sites, with what they cast and how they are measured."""

    building_ids: NDArray[np.object_]
    sites: Sites
    measures: Measures
    outlines_m: NDArray[np.float64]
    """Length of the outline of each building, by which mean ground is weighed [m]."""
    casters: CastingFaces
    crs: str


@dataclass(frozen=True)
class SiteCheck:
    """A site under the limits of one zone."""

    designation: Designation
    near: WorstPoint
    far: WorstPoint
    shade: Shade

    @property
    def margin_h(self) -> float:
        """Least of limit minus hours [h]."""
        holds = self.designation
        return min(holds.near_h - self.near.hours, holds.far_h - self.far.hours)

    def spells_at(self, worst: WorstPoint) -> str | None:
        """Return when a point lies in the shade, such as ``08:00-10:24, 13:05-16:00``.

        Parameters
        ----------
        worst
            The point; without shade there is nothing to say.
        """
        if worst.hours == 0.0:
            return None
        point = np.array([worst.x, worst.y, self.shade.plane_z_m])
        spells = shaded_spells(point, self.shade.edges, self.shade.circle)
        return ", ".join(f"{_clock(begin)}-{_clock(end)}" for begin, end in spells)


def site_checks(
    block: Block,
    sun: CountedSun,
    limits: ShadeLimits,
    designations: Sequence[Designation],
    site: int,
) -> list[SiteCheck]:
    """Check a site against every zone that regulates one of its buildings and that it shades.

    Parameters
    ----------
    block
        All sites.
    sun, limits
        Of the rule.
    designations
        Limits of all zones.
    site
        Number of the site.

    Returns
    -------
    list of SiteCheck
        Empty where the site is not regulated.
    """
    members, land = block.sites.members[site], block.sites.land[site]
    holding = [d for d in designations if block.measures.regulated(d.regulated)[members].any()]
    if not holding or land.is_empty:
        return []
    edges = np.concatenate([block.casters.edges_of(int(row)) for row in members])
    if not len(edges):
        return []
    weights = block.outlines_m[members]
    ground = float(np.average(block.measures.ground_z_m[members], weights=weights))
    lines = lines_around(land, limits.near_line_m, limits.far_line_m)
    circle = circle_at(sun, land.centroid.x, land.centroid.y, block.crs)
    found = []
    for holds in holding:
        shade = Shade(edges, ground + holds.plane_m, circle)
        box = shadow_bounds(edges, shade.plane_z_m, circle)
        reach = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
        if holds.area is not None and not shapely.intersects(holds.area, reach):
            continue
        near = worst_near(shade, lines, box, holds.area)
        far = worst_far(shade, lines, box, holds.area)
        stands_in = holds.area is None or shapely.intersects(holds.area, land)
        if near.hours > 0.0 or far.hours > 0.0 or stands_in:
            found.append(SiteCheck(holds, near, far, shade))
    return found


def _clock(hours: float) -> str:
    minutes = round(hours * 60.0)
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
