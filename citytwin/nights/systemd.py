"""Units of systemd that run a city every night, hardened.

Sources: systemd.exec(5), systemd.service(5), systemd.timer(5) and systemd.time(7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from citytwin.engine.report import Exit
from citytwin.errors import ConfigError
from citytwin.nights.calendar import days_without, start_of
from citytwin.security.key_files import PREFIX

_YEARS = 20
"""For which a timer knows beforehand the nights that lack its time."""
_HIDDEN = (Path("/tmp"), Path("/var/tmp"))
"""The service has its own, for others might put things there."""
_HARDENING = """\
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictSUIDSGID=yes
RestrictRealtime=yes
RestrictNamespaces=yes
LockPersonality=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service"""


@dataclass(frozen=True)
class NightJob:
    """What the timer runs, and when."""

    city: str
    """Identifier of the city; part of the names of the units."""
    program: Path
    """``citytwin`` of the installation, absolute."""
    config: Path
    """Configuration, absolute."""
    writable: tuple[Path, ...]
    """Folders that a run writes into, absolute; all else is read-only to it."""
    at: str
    """Local time of the day, ``HH:MM``."""
    time_zone: str
    """IANA name."""
    user: str | None = None
    """Account that it runs as; None for units of a user's own service manager."""
    memory_max: str = "80%"
    """Limit of memory, as systemd writes it."""
    timeout_h: float = 6.0
    """Longest run [h]."""
    key: str | None = None
    """Name of the key of a city with restricted data; systemd hands it over as a credential."""
    for_anyone: bool = False
    """Whether the city is published for anyone, such as a web server under an account of its own; folders
    of what is not public are closed whatever this says."""

    @property
    def unit(self) -> str:
        """Name of the units, without a suffix."""
        return f"citytwin-{self.city}"


def secrets_file(city: str) -> str:
    """Return where the secrets of a unit lie, below `/etc` or a user's own `~/.config`.

    Parameters
    ----------
    city
        Identifier of the city.
    """
    return f"citytwin/{city}.env"


def service(job: NightJob) -> str:
    """Return the text of the service unit.

    Ctrl-C's signal ends a run that takes too long, so that it leaves a state that resumes. A run
    that finds the city held (75) is no failure, nor is one with losses that are told on the map (3).

    Parameters
    ----------
    job
        What it runs.

    Raises
    ------
    ConfigError
        If a path cannot stand in a unit, or the service would not see it.
    """
    folders = " ".join(_quoted(folder) for folder in job.writable)
    program, config = _argument(job.program), _argument(job.config)
    account = f"User={job.user}\n" if job.user else ""
    credential = f"LoadCredential={PREFIX}{job.key}\n" if job.key else ""
    return (
        "[Unit]\n"
        f"Description=citytwin: nightly run of {job.city}\n"
        "Documentation=man:systemd.service(5)\n"
        "After=network-online.target time-sync.target\n"
        "Wants=network-online.target\n"
        "\n"
        "[Service]\n"
        "Type=oneshot\n"
        f"{account}"
        f"{credential}"
        # Secrets that the configuration names by variables, readable by root only.
        f"EnvironmentFile=-%E/{secrets_file(job.city)}\n"
        f"ExecStart={program}{_runs(job)}\n"
        # Also after a kill, or a lack of memory, of which the run itself could tell nobody.
        f"ExecStopPost={program} status {config} --tell-killed\n"
        f"SuccessExitStatus={int(Exit.LOSSES)} {int(Exit.TRY_LATER)}\n"
        "KillSignal=SIGINT\n"
        "KillMode=mixed\n"
        f"TimeoutStartSec={round(job.timeout_h * 3600)}\n"
        "TimeoutStopSec=300\n"
        f"MemoryMax={job.memory_max}\n"
        "Nice=10\n"
        "IOSchedulingClass=idle\n"
        f"ReadWritePaths={folders}\n"
        # Compiled kernels: without a folder of its own every night would compile them anew.
        f"CacheDirectory={job.unit}\n"
        f"Environment=XDG_CACHE_HOME=%C/{job.unit}\n"
        f"{_HARDENING}\n"
        f"UMask={'0022' if job.for_anyone else '0027'}\n"
    )


def is_of_another(text: str, job: NightJob) -> bool:
    """Whether a service unit runs something else than the configuration of a job.

    Parameters
    ----------
    text
        Of the unit.
    job
        What shall be run.
    """
    started = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    return not started or not started[0].endswith(_runs(job))


def _runs(job: NightJob) -> str:
    """Words that follow the program; the same configuration may be run by another installation."""
    return f" run {_argument(job.config)}"


def timer(job: NightJob, today: date) -> str:
    """Return the text of the timer unit; a night that the machine slept through is made up for.

    Systemd leaves a day out on which the clock jumps over the time, as where summer time begins: such
    days of the next twenty years are named one by one.

    Parameters
    ----------
    job
        When it runs.
    today
        Day from which on it shall.
    """
    zone = ZoneInfo(job.time_zone)
    days = days_without(job.at, zone, today, date(today.year + _YEARS, 12, 31))
    moments = [f"{start_of(day, job.at, zone):%Y-%m-%d %H:%M:%S} UTC" for day in days]
    return (
        "[Unit]\n"
        f"Description=citytwin: every night a run of {job.city}\n"
        "\n"
        "[Timer]\n"
        f"OnCalendar=*-*-* {job.at}:00 {job.time_zone}\n"
        + "".join(f"OnCalendar={moment}\n" for moment in moments)
        + "Persistent=true\n"
        "RandomizedDelaySec=120\n"
        "AccuracySec=1s\n"
        f"Unit={job.unit}.service\n"
        "\n"
        "[Install]\n"
        "WantedBy=timers.target\n"
    )


def _argument(path: Path) -> str:
    """A path as one word of a command: there, and only there, variables are put in as well."""
    return _quoted(path).replace("$", "$$")


def _quoted(path: Path) -> str:
    """A path as one word of a unit: quotes, and no specifiers of systemd in it."""
    text = str(path)
    if any(ord(character) < 32 for character in text):
        msg = f"{text!r} holds a control character"
        raise ConfigError(msg, hint="units of systemd cannot name it: rename the folder")
    if any(path.is_relative_to(folder) for folder in _HIDDEN):
        msg = f"{path} is a temporary place, which the service does not see"
        raise ConfigError(msg, hint="keep what runs every night elsewhere")
    said = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{said}"'
