"""How long the steps of a run may take: one that would need weeks is refused before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from citytwin.errors import StepError

if TYPE_CHECKING:
    from citytwin.engine.plan import Plan
    from citytwin.model.grid import GridSpec

LONGEST_DAYS = 14.0
"""Of one thread; the two or more of one machine take it by half or less."""
_DAY_S = 86_400.0


def require_time(todo: Plan, grid: GridSpec | None) -> None:
    """Check, before anything is computed, that no step would take weeks on one machine.

    Parameters
    ----------
    todo
        What shall be made.
    grid
        Of the city; None where it is not known yet, so that nothing can be said.

    Raises
    ------
    StepError
        If one may take more than `LONGEST_DAYS`: floods are reckoned with water in all cells.
    """
    if grid is None:
        return
    for job in todo.jobs:
        seconds = job.cost(grid.cell_m).seconds_of(grid.nx * grid.ny)
        if seconds > LONGEST_DAYS * _DAY_S:
            msg = (
                f"may take {seconds / _DAY_S:,.0f} days on one thread for {grid.nx} x {grid.ny} cells; "
                f"on one machine at most {LONGEST_DAYS:g} are begun"
            )
            hint = (
                "take larger cells, a smaller area or a shorter run (`citytwin plan` estimates each step), "
                "or name a cluster: --scheduler"
            )
            raise StepError(msg, step=job.step.name, hint=hint)
