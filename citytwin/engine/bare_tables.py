"""Tables for a simulation on bare rasters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from citytwin.errors import ConfigError
from citytwin.model.steps import Simulation
from citytwin.model.tables import Table
from citytwin.store.tables import conform
from citytwin.wording import nearest


def tables_of(
    step: Simulation[Any],
    needs: Sequence[object],
    given: Mapping[str, pd.DataFrame],
    crs: str,
) -> dict[Table, pd.DataFrame]:
    """Bring tables into the form that steps see.

    Parameters
    ----------
    step
        What takes them.
    needs
        What it cannot do without; tables among them must be given.
    given
        Tables by name.
    crs
        CRS of the rasters.

    Raises
    ------
    ConfigError
        If one is unknown or missing, or its columns are not those of its kind.
    """
    known = {r.name: r for r in (*step.inputs, *step.optional) if isinstance(r, Table)}
    for name in given:
        if name not in known:
            msg = f"{step.name} takes no table {name!r}{nearest(name, list(known))}"
            raise ConfigError(msg)
    missing = [r.name for r in needs if isinstance(r, Table) and r.name not in given]
    if missing:
        msg = f"{step.name} needs {', '.join(missing)}"
        raise ConfigError(msg, hint="give the table")
    return {known[name]: conform(known[name], frame, crs) for name, frame in given.items()}
