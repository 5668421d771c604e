"""``citytwin alerts CONFIG``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from citytwin.cli.asking_options import asks, inquiry
from citytwin.cli.one_line import one_line
from citytwin.cli.sync import require_live
from citytwin.config import LoadedConfig, load
from citytwin.errors import ConfigError
from citytwin.store.asked_for import ALERTS, kept_table
from citytwin.store.observed_folder import folder_of


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--acknowledge", metavar="ALERT", help="Say that an alert has been seen.")
@click.option("--silence", metavar="RULE", help="Send nothing of a rule, up to its present level.")
@click.option("--minutes", type=click.FloatRange(1, 24 * 60), default=60.0, show_default=True)
@click.option("--lift", metavar="RULE", help="End the silence of a rule.")
@click.option("--by", default="", help="Who decides; needed to change anything.")
@click.option("--why", default="", help="Why; needed for a silence.")
@asks
def command(
    config: Path,
    acknowledge: str | None,
    silence: str | None,
    minutes: float,
    lift: str | None,
    by: str,
    why: str,
) -> None:
    """Show the alerts of the running twin of CONFIG, acknowledge one, or silence a rule for a while.

    A silence sends nothing up to the level that is on now (or the first one); a higher level is sent all the
    same. Everything is kept in the history, with who decided and why. In a city for known readers they are
    shown to those who may read the table `alerts`; anyone who runs the city may decide.
    """
    require_live()
    from citytwin.live.decisions import Desk

    loaded = load(config)
    desk = Desk(loaded, datetime.now(UTC))
    wanted = [option for option in (acknowledge, silence, lift) if option]
    if len(wanted) > 1:
        raise ConfigError("one decision at a time", hint="--acknowledge, --silence or --lift")
    if wanted and not by.strip():
        raise ConfigError("who decides?", hint="say it with --by")
    one_line("--by", by)
    one_line("--why", why)
    if acknowledge:
        desk.acknowledge(acknowledge, by, why)
    if silence:
        if not why.strip():
            raise ConfigError("a silence needs a reason", hint="say it with --why")
        desk.silence(silence, timedelta(minutes=minutes), by, why)
    if lift:
        desk.lift(lift, by)
    if not _shown_to(loaded, is_needed=not wanted):
        click.echo("kept")
        return
    for line in desk.shown():
        click.echo(line)


def _shown_to(loaded: LoadedConfig, *, is_needed: bool) -> bool:
    """Whether whoever asks may see the alerts; what was decided counts also where not."""
    if not loaded.closed:
        return True
    table = kept_table(ALERTS, folder_of(loaded.city_dir, sealed=loaded.protected))
    with inquiry() as asked:
        if is_needed:
            asked.require(table, f"alerts of {loaded.config.city.id}")
            return True
        return asked.may("read", table)
