"""What an alert says to people, in Japanese and English."""

from __future__ import annotations

from citytwin.alerts.lifecycle import Kind, Message, Reason
from citytwin.alerts.sender import Setting, Status
from citytwin.model import properties
from citytwin.model.properties import ObservedProperty
from citytwin.model.text import Text, text
from citytwin.model.warning_levels import MEANINGS

_BY_NAME = {observed.name: observed for observed in properties.ALL}
_REASONS = {
    Reason.RAISED: text("基準に達しました。", "The threshold was reached."),
    Reason.LEVEL: text("段階が変わりました。", "The level changed."),
    Reason.DATA_LOST: text(
        "観測データが途絶えました。警報は解除されていません。",
        "Observations have stopped. This is no all-clear: the alert stays in force.",
    ),
    Reason.DATA_BACK: text("観測データが復旧しました。", "Observations are back."),
    Reason.REPEATED: text("引き続き発表中です。", "The alert stays in force."),
    Reason.CLEARED: text("基準を下回り、解除しました。", "Back within limits: the alert is over."),
}
_NOT_MEANT = text("【訓練・試験】", "[EXERCISE/TEST] ")
_SYNTHETIC = text(
    "合成データ（シミュレーション上の観測値）に基づきます。実際の警報ではありません。",
    "Based on synthetic data; this is no real warning.",
)


def headline(message: Message, setting: Setting) -> Text:
    """One line: how it is meant, what happens, where, and which level it is equivalent to.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Of the city.
    """
    title, city, level = message.rule.title, setting.title, MEANINGS[message.level].name
    mark = _NOT_MEANT if setting.status is not Status.ACTUAL else text("", "")
    if message.kind is Kind.CANCEL:
        return text(
            f"{mark.ja}{city.ja} {title.ja}: 解除", f"{mark.en}{city.en}: {title.en} is over"
        )
    return text(
        f"{mark.ja}{city.ja} {title.ja}: {level.ja}",
        f"{mark.en}{city.en}: {title.en}, {level.en}",
    )


def description(message: Message, setting: Setting) -> Text:
    """What was observed, against which threshold, and why this is said now.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Of the city.
    """
    observed = observed_property(message)
    step = next(s for s in message.rule.thresholds if s.level is message.level)
    unit = observed.unit
    reason = _REASONS[message.reason]
    if message.value is None:
        value = text("値なし", "no value")
    else:
        value = text(f"{message.value:.4g} {unit}", f"{message.value:.4g} {unit}")
    said = text(
        f"{reason.ja}{observed.title.ja}: {value.ja}（基準 {step.raise_at:g} {unit}、"
        f"解除 {step.clear_at:g} {unit}）。",
        f"{reason.en} {observed.title.en}: {value.en} (threshold {step.raise_at:g} {unit}, "
        f"cleared at {step.clear_at:g} {unit}).",
    )
    if not setting.synthetic:
        return said
    return text(said.ja + _SYNTHETIC.ja, f"{said.en} {_SYNTHETIC.en}")


def observed_property(message: Message) -> ObservedProperty:
    """Return the property that the rule of a message watches.

    Parameters
    ----------
    message
        Of a rule that was checked.
    """
    return _BY_NAME[message.rule.watch.property]
