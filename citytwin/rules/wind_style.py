"""Colours and words of maps of the wind: of ratios, and of classes from the files of the rules."""

from __future__ import annotations

from collections.abc import Sequence

from citytwin.model.layer import Rgb, Style
from citytwin.model.palettes import DEVON, SPEED, spread
from citytwin.model.style_bins import bins
from citytwin.model.style_bins import classes as items_of
from citytwin.model.text import Text, text
from citytwin.model.wind_rule import WindClass, WindRule
from citytwin.rules.named import WIND_RULES

UNSURE = text("判定不能（手法の誤差が大きい）", "Unsure: the method's error leaves no class likely")
UNJUDGED = text("判定しない（高い建物の近く）", "Not judged: near a tall building")
_RATIOS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6)
_MEANS_M_S = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
_SHARES = (0.0, 50.0, 60.0, 70.0, 80.0, 90.0)
_UNSURE_RGB: Rgb = (205, 195, 219)
_UNJUDGED_RGB: Rgb = (126, 112, 146)
_DANGER: tuple[Rgb, ...] = ((221, 221, 219), (194, 150, 90), (147, 69, 75), (105, 27, 31))


def ratio_style() -> Style:
    """Return the style of a map of speed ratios that may exceed 1."""
    return Style(
        kind="class",
        unit="1",
        title=text("風速比", "Wind speed ratio"),
        items=bins(_RATIOS, SPEED[:9], "1"),
    )


def mean_style() -> Style:
    """Return the style of a map of mean speeds where people walk."""
    return Style(
        kind="class",
        unit="m/s",
        title=text("平均風速（歩行者の高さ）", "Mean wind speed where people walk"),
        items=bins(_MEANS_M_S, SPEED[:9], "m/s"),
    )


def probability_style() -> Style:
    """Return the style of a map of how sure classes are; below 50 % no class is shown."""
    return Style(
        kind="class",
        unit="%",
        title=text("風環境の等級の確からしさ", "How sure the class of wind comfort is"),
        items=bins(_SHARES, DEVON[1:7], "%"),
    )


def comfort_style(name: str) -> Style:
    """Return the style of a map of comfort classes.

    Parameters
    ----------
    name
        Of the rule.
    """
    rule = WIND_RULES.named(name)
    return _style(rule.title, rule.comfort, spread(SPEED[1:9], len(rule.comfort)))


def danger_style(name: str) -> Style:
    """Return the style of a map of danger classes.

    Parameters
    ----------
    name
        Of the rule.
    """
    rule = WIND_RULES.named(name)
    return _style(rule.title, rule.danger, spread(_DANGER, len(rule.danger)))


def sources(rule: WindRule) -> Text:
    """Say where a rule comes from, and what of it was not checked.

    Parameters
    ----------
    rule
        The rule.
    """
    ja = "。".join(line.ja for line in rule.unverified)
    en = "; ".join(line.en for line in rule.unverified)
    return text(
        f"出典: {rule.source}。未確認の点: {ja}。", f"Source: {rule.source}. Not checked: {en}."
    )


def comfort_summary(name: str) -> Text:
    """Return the summary of a map of comfort classes.

    Parameters
    ----------
    name
        Of the rule.
    """
    rule = WIND_RULES.named(name)
    told = sources(rule)
    return text(
        f"風の記録と風向別の風速比から、歩行者の高さの風の強さを「{rule.title.ja}」の等級で示します。"
        "等級は手法の誤差に対して半分以上の確からしさで決まる所だけに示し、風環境の証明には使えません。"
        f"{told.ja}",
        f'How windy it is where people walk, in the classes of "{rule.title.en}", from the wind '
        "record and the speed ratio of each direction. "
        "A class is shown only where the error of the method leaves it more likely than not, and is "
        f"no certificate. {told.en}",
    )


def danger_summary(name: str) -> Text:
    """Return the summary of a map of danger classes.

    Parameters
    ----------
    name
        Of the rule.
    """
    rule = WIND_RULES.named(name)
    told = sources(rule)
    return text(
        f"強風で歩行者が危険になる頻度を「{rule.title.ja}」の等級で示します。"
        f"風速の増加を計算できる手法によるときだけ作られます。{told.ja}",
        f'How often the wind endangers people who walk, in the classes of "{rule.title.en}". '
        f"Made only by methods that can see winds that speed up. {told.en}",
    )


def mean_summary() -> Text:
    """Return the summary of a map of mean speeds where people walk."""
    return text(
        "風の記録の平均風速を、風向別の風速比で地上 1.5 m の街路に換算した値です（静穏は 0 m/s と数えます）。"
        "風速比の誤差がそのまま入る目安で、高い建物の足元の強風は含みません。",
        "Mean wind speed of the record, brought down to 1.5 m in every street by the speed ratio of each"
        " direction (calms count as still air). "
        "As uncertain as the speed ratio; strong winds at the foot of towers are outside it.",
    )


def probability_summary() -> Text:
    """Return the summary of a map of how sure classes are."""
    return text(
        "風速比の誤差（正規分布、全風向に共通）を考えたときに、地図の等級が変わらない割合の下限です（最大 93 %）。"
        "設定で最初に挙げた基準についての値で、風の記録の誤差や気候の変化は含みません。",
        "Least share of the errors of the speed ratio (normal, the same for all directions) that leave the"
        " class of the map as it is, 93 % at most. "
        "For the first rule of the configuration; errors of the wind record, and changes of climate, are"
        " not in it.",
    )


def of_each_season(summary: Text) -> Text:
    """Return the summary of a map by season.

    Parameters
    ----------
    summary
        Of the map of all of the year.
    """
    return text(
        f"季節ごとの風の記録だけから求めたもので、スライダーで季節を選びます。{summary.ja}",
        f"Each season by its own winds; the slider chooses it. {summary.en}",
    )


def _style(title: Text, classes: Sequence[WindClass], colours: Sequence[Rgb]) -> Style:
    labels = [*(one.label for one in classes), UNSURE, UNJUDGED]
    shown = [*colours, _UNSURE_RGB, _UNJUDGED_RGB]
    return Style(kind="class", unit="1", title=title, items=items_of(labels, shown))
