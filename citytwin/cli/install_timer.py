"""``citytwin install-timer CONFIG``."""

from __future__ import annotations

import getpass
import os
import shutil
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from citytwin.config import LoadedConfig, load
from citytwin.errors import ConfigError, StoreError
from citytwin.nights import kubernetes, systemd
from citytwin.nights.calendar import days_without

_SYSTEM = Path("/etc/systemd/system")


@click.command()
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--user", is_flag=True, help="For your own service manager, without root.")
@click.option(
    "--account", metavar="NAME",
    help="Run as this account (the one that calls this, also by sudo).",
)  # fmt: skip
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), metavar="DIR",
    help="Where the files go (where systemd looks; `.` with --kubernetes).",
)  # fmt: skip
@click.option(
    "--replace", is_flag=True,
    help="Also where units of this city's id run another configuration.",
)  # fmt: skip
@click.option("--kubernetes", "image", metavar="IMAGE", help="Write a CronJob for this image.")
@click.option("--claim", default="citytwin-data", help="PersistentVolumeClaim of the CronJob.")
@click.option(
    "--mount", default="/data", help="Where the claim is mounted; CONFIG lies at its top."
)
def command(
    config: Path,
    *,
    user: bool,
    account: str | None,
    folder: Path | None,
    replace: bool,
    image: str | None,
    claim: str,
    mount: str,
) -> None:
    """Write what runs a city every night at its `nights.at`; starts nothing by itself."""
    loaded = load(config)
    at = loaded.config.nights.at
    if at is None:
        msg = f"{loaded.file.name}: nights.at is not set, so no time is known"
        raise ConfigError(msg, hint='add for example  nights: {at: "02:30"}')
    if image is not None:
        _write_cron_job(loaded, at, image, claim, mount, folder or Path())
        return
    if user and account is not None:
        msg = f"--user runs as whoever calls this, and --account says {account}"
        raise ConfigError(msg, hint="leave one of them out")
    job = _job(loaded, at, None if user else account or _caller())
    own = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "systemd" / "user"
    target = folder or (own if user else _SYSTEM)
    written = {
        f"{job.unit}.service": systemd.service(job),
        f"{job.unit}.timer": systemd.timer(job, _today(loaded)),
    }
    if not replace:
        _refuse_to_take_over(target / f"{job.unit}.service", job)
    for place in job.writable:  # systemd refuses to start with a folder that is not
        _made_for(place, job.user)
    _write(target, written)
    control = "systemctl --user" if user else "systemctl"
    click.echo(
        f"switch it on:   {control} daemon-reload && {control} enable --now {job.unit}.timer"
    )
    click.echo(f"run it now:     {control} start {job.unit}.service")
    if user:  # else its service manager ends with the last login, and no night begins
        click.echo("while nobody is logged in:  loginctl enable-linger")
    click.echo(f"what happened:  citytwin status {config}")


def _job(loaded: LoadedConfig, at: str, account: str | None) -> systemd.NightJob:
    found = shutil.which("citytwin", path=str(Path(sys.executable).parent))
    if found is None:
        msg = f"there is no program citytwin beside {sys.executable}"
        raise StoreError(msg, hint="install the package in this environment")
    nights = loaded.config.nights
    beside = [nights.metrics, nights.report]
    out = loaded.path(loaded.config.out)
    places = [out, *(loaded.path(place).parent for place in beside if place is not None)]
    owner = _owner_of(out, account)
    if account is not None and owner != account:
        msg = f"{out} belongs to {owner}, and the service would run as {account}"
        raise ConfigError(msg, hint=f"say --account {owner}, or chown the folder")
    encryption = loaded.config.encryption
    return systemd.NightJob(
        city=loaded.config.city.id,
        program=Path(found),
        config=loaded.file,
        writable=tuple(dict.fromkeys(places)),
        at=at,
        time_zone=loaded.config.time_zone,
        user=account,
        key=encryption.key if loaded.protected and encryption else None,
        for_anyone=loaded.config.publication == "static",
    )


def _owner_of(out: Path, account: str | None) -> str:
    """Who owns a folder, or will: one that root makes is given away, others make their own."""
    import pwd  # systemd, and so this, is of Unix

    if out.exists():
        return _name_of(out.stat().st_uid)
    if account is not None:
        try:
            pwd.getpwnam(account)
        except KeyError as error:
            msg = f"there is no account {account!r} on this machine"
            raise ConfigError(msg, hint="name one that `getent passwd` knows") from error
    return account if account is not None and os.geteuid() == 0 else _name_of(os.geteuid())


def _refuse_to_take_over(file: Path, job: systemd.NightJob) -> None:
    """Another city may have the same id: its nights would end without a word."""
    if not file.exists():
        return
    text = file.read_text(encoding="utf-8", errors="replace")
    if systemd.is_of_another(text, job):
        runs = (line for line in text.splitlines() if line.startswith("ExecStart="))
        msg = f"{file} is there, and does not run {job.config}: {next(runs, 'no ExecStart')}"
        raise ConfigError(msg, hint="give this city another `city.id`, or say --replace")


def _today(loaded: LoadedConfig) -> date:
    """Local day of the city."""
    return datetime.now(ZoneInfo(loaded.config.time_zone)).date()


def _caller() -> str:
    """Name of whoever calls this; sudo writes the files, and is not who runs the city."""
    return os.environ.get("SUDO_USER") or getpass.getuser()


def _name_of(uid: int) -> str:
    """Name of an account, or its number where it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _made_for(folder: Path, account: str | None) -> None:
    """Make a folder with those above it, all owned by an account; what is there stays as it is."""
    import pwd

    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in missing:
            if account is not None and os.geteuid() == 0:
                os.chown(one, pwd.getpwnam(account).pw_uid, -1, follow_symlinks=False)
    except (OSError, LookupError) as error:
        msg = f"{folder} cannot be made for {account or 'you'}: {error}"
        raise StoreError(msg, hint="make it, or name another in the configuration") from error


def _write_cron_job(
    loaded: LoadedConfig, at: str, image: str, claim: str, mount: str, folder: Path
) -> None:
    if loaded.protected:
        msg = f"city {loaded.config.city.id} is sealed, and the CronJob hands no key to its pod"
        raise ConfigError(msg, hint="run sealed cities by the timer of systemd, which does")
    job = kubernetes.ClusterJob(
        city=loaded.config.city.id,
        image=image,
        config=f"{mount.rstrip('/')}/{loaded.file.name}",
        claim=claim,
        data=mount,
        at=at,
        time_zone=loaded.config.time_zone,
    )
    name = f"citytwin-{job.city}.cronjob.yaml"
    text = kubernetes.cron_job(job)
    kubernetes.refuse_places_off_the_claim(loaded, mount)
    _write(folder, {name: text})
    click.echo(
        f"{job.config} is {loaded.file.name} on the claim {claim}; put it and its data there"
    )
    click.echo(f"switch it on:  kubectl apply -f {folder / name}")
    today = _today(loaded)
    zone = ZoneInfo(job.time_zone)
    for day in days_without(at, zone, today, today + timedelta(days=366))[:1]:
        click.echo(
            f"Kubernetes starts no run on {day}: clocks of {job.time_zone} jump over {at} then, as "
            "every year; give `nights.at` another time",
            err=True,
        )


def _write(folder: Path, texts: dict[str, str]) -> None:
    from citytwin.store.atomic import write_text

    for name, text in texts.items():
        write_text(folder / name, text)
        click.echo(f"written: {folder / name}")
