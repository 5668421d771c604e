"""Warnings of JMA: levels, ranks that follow each other, drills, areas, copies in several kinds."""

from __future__ import annotations

import pytest
from jma_reports import headline, item, kind, report

from citytwin.errors import SourceError
from citytwin.formats.jma_warnings import FORMAT, JmaWarningParams, decode_jma_warnings
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS
from citytwin.store.tables import conform


def decode(raw, **params):
    """Decode a report."""
    return decode_jma_warnings(raw, "f.xml", JmaWarningParams.model_validate(params))


@pytest.mark.parametrize(
    ("name", "level", "severity"),
    [
        ("レベル５大雨特別警報", 5, "Extreme"),
        ("レベル４土砂災害危険警報", 4, "Severe"),
        ("レベル３氾濫警報", 3, "Severe"),
        ("レベル２高潮注意報", 2, "Moderate"),
        ("大雨特別警報", 5, "Extreme"),
        ("土砂災害警戒情報", 4, "Severe"),
        ("大雨警報", 3, "Severe"),
        ("洪水注意報", 2, "Moderate"),
        ("暴風特別警報", None, "Extreme"),
        ("暴風警報", None, "Severe"),
        ("雷注意報", None, "Moderate"),
        ("竜巻注意情報", None, "Unknown"),
    ],
)
def test_levels_are_read_or_those_that_a_name_is_equivalent_to(name, level, severity):
    """Full-width digits; wind, snow and thunder have no level."""
    (alert,) = decode(report(item(kind(name)))).alerts
    assert (alert.level, alert.severity, alert.message_type) == (level, severity, "Alert")
    assert (alert.area, alert.geocodes, alert.sender) == ("千代田区", ("JMA=1310100",), "気象庁")
    # 01:46 in Japan
    assert alert.sent_s == 1_789_922_760


def test_ranks_of_one_hazard_take_each_others_place():
    """Advisory, warning and their copies in other kinds of reports are one alert of the area."""
    names = ("大雨注意報", "大雨警報", "レベル４大雨危険警報", "レベル５大雨特別警報")
    parts = {decode(report(item(kind(name)))).alerts[0].part for name in names}
    assert parts == {"1310100:大雨"}


@pytest.mark.parametrize(
    "raw",
    [
        report(item(kind("大雨警報", status="解除"))),
        report(item(kind("解除", code="00"))),
        report(item(kind("発表警報・注意報はなし", code="00", status="発表警報・注意報はなし"))),
        report(item(kind("大雨警報")), info="取消"),
    ],
)
def test_what_is_lifted_is_a_cancellation(raw):
    """By the kind or by the whole report; no level is left."""
    (alert,) = decode(raw).alerts
    assert (alert.message_type, alert.level, alert.urgency) == ("Cancel", None, "Past")


@pytest.mark.parametrize(("status", "said"), [("訓練", "Exercise"), ("試験", "Test")])
def test_drills_never_take_the_place_of_warnings(status, said):
    """Their alerts have names of their own."""
    (alert,) = decode(report(item(kind("大雨警報")), status=status)).alerts
    assert (alert.status, alert.part) == (said, f"{said}:1310100:大雨")


def test_municipalities_go_before_prefectures_and_may_be_chosen():
    """Six digits are a part of a prefecture; municipalities may stand in the headline alone."""
    raw = report(
        item(kind("大雨警報"), name="東京地方", code="130010"),
        head=headline("大雨警報", "03", ("千代田区", "1310100"), ("中央区", "1310200")),
    )
    assert [alert.area for alert in decode(raw).alerts] == ["千代田区", "中央区"]
    chosen = decode(raw, municipalities=["13102"]).alerts
    assert [alert.area for alert in chosen] == ["中央区"]
    coarse = decode(report(item(kind("大雨警報"), name="東京地方", code="130010"))).alerts
    assert [alert.area for alert in coarse] == ["東京地方"]


def test_several_kinds_of_an_area_and_none():
    """A kind without a name says that nothing is warned of."""
    raw = report(item(kind("大雨警報", condition="土砂災害"), kind("雷注意報", "14"), kind("")))
    alerts = decode(raw).alerts
    assert [alert.part for alert in alerts] == ["1310100:大雨", "1310100:雷"]
    assert alerts[0].attributes["condition"] == "土砂災害"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"<Report/>", "no report of the Japan Meteorological Agency"),
        (report(), "warns of nothing"),
        (report(item(kind("大雨警報")), status="不明"), "none of 通常"),
        (report(item(kind("大雨警報")), info="?"), "none of 発表"),
        (report(item(kind("大雨警報")), time="2026-09-21T01:46:00"), "unknown zone"),
        (report(item(kind("大雨警報"))).replace("通常".encode(), b"\xff"), "declared as utf-8"),
        (report(item(kind("大雨警報")))[:-40], "not well-formed"),
    ],
)
def test_other_documents_are_refused(raw, words):
    """With the reason."""
    with pytest.raises(SourceError, match=words):
        decode(raw)


def test_an_area_without_code_is_set_aside():
    """The others stay."""
    raw = report(item(kind("大雨警報"), code="x"), item(kind("大雨警報")))
    batch = decode(raw)
    assert len(batch.alerts) == 1
    assert "is no code of an area" in batch.rejects[0].message


def test_a_later_report_counts(tmp_path):
    """Whichever order the files come in."""
    (tmp_path / "b.xml").write_bytes(report(item(kind("大雨注意報"))))
    later = report(item(kind("レベル３大雨警報")), time="2026-09-21T03:00:00+09:00")
    (tmp_path / "a.xml").write_bytes(later)
    files = (tmp_path / "a.xml", tmp_path / "b.xml")
    decoded = FORMAT.read(
        Dataset("s", tmp_path, files, "EPSG:6677", "Asia/Tokyo"), JmaWarningParams()
    )
    frame = conform(ALERTS, decoded.tables[ALERTS], "EPSG:6677")
    assert frame["event"].tolist() == ["レベル3大雨警報"]
    assert frame["level"].tolist() == [3]
