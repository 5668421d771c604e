"""Makes the results of a complete job known to the jobs that need them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from citytwin.engine.city_store import CityStore
from citytwin.engine.lineage import Lineage, joined
from citytwin.engine.losses import missed_by
from citytwin.engine.parts import Part, PartResult
from citytwin.engine.plan import Job
from citytwin.engine.results import TableResult, TileResult
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.model.fields import Field
from citytwin.model.notes import Fact, Note, summed
from citytwin.model.steps import Assessment, Gridder


def settle(
    job: Job,
    parts: Sequence[Part],
    results: Sequence[PartResult],
    store: CityStore,
    standing: Standing,
) -> None:
    """Enter digests, extremes and descent of what a job provides.

    Parameters
    ----------
    job
        The job.
    parts, results
        Its parts and what each reported, in the same order.
    store
        The city's working store.
    standing
        Changed in place.
    """
    facts, notes = _summary(job, results)
    own = Lineage(
        notes=summed([*(n for result in results for n in result.notes), *notes]),
        facts=tuple(dict.fromkeys([*(f for result in results for f in result.facts), *facts])),
        valid_time=next((r.valid_time for r in results if r.valid_time is not None), None),
    )
    used = {
        table: names
        for result in results
        if isinstance(result, TableResult)
        for table, names in result.used.items()
    }
    parents = [*standing.parents(job.needs, used), *missed_by(job, standing.lost)]
    losses = tuple(note for note in own.notes if note.severity == "loss")
    if losses and isinstance(job.step, Assessment):
        for concerned in job.step.concerns:
            standing.warnings.append(Lineage(standing.lineage[concerned].sources, losses))
    for made in job.provides:
        if isinstance(made, Field):
            standing.fields[made] = {
                part.tile: result.parts[made.name]
                for part, result in zip(parts, results, strict=True)
                if isinstance(result, TileResult)
            }
        else:
            owner = job.step.name
            files = store.files_of(owner, made)
            standing.tables[made] = TableEntry.stored(owner, store.root, files)
        standing.lineage[made] = joined(parents, own)


def _summary(job: Job, results: Sequence[PartResult]) -> tuple[tuple[Fact, ...], tuple[Note, ...]]:
    """What a gridder has to say of its classes over all tiles together."""
    step = job.step
    if not isinstance(step, Gridder) or step.summary is None:
        return (), ()
    cells: dict[Field, Counter[int]] = {made: Counter() for made in step.outputs}
    for result in results:
        if isinstance(result, TileResult):
            for made, total in cells.items():
                total.update(result.parts[made.name].cells)
    return step.summary(cells)
