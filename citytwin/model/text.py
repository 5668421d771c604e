"""Text in the two languages that every map speaks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """A phrase in Japanese and English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ja: str
    en: str


def both_languages(value: object) -> object:
    """Let a plain text stand for both languages, where a model reads a phrase.

    Parameters
    ----------
    value
        What was written.
    """
    return {"ja": value, "en": value} if isinstance(value, str) else value


def text(ja: str, en: str) -> Text:
    """Return a bilingual phrase; shorter to write than the model.

    Parameters
    ----------
    ja, en
        Japanese and English wording.
    """
    return Text(ja=ja, en=en)
