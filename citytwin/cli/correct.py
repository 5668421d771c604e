"""``citytwin correct CONFIG``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from pydantic import ValidationError

from citytwin.cli.asking_options import asks, inquiry
from citytwin.cli.one_line import one_line
from citytwin.config import LoadedConfig, load
from citytwin.errors import BusyError, ConfigError
from citytwin.store.asked_for import CORRECTIONS, kept_table
from citytwin.store.corrections import (
    Correction,
    correction_files,
    correction_in,
    keep_correction,
    standing,
)
from citytwin.store.observed_folder import folder_of
from citytwin.wording import explain, nearest


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.argument("building", required=False)
@click.argument("attribute", required=False, type=click.Choice(["storeys", "usage"]))
@click.argument("value", required=False)
@click.option("--withdraw", is_flag=True, help="The city model holds again.")
@click.option("--by", default="", help="Who says so; needed.")
@click.option("--why", default="", help="How it is known.")
@asks
def command(
    config: Path,
    building: str | None,
    attribute: str | None,
    value: str | None,
    *,
    withdraw: bool,
    by: str,
    why: str,
) -> None:
    """Correct an attribute of a BUILDING of CONFIG by hand, or show what stands corrected.

    The next run uses it, and so does every later one, whatever release of the city model it reads.
    Nothing is ever forgotten: who said what, when and why stays on record, also what was withdrawn.
    In a city for known readers they are shown to those who may read the table `corrections`.
    """
    from citytwin.engine.known_buildings import knows_building
    from citytwin.engine.sealing_city import require_sealed_observations

    loaded = load(config)
    require_sealed_observations(loaded)
    folder = folder_of(loaded.city_dir, sealed=loaded.protected)
    if building is None:
        if loaded.closed:
            with inquiry() as asked:
                of = f"corrections of {loaded.config.city.id}"
                asked.require(kept_table(CORRECTIONS, folder), of)
        _show(folder)
        return
    if (value is None) is not withdraw or attribute is None:
        raise ConfigError("say BUILDING ATTRIBUTE VALUE, or BUILDING ATTRIBUTE --withdraw")
    if not by.strip():
        raise ConfigError("who says so?", hint="say it with --by")
    for name, text in (
        ("BUILDING", building),
        ("VALUE", value or ""),
        ("--by", by),
        ("--why", why),
    ):
        one_line(name, text)
    said = {"building": building, "attribute": attribute, "value": value, "by": by, "why": why}
    try:
        correction = Correction.model_validate(said | {"made": datetime.now(UTC)})
    except ValidationError as error:
        raise ConfigError(explain(error, Correction)) from error
    if withdraw and not loaded.closed:  # there it would tell what stands corrected
        _require_standing(folder, building, attribute)
    _prepare(loaded, folder)
    keep_correction(folder, correction)
    click.echo(f"kept: {_line(correction)}; the next run uses it")
    if not withdraw and knows_building(loaded, building) is False:
        click.echo(
            f"the last run knows no building {building}: where the id is wrong, withdraw this; else it "
            "waits for a city model that has it",
            err=True,
        )
    _take_in(loaded, folder)


def _require_standing(folder: Path, building: str, attribute: str) -> None:
    every = standing(correction_in(file) for file in correction_files(folder))
    if (building, attribute) not in every:
        known = [one for one, of in every if of == attribute]
        msg = f"{attribute} of {building} does not stand corrected{nearest(building, known)}"
        raise ConfigError(msg, hint="`citytwin correct CONFIG` shows what does")


def _prepare(loaded: LoadedConfig, folder: Path) -> None:
    """Close the folder to others, and seal it, as the city asks for."""
    from citytwin.engine.locking import holding
    from citytwin.engine.protecting import protect
    from citytwin.security.key_ring import open_ring
    from citytwin.store.private_folder import private_folder
    from citytwin.store.sealed_keys import ensure_sealed

    if loaded.private:
        private_folder(folder)
    if loaded.protected:
        with holding(loaded):
            protect(loaded)
            if loaded.config.encryption is not None:
                ensure_sealed(folder, loaded.config.encryption.key, open_ring())


def _take_in(loaded: LoadedConfig, folder: Path) -> None:
    """Into the store of observations, where the city has one; a twin that runs does so itself."""
    if loaded.config.live is None:
        return
    from citytwin.live.corrections import take_corrections
    from citytwin.live.database_place import database_place
    from citytwin.store.observations import RAW, writing
    from citytwin.store.raw_archive import RawArchive

    try:
        with writing(folder, database_place(loaded)) as store, RawArchive(folder / RAW) as archive:
            take_corrections(folder, store, archive, set())
    except BusyError:
        click.echo("the running twin takes it into its observations")


def _show(folder: Path) -> None:
    every = standing(correction_in(file) for file in correction_files(folder))
    for one in sorted(every.values(), key=lambda one: (one.building, one.attribute)):
        click.echo(_line(one))
    if not every:
        click.echo("nothing stands corrected")


def _line(one: Correction) -> str:
    what = "as the city model says" if one.value is None else one.value
    why = f" ({one.why})" if one.why else ""
    return (
        f"{one.building} {one.attribute}: {what}, by {one.by} at {one.made:%Y-%m-%d %H:%M} UTC{why}"
    )
