"""Whether a part that stands is what it would be if it were made again."""

from __future__ import annotations

from citytwin.engine.gridding import GridderTask
from citytwin.engine.parts import Part
from citytwin.engine.results import Seen, TileResult
from citytwin.store.manifest import Standing


def still_holds(finished: Standing | None, part: Part) -> bool:
    """Whether a part was made of what it is to be made of, or looked at nothing that is other.

    A gridder is a function of its inputs: with all that it looked at as it was, it looks at no more.

    Parameters
    ----------
    finished
        Its record; None where there is none.
    part
        The part as it is to be made.
    """
    if finished is None:
        return False
    if finished.fingerprint == str(part.fingerprint):
        return True
    if not isinstance(part.task, GridderTask) or part.task.seen is None:
        return False
    result = TileResult.on_record(finished.payload)
    if result is None or result.seen is None:
        return False
    unread = result.seen.unread
    return bool(unread) and _without(result.seen, unread) == _without(part.task.seen, unread)


def _without(seen: Seen, unread: tuple[str, ...]) -> Seen:
    rows = {name: {} if name in unread else files for name, files in seen.rows.items()}
    return seen.model_copy(update={"rows": rows, "unread": ()})
