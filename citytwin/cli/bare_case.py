"""Options of ``citytwin simulate`` for a case of one's own: buildings in, wind at places out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

_KEPT = "citytwin.case."


def _keep(context: click.Context, option: click.Parameter, value: Any) -> None:
    context.meta[f"{_KEPT}{option.name}"] = value


_OPTIONS = (
    click.option(
        "--buildings",
        type=click.Path(path_type=Path),
        help="Buildings in the place of a surface: outlines with heights, CityJSON, CityGML.",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--cell-m",
        type=click.FloatRange(min=0, min_open=True),
        help="Edge of the cells that buildings are drawn on.",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--crs",
        help="CRS in metres of the coordinates of buildings.",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--height-column",
        metavar="NAME",
        help="Column of outlines with heights above the ground [m].",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--probes",
        type=click.Path(path_type=Path),
        help="CSV of places (x_m, y_m): the wind there, with scores where R_270 or R_W was measured.",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--reference-m",
        type=click.FloatRange(min=0, min_open=True),
        help="The wind at probes is over the undisturbed mean speed at this height. Default: at that of the ratios.",
        expose_value=False,
        callback=_keep,
    ),
    click.option(
        "--measured",
        multiple=True,
        metavar="NAME",
        help="Column of probes with what was measured; one for each direction.",
        expose_value=False,
        callback=_keep,
    ),
)


def case_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of a case.

    Parameters
    ----------
    command
        Of click; its function takes none of them.
    """
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@dataclass(frozen=True)
class CaseWishes:
    """What the options say."""

    buildings: Path | None
    """File of the buildings; None: a surface is given."""
    cell_m: float | None
    """Edge of the cells that they are drawn on [m]."""
    crs: str | None
    """CRS of their coordinates."""
    height_column: str | None
    """Column with their heights."""
    probes: Path | None
    """Table of places."""
    reference_m: float | None
    """Height of the mean speed that the wind at places is over [m]; None = that of the ratios."""
    measured: tuple[str, ...]
    """Columns of the table with measured values."""

    @classmethod
    def given(cls) -> CaseWishes:
        """Those of the command that runs."""
        meta = click.get_current_context().meta
        return cls(**{name: meta[f"{_KEPT}{name}"] for name in cls.__dataclass_fields__})

    def places(self) -> pd.DataFrame | None:
        """Places where the wind is wanted; read before anything is computed."""
        from citytwin.cli.bare_probes import read_probes

        return None if self.probes is None else read_probes(self.probes)

    def drawn(
        self, name: str, rasters: dict[str, xr.DataArray], places: pd.DataFrame | None
    ) -> dict[str, xr.DataArray]:
        """Rasters of a simulation, with those drawn from buildings where these are given.

        Parameters
        ----------
        name
            Simulation.
        rasters
            Given as files.
        places
            That the grid must hold as well.
        """
        if self.buildings is None:
            return rasters
        from citytwin.cli.bare_buildings import read_buildings
        from citytwin.cli.bare_probes import located
        from citytwin.engine.bare_buildings import drawn_buildings

        frame, faces, warnings = read_buildings(self.buildings, self.crs, self.height_column)
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
        also = None if places is None else located(places)
        return drawn_buildings(name, (frame, faces), self.cell_m, rasters, also)

    def tell_places(
        self,
        data: xr.Dataset,
        places: pd.DataFrame | None,
        step: tuple[str, Mapping[str, object]],
        out: Path,
    ) -> None:
        """Write the wind at places, and say how well it meets what was measured.

        Parameters
        ----------
        data
            Result.
        places
            Where; None = nowhere.
        step
            Simulation and its parameters.
        out
            Folder of the results.
        """
        if places is None:
            return
        from citytwin.cli.bare_probes import table_of, wind_at_probes, write_probes

        wind, found = wind_at_probes(data, places, step, (self.reference_m, self.measured))
        click.echo(str(write_probes(wind, out)))
        if found is not None:
            click.echo(table_of(found))
