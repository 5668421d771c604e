"""Means over time of what things observed, as assessments of traffic take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from citytwin.model.tables import Flag

if TYPE_CHECKING:
    import pandas as pd


def good_of(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the good observations that have a value, in order of time.

    Parameters
    ----------
    observations
        Rows of the table ``observations``.
    """
    good = observations[(observations["flag"] == int(Flag.GOOD)) & observations["result"].notna()]
    return good.sort_values(["phenomenon_start", "phenomenon_end"], kind="stable")


def estimated_of(observations: pd.DataFrame) -> pd.DataFrame:
    """Return the estimates that stand in place of observations, in order of time.

    Parameters
    ----------
    observations
        Rows of the table ``observations``.
    """
    estimated = observations[observations["flag"] == int(Flag.ESTIMATED)]
    return estimated.sort_values(["phenomenon_start", "phenomenon_end"], kind="stable")


def means_over_time(good: pd.DataFrame) -> pd.DataFrame:
    """Average the observations of each thing and property over time.

    An hour counts twelve times as much as five minutes. Where all observations of a thing and
    property are instants, each counts once; beside intervals an instant says nothing of how long
    it lasted, and counts as one second.

    Parameters
    ----------
    good
        Rows of :func:`good_of`, or of :func:`estimated_of`.

    Returns
    -------
    pandas.DataFrame
        By thing and property, in their order: the mean `value` in the unit of the property, the
        number of `observations`, and the time of the `latest`.
    """
    length = (good["phenomenon_end"] - good["phenomenon_start"]).dt.total_seconds()
    weight = length.where(length > 0.0, 1.0)
    weighted = good.assign(weight=weight, weighted=good["result"] * weight)
    means = weighted.groupby(["thing", "property"], sort=True).agg(
        weighted=("weighted", "sum"),
        weight=("weight", "sum"),
        observations=("result", "size"),
        latest=("phenomenon_end", "max"),
    )
    means["value"] = means["weighted"] / means["weight"]
    return means[["value", "observations", "latest"]].reset_index()


def sources_used(reported: pd.DataFrame, things: pd.DataFrame) -> tuple[frozenset[str], ...]:
    """Return the sources of the rows that were used: of the observations, and of their things.

    Parameters
    ----------
    reported
        Observations that were looked at.
    things
        All things; a weather station in the same table is no ancestor of traffic.
    """
    named = things[things["thing"].isin(reported["thing"])]
    return frozenset(reported["source"]), frozenset(named["source"])
