"""Colours and words of maps of the wind: of ratios, and of classes from the files of the rules."""

from __future__ import annotations

from collections.abc import Sequence

from citytwin.model.layer import Rgb, Style
from citytwin.model.palettes import SPEED, spread
from citytwin.model.style_bins import bins
from citytwin.model.style_bins import classes as items_of
from citytwin.model.text import Text, text
from citytwin.model.wind_rule import WindClass, WindRule
from citytwin.rules.named import WIND_RULES

UNSURE = text("判定不能（手法の誤差が大きい）", "Unsure: the method's error leaves no class likely")
UNJUDGED = text("判定しない（高い建物の近く）", "Not judged: near a tall building")
_RATIOS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.2, 1.4, 1.6)
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


def _style(title: Text, classes: Sequence[WindClass], colours: Sequence[Rgb]) -> Style:
    labels = [*(one.label for one in classes), UNSURE, UNJUDGED]
    shown = [*colours, _UNSURE_RGB, _UNJUDGED_RGB]
    return Style(kind="class", unit="1", title=title, items=items_of(labels, shown))
