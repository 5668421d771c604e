"""Wind comfort and the wind of the moment: from record and ratio to the map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.errors import StepError
from citytwin.kernels.wind_climate import Sector
from citytwin.kernels.wind_profile import site_over_station
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model.axes import Direction, Season, evenly
from citytwin.model.grid import GridSpec
from citytwin.model.lag import Lag
from citytwin.model.layer import ValueRange
from citytwin.model.reach import FieldRanges
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.wind_climate.comfort import BY_SEASON, reach_m
from citytwin.simulations.wind_climate.comfort import SIMULATION as COMFORT
from citytwin.simulations.wind_climate.gaps import bridge_note
from citytwin.simulations.wind_climate.methods import METHODS
from citytwin.simulations.wind_climate.now import SIMULATION as NOW
from citytwin.simulations.wind_climate.params import SEASONS, WindComfortParams
from citytwin.simulations.wind_climate.station import climate, station_wind

GRID = GridSpec("EPSG:6677", 0.0, 60.0, 2.0, 30, 40)
SITE = Site(139.8333, 36.0, 0.0, "Asia/Tokyo")
RATIO = f.WIND_SPEED_RATIO_BY_DIRECTION
BEGIN_S = 1_767_193_200.0
"""2026-01-01 00:00 in Tokyo."""


def records(
    speed: np.ndarray, from_deg: np.ndarray, mast_m: float = 10.0, step_s: float = 3600.0
) -> dict[p.ObservedProperty, Record]:
    """Hourly means of a mast."""
    start = BEGIN_S + step_s * np.arange(len(speed))
    kept = {"source": "wx", "thing": "urn:a", "station": "Harbour", "sensor_height_m": mast_m}
    return {
        p.WIND_SPEED: Record(p.WIND_SPEED, start, start + step_s, np.array(speed, float), **kept),
        p.WIND_DIRECTION: Record(
            p.WIND_DIRECTION, start, start + step_s, np.array(from_deg, float), **kept
        ),
    }


def storms(mast_m: float = 10.0) -> dict[p.ObservedProperty, Record]:
    """A year of Weibull winds, c = 6, k = 2, half from the north, half from the south."""
    rng = np.random.default_rng(3)
    speed = 6.0 * rng.weibull(2.0, 8760)
    return records(speed, np.where(rng.random(8760) < 0.5, 0.0, 180.0), mast_m)


def block(
    given: dict[p.ObservedProperty, Record], ratio: float = 0.6, tower: bool = False
) -> Block:
    """Open ground with one ratio for all directions; a tower of 40 m in the north-west corner."""
    surface = np.full(GRID.shape, 3.0, dtype=np.float32)
    surface[20, 20] = np.nan
    if tower:
        surface[:3, :3] = 43.0
    arrays = {
        f.SURFACE_HEIGHT: surface,
        f.TERRAIN: np.where(np.isnan(surface), np.nan, 3.0).astype(np.float32),
        RATIO: np.full((4, *GRID.shape), ratio, dtype=np.float32),
    }
    return Block(arrays, given, GRID, GRID.whole, SITE, directions={RATIO: evenly(4)})


def comfort(given: dict[p.ObservedProperty, Record], **params: Any) -> Outcome:
    """Classes on open ground."""
    return COMFORT.run(block(given), WindComfortParams.model_validate(params))


def test_the_class_of_open_ground() -> None:
    """Ratio 0.6 at 1.75 m of a 10 m wind: c = 6 x 0.6 x site over station, then by the formula."""
    down = site_over_station(10.0, np.array([0.03]), 1.75, 0.2, 200.0)[0]
    exceeded = np.exp(-((5.0 / (6.0 * 0.6 * down)) ** 2))
    assert exceeded < 0.01, "class A by far"
    outcome = comfort(storms())
    made = outcome.fields[f.WIND_COMFORT_NEN_8100]
    assert made[5, 5] == 0
    assert made[20, 20] == f.CLASS_NODATA
    assert outcome.fields[f.WIND_CLASS_PROBABILITY][5, 5] > 60
    mean = outcome.fields[f.WIND_SPEED_MEAN][5, 5]
    walking = site_over_station(10.0, np.array([0.03]), 1.5, 0.2, 200.0)[0]
    assert mean == pytest.approx(6.0 * 0.8862 * 0.6 * walking, rel=0.02)


def test_a_proxy_is_labelled_and_gives_no_danger() -> None:
    """What it cannot see is not mapped, and the map says that it is no certificate."""
    outcome = comfort(storms(), rules=["nen_8100", "lawson_lddc"])
    assert f.WIND_DANGER_NEN_8100 not in outcome.fields
    first = outcome.notes[0]
    assert first.severity == "fallback"
    assert "no certificate" in first.en
    assert "±0.24" in first.en
    assert "証明には使えません" in first.ja


def test_what_was_assumed_and_not_checked_is_said() -> None:
    """Mast, roughness, length of the record, means of another time, the source of the rule."""
    short = comfort(records(np.full(48, 3.0), np.full(48, 10.0), step_s=600.0), rules=["nen_8100"])
    said = [note.en for note in short.notes]
    assert any("anemometer at 10 m by way of 200 m" in line for line in said)
    assert any("1 days is no wind climate" in line for line in said)
    assert any("No wind was recorded from 3 directions" in line for line in said)
    assert any("The record has means of 10 minutes, not the 60" in line for line in said)
    assert any("not checked against the original: NEN 8100" in line for line in said)


def test_near_towers_nothing_is_judged() -> None:
    """Within 40 m of a tower of 40 m, at least, and not beyond a quarter more."""
    given = block(storms(), tower=True)
    made = COMFORT.run(given, WindComfortParams()).fields[f.WIND_COMFORT_NEN_8100]
    weak = made == 6
    assert weak[0, : 3 + 20].all()
    assert not weak[0, 3 + 26 :].any()
    low = FieldRanges({f.SURFACE_HEIGHT: ValueRange(3.0, 43.0)})
    assert reach_m(WindComfortParams(), low, 2.0) == pytest.approx(52.0)


def test_the_height_of_the_mast_is_never_guessed() -> None:
    """Unknown, it is an error that says what to give; given, it counts."""
    unknown = storms(mast_m=float("nan"))
    with pytest.raises(StepError, match="how high the anemometer of station Harbour") as caught:
        comfort(unknown)
    assert "mast_height_m" in caught.value.hint
    high = comfort(unknown, mast_height_m=40.0).fields[f.WIND_SPEED_MEAN][5, 5]
    low = comfort(unknown, mast_height_m=10.0).fields[f.WIND_SPEED_MEAN][5, 5]
    assert high < low, "a high mast feels more of the wind aloft"


@pytest.mark.parametrize(
    ("params", "match"),
    [
        ({"station_roughness_m": [0.1, 0.2]}, "2 values for 4 directions"),
        ({"mast_height_m": 300.0}, "blending height 200 m must lie above"),
        ({"approach_roughness_m": 2.0}, "above the roughness length"),
    ],
)
def test_lengths_that_do_not_fit(params: dict[str, Any], match: str) -> None:
    """Named, with what to check."""
    with pytest.raises(StepError, match=match):
        comfort(storms(), **params)


def test_directions_must_be_those_of_the_sectors() -> None:
    """Ratios of 0 and 90 degrees leave half the winds without any."""
    given = block(storms())
    some = Block(
        {**given.arrays, RATIO: given[RATIO][:2]}, given.records, GRID, GRID.whole, SITE,
        directions={RATIO: (Direction(0.0), Direction(90.0))},
    )  # fmt: skip
    with pytest.raises(StepError, match="leave winds without a ratio"):
        COMFORT.run(some, WindComfortParams())


def test_the_strongest_wind_of_each_day() -> None:
    """Three days: 8 m/s from the north, calm, 5 m/s from the east; a fourth of three hours is none."""
    speed = np.full(75, 0.2)
    from_deg = np.full(75, 90.0)
    speed[7], from_deg[7], speed[60] = 8.0, 350.0, 5.0
    speed[74] = 30.0
    station = station_wind(block(records(speed, from_deg)), WindComfortParams(), "test")
    strongest, sides, days = station.strongest()
    assert strongest.tolist() == [8.0, 5.0]
    assert sides.tolist() == [350.0, 90.0]
    assert days == 3
    sectors, times = climate(station, np.ones(4), by_day=True)
    assert times == 3
    assert [round(one.frequency, 4) for one in sectors] == [0.3333, 0.3333, 0, 0]
    assert isinstance(sectors[0], Sector)


def test_months_that_count() -> None:
    """Half a year of 1 m/s, from July on 9 m/s: the summer alone is windy."""
    speed = np.where(np.arange(8760) < 181 * 24, 1.0, 9.0)
    given = records(speed, np.zeros(8760))
    summer = comfort(given, months=[7, 8]).fields[f.WIND_SPEED_MEAN][5, 5]
    spring = comfort(given, months=[3, 4, 5]).fields[f.WIND_SPEED_MEAN][5, 5]
    assert summer == pytest.approx(9 * spring, rel=1e-4)


def test_the_windiest_season_decides() -> None:
    """Winters of 40 m/s, summers of 1 m/s: rank 1 in summer, rank 4 where winter counts as well."""
    hours = np.arange(8760)
    winter = (hours < 59 * 24) | (hours >= 334 * 24)
    given = records(np.where(winter, 40.0, 1.0), np.zeros(8760))
    place = block(given, ratio=0.6)

    def class_of(**params: Any) -> int:
        outcome = COMFORT.run(place, WindComfortParams.model_validate(params))
        return int(outcome.fields[f.WIND_COMFORT_MURAKAMI][5, 5])

    assert class_of(rules=["murakami"], months=[6, 7, 8]) == 0
    assert class_of(rules=["murakami"], months=[6, 7, 8, 12, 1, 2], each_season=True) == 3
    assert WindComfortParams(months=(1, 4, 5), each_season=True).spans == ((1,), (4, 5))
    told = COMFORT.run(place, WindComfortParams.model_validate({"each_season": True})).notes
    assert any("that of the windiest" in note.en for note in told)


def test_seasons_apart_are_those_of_their_months() -> None:
    """One run has the maps of five, with rules on hours and on days; the year stays as it was."""
    rules = {"rules": ["murakami", "nen_8100"]}
    whole = comfort(storms(), **rules)
    apart = comfort(storms(), by_season=True, **rules)
    for field, values in whole.fields.items():
        np.testing.assert_array_equal(apart.fields[field], values)
        for number, months in enumerate(SEASONS):
            alone = comfort(storms(), months=months, **rules).fields[field]
            np.testing.assert_array_equal(apart.fields[BY_SEASON[field]][number], alone)
    assert set(apart.fields) == {*whole.fields, *(BY_SEASON[field] for field in whole.fields)}
    assert "March to May 92 days" in " ".join(note.en for note in apart.notes)


def test_a_season_without_a_record_is_blank_and_the_others_stand() -> None:
    """Half a year from January on: nothing of September to November."""
    made = comfort(records(np.full(181 * 24, 6.0), np.zeros(181 * 24)), by_season=True)
    classes = made.fields[f.WIND_COMFORT_NEN_8100_BY_SEASON]
    mean = made.fields[f.WIND_SPEED_MEAN_BY_SEASON]
    assert (classes[3] == f.CLASS_NODATA).all()
    assert np.isnan(mean[3]).all()
    assert np.isfinite(mean[:3, 5, 5]).all()
    (blank,) = [note for note in made.notes if "the map of it is blank" in note.en]
    assert blank.severity == "fallback"
    assert "in September to November:" in blank.en
    nothing = comfort(records(np.full(48, 0.1), np.full(48, 10.0)), by_season=True)
    assert nothing.fields[f.WIND_COMFORT_NEN_8100_BY_SEASON].shape == (4, *GRID.shape)


def test_seasons_are_made_of_the_months_that_count() -> None:
    """And no climate by hand has any."""
    given = WindComfortParams(months=(1, 4, 5), by_season=True)
    assert COMFORT.seasons(given) == (Season((1,)), Season((4, 5)))
    assert COMFORT.seasons(WindComfortParams(months=(1,))) == ()
    with pytest.raises(ValidationError, match="leave out months, each_season and by_season"):
        WindComfortParams.model_validate(by_hand(by_season=True))


def test_calms_only_map_nothing() -> None:
    """The loss is told."""
    outcome = comfort(records(np.full(48, 0.1), np.full(48, 10.0)))
    assert (outcome.fields[f.WIND_COMFORT_NEN_8100] == f.CLASS_NODATA).all()
    assert outcome.notes[0].severity == "loss"


def of_four(given: dict[p.ObservedProperty, Record], **params: object) -> Outcome:
    """The wind of the moment where the ratios from N, E, S and W are 0.2, 0.6, 0.8 and 0.4."""
    ratio = np.stack([np.full(GRID.shape, share, np.float32) for share in (0.2, 0.6, 0.8, 0.4)])
    varied = Block({RATIO: ratio}, given, GRID, GRID.whole, SITE, directions={RATIO: evenly(4)})
    return NOW.run(varied, NOW.params.model_validate(params))


WALKING = site_over_station(10.0, np.array([0.03]), 1.5, 0.2, 200.0)[0]


def test_the_wind_of_the_moment() -> None:
    """The last wind up to the time asked for, between the ratios of its two directions."""
    given = records(np.array([4.0, 6.0]), np.array([45.0, 180.0]))
    last = of_four(given)
    assert last.fields[f.WIND_SPEED_NOW][0, 0] == pytest.approx(6.0 * WALKING * 0.8, rel=1e-6)
    assert last.valid_time is not None
    assert last.valid_time.timestamp() == BEGIN_S + 3600.0
    first = of_four(given, moment="2026-01-01T00:30:00+09:00")
    assert first.fields[f.WIND_SPEED_NOW][0, 0] == pytest.approx(4.0 * WALKING * 0.4, rel=1e-6)
    with pytest.raises(StepError, match="no wind with a direction up to 2025"):
        of_four(given, moment="2025-01-01T00:00:00+09:00")


def test_a_calm_of_the_moment_is_no_wind() -> None:
    """Not the wind of an hour before; it needs no direction."""
    calm = of_four(records(np.array([4.0, 6.0, 0.1]), np.array([45.0, 180.0, np.nan])))
    assert (calm.fields[f.WIND_SPEED_NOW] == 0.0).all()
    assert calm.valid_time is not None
    assert calm.valid_time.timestamp() == BEGIN_S + 7200.0
    assert any("0.1 m/s: calm" in note.en for note in calm.notes)


def test_no_wind_at_all_leaves_the_map_blank_and_says_so() -> None:
    """The other maps of the night do not wait for a vane."""
    none = of_four(records(np.array([4.0]), np.array([np.nan])))
    assert np.isnan(none.fields[f.WIND_SPEED_NOW]).all()
    assert [note.severity for note in none.notes] == ["loss"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("grid_point", "a weather model, as its analysis or forecast, has 6.0 m/s"),
        ("weather_station", "the observation has 6.0 m/s"),
        ("", "the record, an observation or forecast, has 6.0 m/s"),
    ],
)
def test_the_map_says_what_was_measured(kind: str, said: str) -> None:
    """As far as the feed tells."""
    given = records(np.array([6.0]), np.array([180.0]))
    notes = of_four({key: replace(one, kind=kind) for key, one in given.items()}).notes
    assert any(said in note.en for note in notes)
    measured = any(note.en.startswith("Wind measured at station Harbour") for note in notes)
    assert measured == (kind != "grid_point")


def test_of_a_record_to_come_the_first_wind_is_shown_and_of_an_old_one_the_last() -> None:
    """With a remark; a vane that stopped a day before the cup makes the wind a day older."""
    speed, from_deg = np.array([4.0, 6.0, *[5.0] * 24]), np.array([45.0, 180.0, *[np.nan] * 24])
    given = records(speed, from_deg)

    def made(lag: Lag | None) -> tuple[float, list[str]]:
        outcome = of_four({key: replace(one, lag=lag) for key, one in given.items()})
        told = [note.en for note in outcome.notes if "the run" in note.en]
        return float(outcome.fields[f.WIND_SPEED_NOW][0, 0]), told

    to_come, told = made(Lag(0.0, ahead=True))
    assert to_come == pytest.approx(4.0 * WALKING * 0.4, rel=1e-6)
    assert told == [
        "All of the record is later than the run: its first value is shown, of 2026-01-01 00:00 local time"
    ]
    old, told = made(Lag(6 * 86400.0))
    assert old == pytest.approx(6.0 * WALKING * 0.8, rel=1e-6)
    (one,) = told
    assert "2026-01-01 01:00 local time, a week or more before the run" in one
    assert "a day or more" in made(None)[1][0]


@pytest.mark.parametrize(("lost", "said"), [(0, 0), (1, 1), (5, 1)])
def test_a_vane_that_stopped_hours_ago_is_told(lost: int, said: int) -> None:
    """Hours of speeds alone at the end of the record."""
    speed = np.array([4.0, 6.0, *[5.0] * lost])
    given = records(speed, np.array([45.0, 180.0, *[np.nan] * lost]))
    notes = [note.en for note in of_four(given).notes]
    told = f"The record goes on for {lost} h without a direction, which cannot be shown"
    assert notes.count(told) == said
    to_come = {key: replace(one, lag=Lag(0.0, ahead=True)) for key, one in given.items()}
    assert told not in [note.en for note in of_four(to_come).notes]


def test_a_direction_that_came_to_no_flow_blanks_nothing_else() -> None:
    """Of eight directions the east is missing: the mean of 0.2 and 0.6 stands for it."""
    given = block(records(np.array([1.5]), np.array([90.0])))
    ratio = np.full((8, *GRID.shape), 0.2, np.float32)
    ratio[3] = 0.6
    ratio[2, 1:] = np.nan
    ratio[2:4, 5] = np.nan
    around = {RATIO: evenly(8)}
    arrays = {**given.arrays, RATIO: ratio}
    lost = Block(arrays, given.records, GRID, GRID.whole, SITE, directions=around)
    walking = site_over_station(10.0, np.array([0.03]), 1.5, 0.2, 200.0)[0]
    made = NOW.run(lost, NOW.params())
    wind = made.fields[f.WIND_SPEED_NOW]
    assert wind[0, 0] == pytest.approx(1.5 * walking * 0.2, rel=1e-6)
    assert wind[1, 0] == pytest.approx(1.5 * walking * 0.4, rel=1e-6)
    assert np.isnan(wind[5]).all()  # two in a row
    told = " ".join(note.en for note in made.notes)
    assert "the mean of the two beside it" not in told  # no tile of the proxy lacks a direction
    flow = NOW.params.model_validate({"method": "flow"})
    (bridge,) = bridge_note(flow, 8)
    assert "the mean of the two beside it" in bridge.en
    assert bridge_note(flow, 7) == ()  # the two beside are more than 90 degrees apart
    assert "may move air as much" in told
    classes = COMFORT.run(lost, WindComfortParams()).fields[f.WIND_COMFORT_NEN_8100]
    assert (classes[1:5, 5:] != f.CLASS_NODATA).all()
    assert (classes[5] == f.CLASS_NODATA).all()


def by_hand(**more: Any) -> dict[str, Any]:
    """A climate table: half the time from the north, a quarter from the east, else calm."""
    wind = {"scale_m_s": 6.0, "shape": 2.0}
    shares = (0.5, 0.25, 0.0, 0.0)
    return {
        "sectors": [{"frequency_share": share, **wind} for share in shares],
        "mast_height_m": 10.0,
        **more,
    }


def test_gusts_of_the_flow() -> None:
    """Mean 0.6 and scalar speed 1: deviation sqrt(0.64 / 3), gust 0.6 + 3.5 of it; then by the formula."""
    flow = {
        f.WIND_SPEED_RATIO_OF_FLOW: np.ones((4, *GRID.shape), np.float32),
        f.WIND_ALONG_X_OF_FLOW: np.full((4, *GRID.shape), -0.36, np.float32),
        f.WIND_ALONG_Y_OF_FLOW: np.full((4, *GRID.shape), 0.48, np.float32),
    }
    given = block({})
    place = Block(
        {**given.arrays, **flow},
        {},
        GRID,
        GRID.whole,
        SITE,
        directions=dict.fromkeys(flow, evenly(4)),
    )
    gust = 0.6 + 3.5 * np.sqrt(0.64 / 3.0)
    down = site_over_station(10.0, np.array([0.03]), 1.5, 0.3, 200.0)[0]

    def class_of(scale_m_s: float, **more: Any) -> int:
        hand = by_hand(rules=["lawson_lddc"], method="flow", **more)
        for sector in hand["sectors"]:
            sector["scale_m_s"] = scale_m_s
        params = WindComfortParams.model_validate(hand)
        return int(COMFORT.run(place, params).fields[f.WIND_COMFORT_LAWSON_LDDC][5, 5])

    # So that 6 m/s is exceeded in 5 % of all times by gusts over 1.85, wind blowing in three quarters.
    edge = 6.0 / (gust / 1.85 * down) / np.sqrt(np.log(0.75 / 0.05))
    assert class_of(0.8 * edge, gusts="flow") == 1
    assert class_of(1.22 * edge, gusts="flow") == 2
    # By assumed gusts, (1 + 3.5 x 0.25) / 1.85 = 1.01 of the mean, a fifth stronger winds are as calm.
    assert class_of(1.08 * edge) == 1
    apart = {**place.directions, f.WIND_ALONG_Y_OF_FLOW: (Direction(0.0),)}
    mixed = Block(place.arrays, {}, GRID, GRID.whole, SITE, directions=apart)
    wishes = by_hand(rules=["lawson_lddc"], method="flow", gusts="flow")
    with pytest.raises(StepError, match="wind_along_y_of_flow has other directions than"):
        COMFORT.run(mixed, WindComfortParams.model_validate(wishes))
    asked = WindComfortParams.model_validate(wishes)
    assert f.WIND_ALONG_X_OF_FLOW in COMFORT.required(asked)
    told = " ".join(note.en for note in COMFORT.run(place, asked).notes)
    assert "Gusts by the turbulence of the flow, 3.5 standard deviations" in told
    for wrong in ({"method": "proxy"}, {"gust_factor_ratio": 2.0}):
        with pytest.raises(ValidationError, match="gusts: flow"):
            WindComfortParams.model_validate(wishes | wrong)


def test_a_climate_by_hand_needs_no_record() -> None:
    """Mean and exceedance follow from the table; nothing of a station is said."""
    outcome = comfort({}, **by_hand())
    walking = site_over_station(10.0, np.array([0.03]), 1.5, 0.2, 200.0)[0]
    mean = 0.75 * 6.0 * 0.886227 * 0.6 * walking
    assert outcome.fields[f.WIND_SPEED_MEAN][5, 5] == pytest.approx(mean, rel=1e-5)
    assert outcome.fields[f.WIND_COMFORT_NEN_8100][5, 5] == 0
    said = " ".join(note.en for note in outcome.notes)
    assert "Climate by hand: Weibull distributions of 4 directions, calms 25%" in said
    assert "station" not in said.replace("around the station", "")
    assert COMFORT.required(WindComfortParams.model_validate(by_hand())) == (
        f.SURFACE_HEIGHT,
        RATIO,
    )


def test_climates_by_hand_that_make_no_sense() -> None:
    """No height, seasons of a table, more than all times; too few sectors; days of a table."""
    for wrong, match in (
        ({"mast_height_m": None}, "need mast_height_m"),
        ({"each_season": True}, "of no month"),
        ({"sectors": by_hand()["sectors"] * 2}, "add up to 1.5"),
    ):
        with pytest.raises(ValidationError, match=match):
            WindComfortParams.model_validate(by_hand() | wrong)
    with pytest.raises(StepError, match="3 sectors by hand for speed ratios of 4 directions"):
        comfort({}, **by_hand(sectors=by_hand()["sectors"][:3]))
    with pytest.raises(StepError, match="strongest wind of each day"):
        comfort({}, **by_hand(rules=["murakami"]))
    with pytest.raises(StepError, match="no record of wind"):
        comfort({})


def test_a_method_that_sees_speed_up_classes_danger(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where winds speed up by half, c = 9 m/s at the mast is danger; nothing is left unjudged."""
    seeing = replace(METHODS["proxy"], sees_speed_up=True, weak_from_m=None, error=0.0)
    monkeypatch.setitem(METHODS, "proxy", seeing)
    strong = by_hand(rules=["nen_8100", "lawson_lddc"], approach_roughness_m=0.03)
    for sector in strong["sectors"]:
        sector["scale_m_s"] = 9.0
    params = WindComfortParams.model_validate(strong)
    down = site_over_station(10.0, np.array([0.03]), 1.75, 0.03, 200.0)[0]
    assert 0.75 * np.exp(-((15.0 / (9.0 * 1.5 * down)) ** 2)) > 0.003
    outcome = COMFORT.run(block({}, ratio=1.5, tower=True), params)
    assert set(outcome.fields) == set(COMFORT.made(params))
    assert outcome.fields[f.WIND_DANGER_NEN_8100][1, 10] == 2
    assert outcome.fields[f.WIND_COMFORT_NEN_8100][1, 10] == 4
    calm = COMFORT.run(block({}, ratio=0.3), params).fields[f.WIND_DANGER_NEN_8100]
    assert calm[5, 5] == 0
    assert calm[20, 20] == f.CLASS_NODATA
    assert reach_m(params, FieldRanges({f.SURFACE_HEIGHT: ValueRange(0.0, 50.0)}), 2.0) == 0.0
