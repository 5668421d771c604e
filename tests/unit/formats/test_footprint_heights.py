"""Heights of building outlines: the rule, lengths, what is usual."""

from __future__ import annotations

import numpy as np
import pytest
from footprint_files import HOUSE, NAMED, frame, read, row_of_houses, said, write

from citytwin.errors import SourceError
from citytwin.formats.footprints.lengths import UnreadableLengthError, metres_of
from citytwin.formats.footprints.usual import UsualHeights


@pytest.mark.parametrize(
    ("values", "height", "defects"),
    [
        ({"h": [9.0]}, 9.0, "height-recorded"),
        ({"h": [np.nan], "roof": [20.5]}, 17.0, "height-recorded"),
        ({"h": [np.nan]}, 12.8, "height-from-storeys"),
        ({"h": [0.0]}, 12.8, "height-from-storeys"),
        ({"h": [-9999.0]}, 12.8, "height-from-storeys"),
        ({"h": [-1.0]}, 12.8, "height-from-storeys"),
        ({"h": [5000.0]}, 12.8, "measured-height-absurd,height-from-storeys"),
        ({"h": [-3.0]}, 12.8, "measured-height-absurd,height-from-storeys"),
        ({"h": [np.inf], "floors": [0]}, None, "height-unknown"),
        ({"h": [np.nan], "floors": [9999]}, None, "height-unknown"),
        ({"h": ["12 m"]}, 12.0, "height-recorded"),
        ({"h": ["40 ft"]}, 12.192, "height-recorded"),
        ({"h": ["tall"]}, 12.8, "height-from-storeys"),
    ],
)
def test_the_rule_of_heights(tmp_path, values, height, defects):
    """Recorded, else roof minus ground (20.5 - 3.5), else 4 storeys of 3.2 m, else unknown."""
    path = write(tmp_path, frame(HOUSE, **values), "a.parquet")
    buildings, _, decoded = read(path, **NAMED, storey_m=3.2, unknown_height="flat")
    row = buildings.iloc[0]
    assert row["defects"] == defects
    if height is None:
        assert np.isnan(row["height_m"])
        assert buildings["height_from"].isna().all()
        assert ("loss", "1 buildings have no known height and count as flat") in said(decoded)
    else:
        assert row["height_m"] == pytest.approx(height)
        by_storeys = "height-from-storeys" in defects
        assert row["height_from"] == ("storeys" if by_storeys else "attribute")
    assert [r.code for r in decoded.rejects] == ["height-unreadable"] * (values["h"] == ["tall"])


def test_the_roof_gives_the_ground_where_only_the_height_is_known(tmp_path):
    """Roof at 20 m, 12 m high: the foot is at 8 m."""
    path = write(tmp_path, frame(HOUSE, ground=[np.nan], roof=[20.0]), "a.parquet")
    row = read(path, **NAMED)[0].iloc[0]
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (8.0, 20.0, 12.0)


@pytest.mark.parametrize("ground", [np.nan, -9999.0, 1e6])
def test_ground_that_is_not_known_is_marked(tmp_path, ground):
    """As in every outline without a height."""
    row = read(write(tmp_path, frame(HOUSE, ground=[ground]), "a.parquet"), **NAMED)[0].iloc[0]
    assert "ground-unknown" in row["defects"].split(",")
    assert ("elevation-absurd" in row["defects"]) == (ground == 1e6)
    assert row["height_m"] == 12.0


def test_houses_without_height_get_the_median_of_their_region(tmp_path):
    """Eleven houses of 5 to 15 m near by: 10 m. Far away the median of all sixteen counts.

    Far away there are five towers of 50 m, too few to speak for their region: of 5, ..., 15 and
    five times 50 the median is the mean of the eighth and ninth, 12.5 m.
    """
    near, far = row_of_houses(12), row_of_houses(6, start=5000.0)
    heights = [*map(float, range(5, 16)), np.nan, *[50.0] * 5, np.nan]
    path = write(tmp_path, frame(*near, *far, h=heights, floors=[None] * 18), "a.gpkg")
    buildings, _, decoded = read(path, **NAMED)
    assumed = buildings[buildings["defects"] == "height-assumed"]
    assert assumed["building_id"].tolist() == ["b11", "b17"]
    assert assumed["height_m"].tolist() == [10.0, 12.5]
    assert assumed["measured_height_m"].isna().all()
    told = (
        "2 buildings record neither height nor storeys and have the median height of their region"
    )
    assert ("fallback", told) in said(decoded)


def test_a_few_heights_speak_for_nobody(tmp_path):
    """Nine known heights are too few: the tenth house stays flat, and is told."""
    heights = [*[8.0] * 9, np.nan]
    path = write(tmp_path, frame(*row_of_houses(10), h=heights, floors=[None] * 10), "a.gpkg")
    row = read(path, **NAMED)[0].iloc[-1]
    assert row["defects"] == "height-unknown"


def test_usual_heights_pass_over_what_has_no_place():
    """Places that are not finite neither count nor fail."""
    usual = UsualHeights(100.0)
    x = np.array([np.inf, np.nan, *[5.0] * 10])
    usual.add(x, np.zeros(12), np.array([99.0, 99.0, *[4.0] * 10]))
    usual.finish()
    assert usual.at(np.array([7.0, np.inf]), np.array([7.0, 7.0])) == [4.0, 4.0]


@pytest.mark.parametrize(
    ("value", "unit", "metres"),
    [
        (12, "m", 12.0),
        (100.0, "ft", 30.48),
        ("12,5", "m", 12.5),
        ("12.5m", "ft", 12.5),
        ("40'", "m", 12.192),
        ("12'6\"", "m", 3.81),
        (" 3 metres ", "m", 3.0),
        (None, "m", None),
        ("", "m", None),
        (float("nan"), "m", None),
        (10**400, "m", None),
    ],
)
def test_lengths(value, unit, metres):
    """Bare numbers in the unit declared; texts with a unit of their own in that."""
    expected = None if metres is None else pytest.approx(metres)
    assert metres_of(value, unit) == expected


@pytest.mark.parametrize("value", ["tall", "12;13", "1e3", "12 km", "9" * 400, "~5", True])
def test_what_is_no_length(value):
    """Told, not guessed."""
    with pytest.raises(UnreadableLengthError):
        metres_of(value, "m")


def test_feet_are_declared_or_refused(tmp_path):
    """A column that speaks of feet is refused until the unit is declared, either way."""
    path = write(tmp_path, frame(HOUSE, HEIGHT_FT=[100.0]), "a.parquet")
    with pytest.raises(SourceError, match=r"feet in the column 'HEIGHT_FT'.*height_unit"):
        read(path, height_column="HEIGHT_FT")
    row = read(path, height_column="HEIGHT_FT", height_unit="ft")[0].iloc[0]
    assert row["height_m"] == pytest.approx(30.48)
    row = read(path, height_column="HEIGHT_FT", height_unit="m")[0].iloc[0]
    assert row["height_m"] == 100.0
