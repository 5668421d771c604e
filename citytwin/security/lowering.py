"""Named rules by which a layer is less protected than what it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from citytwin.model.layer import Classification, is_within
from citytwin.model.notes import Note
from citytwin.model.text import Text, both_languages


class Lowering(BaseModel):
    """Says that some layers show less than their sources hold, and who has found so."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    layers: tuple[str, ...] = Field(min_length=1)
    at_most: Classification
    """Most protected classification that the rule lowers: sources that become more secret than
    was thought of when it was made are no longer covered by it."""
    to: Classification
    reason: Text
    """Stands on the layer, its legend and its catalogue."""

    @field_validator("reason", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return both_languages(value)

    @model_validator(mode="after")
    def _lowers(self) -> Self:
        if not is_within(self.to, self.at_most) or self.to == self.at_most:
            msg = f"rule {self.name} lowers {self.at_most} to {self.to}, which is not lower"
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Lowered:
    """Classification of a layer, and what must be said where a rule has lowered it."""

    classification: Classification
    notes: tuple[Note, ...] = ()


def lower(layer: str, inherited: Classification, rules: Sequence[Lowering]) -> Lowered:
    """Classify a layer by the highest of its sources and the rules of its city.

    Parameters
    ----------
    layer
        Its id.
    inherited
        Highest classification of all that it is made from.
    rules
        Of the configuration; no two name one layer.
    """
    for rule in rules:
        covered = layer in rule.layers and is_within(inherited, rule.at_most)
        if covered and not is_within(inherited, rule.to):
            note = Note(
                severity="info",
                ja=f"規則「{rule.name}」により区分を下げて公開しています: {rule.reason.ja}",
                en=f"Its classification was lowered by rule {rule.name}: {rule.reason.en}",
            )
            return Lowered(rule.to, (note,))
    return Lowered(inherited)
