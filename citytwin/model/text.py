"""Text in the two languages that every map speaks."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Text(BaseModel):
    """A phrase in Japanese and English."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ja: str
    en: str


def text(ja: str, en: str) -> Text:
    """Return a bilingual phrase; shorter to write than the model.

    Parameters
    ----------
    ja, en
        Japanese and English wording.
    """
    return Text(ja=ja, en=en)
