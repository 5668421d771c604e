"""Options of ``citytwin simulate`` for a case of one's own: buildings in, wind at places out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from citytwin.cli.kept_options import Command, keep, kept, with_options
from citytwin.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from citytwin.cli.bare_probes import Probes

_OF_BUILDINGS = (
    click.option(
        "--buildings",
        type=click.Path(path_type=Path),
        help="Buildings in the place of a surface, or of the mask of a flood: outlines (with heights, but for a flood),"
        " CityJSON, CityGML.",
        expose_value=False,
        callback=keep,
    ),
    click.option(
        "--cell-m",
        type=click.FloatRange(min=0, min_open=True),
        help="Edge of the cells that buildings are drawn on.",
        expose_value=False,
        callback=keep,
    ),
    click.option(
        "--crs",
        help="CRS in metres of the coordinates of buildings; degrees are brought into it.",
        expose_value=False,
        callback=keep,
    ),
    click.option(
        "--height-column",
        metavar="NAME",
        help="Column of outlines with heights above the ground [m].",
        expose_value=False,
        callback=keep,
    ),
)
_OF_PROBES = (
    click.option(
        "--probes",
        type=click.Path(path_type=Path),
        help="CSV of places (x_m, y_m): the wind there, with scores where R_270 or R_W was measured.",
        expose_value=False,
        callback=keep,
    ),
    click.option(
        "--reference-m",
        type=click.FloatRange(min=0, min_open=True),
        help="The wind at probes is over the undisturbed mean speed at this height. Default: at that of the ratios.",
        expose_value=False,
        callback=keep,
    ),
    click.option(
        "--measured",
        multiple=True,
        metavar="NAME",
        help="Column of probes with what was measured; one for each direction.",
        expose_value=False,
        callback=keep,
    ),
)


def case_options(command: Command) -> Command:
    """Give a command the options of a case.

    Parameters
    ----------
    command
        Of click; its function takes none of them.
    """
    return with_options(command, (*_OF_BUILDINGS, *_OF_PROBES))


def building_options(command: Command) -> Command:
    """Give a command the options of a case that are about its buildings.

    Parameters
    ----------
    command
        Of click; its function takes none of them.
    """
    return with_options(command, _OF_BUILDINGS)


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
        """Those of the command that runs; options that it lacks are not given."""
        others: dict[str, Any] = {n: kept(n) for n in cls.__dataclass_fields__ if n != "measured"}
        return cls(measured=kept("measured", ()), **others)

    def require_use(self, rasters: Collection[str], out: Path) -> None:
        """Refuse options that would say nothing, and a table of places that the result would replace.

        Parameters
        ----------
        rasters
            Names of those that are given as files.
        out
            Folder of the results.

        Raises
        ------
        ConfigError
            With the options.
        """
        of_buildings = {
            "--cell-m": self.cell_m,
            "--crs": self.crs,
            "--height-column": self.height_column,
        }
        of_probes = {"--reference-m": self.reference_m, "--measured": self.measured or None}
        for needed, given, options in (
            ("--buildings", self.buildings, of_buildings),
            ("--probes", self.probes, of_probes),
        ):
            idle = [option for option, value in options.items() if value is not None]
            if given is None and idle:
                msg = f"{', '.join(idle)} without {needed}"
                raise ConfigError(msg, hint=f"give {needed}, or leave it out")
        if self.cell_m is not None and rasters:
            msg = f"--cell-m beside rasters, whose cells count: {', '.join(rasters)}"
            raise ConfigError(msg, hint="leave out --cell-m")
        self._require_table_apart(out)

    def _require_table_apart(self, out: Path) -> None:
        if self.probes is None:
            return
        from citytwin.cli.bare_probes import place_of_probes

        if self.probes.resolve() == place_of_probes(out).resolve():
            msg = f"{self.probes}: the wind at the places would be written over it"
            raise ConfigError(msg, hint="name another folder as --out")

    def places(self) -> pd.DataFrame | None:
        """Places where the wind is wanted; read before anything is computed."""
        if self.probes is None:
            return None
        from citytwin.cli.bare_probes import read_probes

        return read_probes(self.probes)

    def fitting(
        self, name: str, params: Mapping[str, object], places: pd.DataFrame | None
    ) -> Probes | None:
        """Places that fit the run, checked before it starts.

        Parameters
        ----------
        name, params
            Simulation and its parameters.
        places
            Where; None = nowhere.
        """
        if places is None:
            return None
        from citytwin.cli.bare_probes import Probes, ProbeWishes
        from citytwin.engine.bare import bound_params, named

        step = named(name)
        wishes = ProbeWishes(self.reference_m, self.measured)
        return Probes.fitting(places, step, bound_params(step, params), wishes)

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
        from citytwin.engine.bare_buildings import drawn_buildings, takes_surface
        from citytwin.model.crs import require_metric

        codes = [require_metric(one.rio.crs.to_string()) for one in rasters.values()]
        plane = codes[0] if codes else None
        buildings, warnings = read_buildings(
            self.buildings,
            self.crs,
            self.height_column,
            plane,
            outlines_suffice=not takes_surface(name),
        )
        for warning in warnings:
            click.echo(f"warning: {warning}", err=True)
        also = None if places is None else located(places)
        return drawn_buildings(name, buildings, self.cell_m, rasters, also)


def tell_places(data: xr.Dataset, probes: Probes | None, out: Path) -> None:
    """Write the wind at places, then say how well it meets what was measured.

    Parameters
    ----------
    data
        Result.
    probes
        Where; None = nowhere: what an earlier run wrote is removed.
    out
        Folder of the results.
    """
    from citytwin.cli.bare_probes import forget_probes, table_of, wind_at_probes, write_probes
    from citytwin.engine.bare_probes import scored

    if probes is None:
        forget_probes(out)
        return
    frame, modelled = wind_at_probes(data, probes)
    click.echo(str(write_probes(frame, out)))
    if not probes.measured:
        return
    try:
        click.echo(table_of(scored(dict(probes.measured), modelled)))
    except ConfigError as error:
        click.echo(f"warning: not scored: {error.message}; {error.hint}", err=True)
