"""Leaves of trees over the year: how much of the sun comes through crowns, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Day
from datetime import datetime
from typing import Annotated, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator
from pydantic import Field as Bound

from citytwin.model import fields as f
from citytwin.model.fields import Field
from citytwin.model.notes import Note
from citytwin.model.reach import FieldRanges
from citytwin.model.site import Site
from citytwin.model.steps import Block, Params

_LEAP_YEAR = 2000
NORTHERN_LEAVES = ("04-07", "10-27")
"""First and last day in leaf north of the equator: days 97 to 300, as UMEP takes them."""
SOUTHERN_LEAVES = ("10-07", "04-27")
"""Half a year later."""


def _day_of(said: str) -> str:
    month, day = (int(part) for part in said.split("-"))
    Day(_LEAP_YEAR, month, day)
    return said


MonthDay = Annotated[str, Bound(pattern=r"^\d\d-\d\d$"), AfterValidator(_day_of)]
"""Such as 04-07 for 7 April."""


class Trees(Params):
    """How trees count, where the city has any: a ray that meets crowns is weakened once.

    The shares are those of direct light behind single street trees: 1.3 to 5.3 % in leaf and 40.2
    to 51.9 % without leaves (Konarska et al. 2014, Theor. Appl. Climatol. 117, 363-376).
    """

    count: bool = True
    """Whether trees count; rules on shade know buildings only."""
    in_leaf_share: float = Bound(default=0.03, ge=0, le=1)
    """Share of the light that passes crowns in leaf."""
    bare_share: float = Bound(default=0.46, ge=0, le=1)
    """Share of the light that passes crowns without leaves; for evergreens the share in leaf."""
    leaves: tuple[MonthDay, MonthDay] | None = None
    """First and last day in leaf, such as ["04-07", "10-27"], past the end of the year too; None =
    7 April to 27 October north of the equator, 7 October to 27 April south of it."""
    trunk_share: float = Bound(default=0.25, ge=0, le=0.95)
    """Share of a tree's height without branches, where no base of the crowns is given."""

    def in_leaf(self, days: Sequence[Day], latitude_deg: float) -> NDArray[np.bool_]:
        """Whether trees carry leaves on some days.

        Parameters
        ----------
        days
            Local days.
        latitude_deg
            Of the place, north positive [deg].
        """
        usual = NORTHERN_LEAVES if latitude_deg >= 0 else SOUTHERN_LEAVES
        first, last = self.leaves or usual
        names = np.array([f"{day.month:02d}-{day.day:02d}" for day in days], dtype="U5")
        after, before = names >= first, names <= last
        return after & before if first <= last else after | before

    def passes(self, moments: Sequence[datetime], site: Site) -> NDArray[np.float64]:
        """Share of the light that comes through crowns at some moments.

        Parameters
        ----------
        moments
            Aware.
        site
            Where on Earth.

        Returns
        -------
        array
            Shape (nt,), 0 to 1.
        """
        zone = ZoneInfo(site.time_zone)
        days = [moment.astimezone(zone).date() for moment in moments]
        return self.of_days(days, site)

    def of_days(self, days: Sequence[Day], site: Site) -> NDArray[np.float64]:
        """Share of the light that comes through crowns on some local days.

        Parameters
        ----------
        days
            Local days.
        site
            Where on Earth.

        Returns
        -------
        array
            Shape (n,), 0 to 1.
        """
        return np.where(self.in_leaf(days, site.latitude_deg), self.in_leaf_share, self.bare_share)


class Crowns(NamedTuple):
    """Surfaces of the crowns over a block."""

    top: NDArray[np.float32]
    """Shape (ny, nx) [m]; NaN where there is no tree."""
    base: NDArray[np.float32]
    """Shape (ny, nx) [m]."""


def crowns_of(block: Block, trees: Trees) -> Crowns | None:
    """Return the crowns over a block, or None where trees do not count or none stands there.

    Parameters
    ----------
    block
        With the surface; tops and bases of crowns are optional.
    trees
        How trees count.
    """
    top, base = block.get(f.CANOPY_TOP), block.get(f.CANOPY_BASE)
    if top is None or not trees.count or not np.isfinite(top).any():
        return None
    if base is None:
        surface = block[f.SURFACE_HEIGHT]
        base = (surface + np.float32(trees.trunk_share) * (top - surface)).astype(np.float32)
    return Crowns(top, base)


def unused_crowns(trees: Trees) -> tuple[Field, ...]:
    """Fields of crowns that a simulation makes no use of.

    Parameters
    ----------
    trees
        How trees count.
    """
    return () if trees.count else (f.CANOPY_TOP, f.CANOPY_BASE)


def relief_m(ranges: FieldRanges) -> float:
    """Height of the highest surface or crown of the city over its lowest surface [m].

    Parameters
    ----------
    ranges
        Extremes of the surface, and of the tops of crowns where there are any.
    """
    surface = ranges[f.SURFACE_HEIGHT]
    crowns = ranges.ranges.get(f.CANOPY_TOP)
    highest = surface.high if crowns is None else max(surface.high, crowns.high)
    return highest - surface.low


def tree_notes(block: Block, trees: Trees) -> tuple[Note, ...]:
    """Say whether and how trees count.

    Parameters
    ----------
    block
        With crowns or without.
    trees
        How trees count.
    """
    if not trees.count:
        # Whether there are any is not known here: what is of no use is not handed over.
        return (
            Note(
                severity="info",
                ja="樹木の影は指定により計算していません",
                en="Trees are left out, as the parameters say",
            ),
        )
    if block.get(f.CANOPY_TOP) is None:
        if block.get(f.CANOPY_BASE) is None:
            return ()
        return (
            Note(
                severity="loss",
                ja="樹冠の下端だけが与えられ、上端がないため、樹木の影を計算していません",
                en="Bases of crowns are given without their tops: trees cast no shade",
            ),
        )
    leaf, bare = 100 * trees.in_leaf_share, 100 * trees.bare_share
    return (
        Note(
            severity="info",
            ja=f"樹冠を通る直射光は着葉期 {leaf:.3g} %、落葉期 {bare:.3g} % が届くとして計算しています"
            "（いくつ通っても 1 回分）",
            en=f"Trees count: {leaf:.3g} % of the light passes their crowns in leaf, {bare:.3g} %"
            " without leaves, once for a ray however many it meets",
        ),
    )
