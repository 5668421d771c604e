"""``citytwin state CITY``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
import pandas as pd

from citytwin.cli.asking_options import asks, inquiry
from citytwin.cli.moments import aware_moment
from citytwin.config import load
from citytwin.store.asked_for import OBSERVATIONS, kept_table
from citytwin.store.latest import published_city
from citytwin.store.observations import difference, folder_of, located, open_lookup
from citytwin.store.staging import is_sealed

_COLUMNS = ["thing", "property", "result", "unit", "phenomenon_end", "age_s", "flag", "stale"]
_CHANGES = ["thing", "property", "what", "result_before", "result_after", "change", "unit"]


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--at", "valid_at", callback=aware_moment, help="Time of the city; now if left out.")
@click.option("--known-at", callback=aware_moment, help="What became known later does not count.")
@click.option(
    "--since", callback=aware_moment, help="Say what has changed since this time instead."
)
@click.option("--property", "properties", multiple=True, help="Name of a property; repeatable.")
@click.option("--bbox", nargs=4, type=float, help="West, south, east, north in degrees.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "json", "geojson"]), default="table"
)
@asks
def command(
    city: Path,
    valid_at: datetime | None,
    known_at: datetime | None,
    since: datetime | None,
    properties: tuple[str, ...],
    bbox: tuple[float, float, float, float] | None,
    form: str,
) -> None:
    """Say what was observed in a CITY (its configuration or folder) as of a time.

    Times carry their zone, as in 2026-07-01T09:00+09:00. Two times count: that of the city, and
    that of our knowledge of it; the same question gives the same answer for good. In a city for known
    readers it is given to those who may read the table `observations`.
    """
    folder, is_closed = _observed(city)
    if is_closed:
        with inquiry() as asked:
            asked.require(kept_table(OBSERVATIONS, folder), f"observations of {city}")
    with open_lookup(folder) as reader:
        moment = valid_at or datetime.now(UTC)
        now = reader.state(moment, known_at, properties=properties, bbox=bbox)
        if since is None:
            found = located(now, "EPSG:4326")
        else:
            earlier = reader.state(since, now.known_at, properties=properties, bbox=bbox)
            found = difference(earlier, now, "EPSG:4326")
            found = found[found["what"] != "same"]
    if form == "geojson":
        times = found.select_dtypes("datetimetz").columns
        texts = {name: found[name].map(_text, na_action="ignore") for name in times}
        click.echo(found.assign(**texts).to_json(drop_id=True))
    elif form == "json":
        plain = pd.DataFrame(found.drop(columns="geometry"))
        click.echo(plain.to_json(orient="records", date_format="iso", date_unit="us", indent=1))
    elif form == "csv":
        click.echo(pd.DataFrame(found.drop(columns="geometry")).to_csv(index=False), nl=False)
    else:
        click.echo(f"as of {moment.isoformat()}, known at {now.known_at.isoformat()}")
        shown = pd.DataFrame(found)[_COLUMNS if since is None else _CHANGES]
        click.echo(shown.to_string(index=False) if len(shown) else "nothing was observed")


def _observed(city: Path) -> tuple[Path, bool]:
    """The folder of observations, and whether they are for known readers."""
    if city.suffix in (".yaml", ".yml"):
        loaded = load(city)
        return folder_of(loaded.city_dir, sealed=loaded.protected), loaded.closed
    folder, latest = folder_of(city.resolve()), published_city(city)
    is_served = latest is not None and latest.publication == "served"
    return folder, is_served or is_sealed(folder)


def _text(moment: datetime) -> str:
    return moment.isoformat()
