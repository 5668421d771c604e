"""What the ground of a live layer descends from: sources by the plan, their credits by the published layers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from citytwin.config import LoadedConfig
from citytwin.engine.bind import bind
from citytwin.engine.openness import classification_of_made, sources_of_made
from citytwin.engine.plan import Resource, plan, resource_name
from citytwin.errors import StoreError
from citytwin.live.publishing import Standing
from citytwin.model.layer import Classification, SourceCredit
from citytwin.model.notes import Note
from citytwin.model.text import Text


@dataclass(frozen=True)
class GroundCredits:
    """What is said of the sources of a ground."""

    sources: tuple[SourceCredit, ...]
    notes: tuple[Note, ...]
    """Losses and other faults of what was made from these sources alone."""
    fingerprints: tuple[str, ...]
    """Of the layers that tell all this."""


@dataclass(frozen=True)
class Ground:
    """Fields and tables of the working store, by their descent."""

    sources: frozenset[tuple[Text, str]]
    """Title and licence of each."""
    classification: Classification
    """Before any rule lowered it."""

    def credits(self, standing: Standing) -> GroundCredits:
        """Name the sources.

        Parameters
        ----------
        standing
            Documents of the published layers, by id; a source that none of them is made from has no credit.
        """
        credited: dict[SourceCredit, None] = {}
        notes: dict[Note, None] = {}
        told: list[str] = []
        for document in standing.values():
            found = () if document is None else document.sources
            mine = [credit for credit in found if (credit.title, credit.licence) in self.sources]
            credited |= dict.fromkeys(mine)
            if document is not None and mine and len(mine) == len(found):
                notes |= dict.fromkeys(note for note in document.notes if note.severity != "info")
                told.append(document.fingerprint)
        return GroundCredits(tuple(credited), tuple(notes), tuple(told))


def ground_of(loaded: LoadedConfig, made: Sequence[Resource], hint: str) -> Ground:
    """Return what some resources descend from.

    Parameters
    ----------
    loaded
        The configuration.
    made
        Fields and tables of the working store.
    hint
        What to do where the configuration makes none of them.

    Raises
    ------
    StoreError
        If it does not: what lies in the working store is left over from an earlier one.
    """
    wanted = plan(bind(loaded))
    names = sources_of_made(wanted, made)
    if not names:
        said = ", ".join(resource_name(one) for one in made)
        raise StoreError(f"the configuration makes none of {said}", hint=hint)
    own = {(s.title, s.licence) for s in loaded.config.sources if s.name in names}
    return Ground(frozenset(own), classification_of_made(wanted, made))
