"""One YAML file -> Config: frozen, checked, with the path of every mistake.

The environment gives paths only: ``${NAME}`` is replaced in `path` and `root` of a source and in
`out`, after the file has been read, and nowhere else.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from citytwin.config_variables import VARIABLE, substituted
from citytwin.config_words import Line, Place, SourcePlace, Words
from citytwin.errors import ConfigError
from citytwin.live_config import LiveConfig, WebhookConfig
from citytwin.model.layer import CityName, Classification, Publication, highest, is_within
from citytwin.model.text import both_languages
from citytwin.security.lowering import Lowering
from citytwin.security.sealed_folders import SEALED
from citytwin.store.latest import LATEST
from citytwin.store.manifest import WORK
from citytwin.store.observed_folder import FOLDER as OBSERVED
from citytwin.strict_yaml import read_yaml
from citytwin.transports.bucket_address import (
    SCHEME,
    BucketAccess,
    BucketFolder,
    BucketPlace,
    bucket_and_folder,
    folder_at,
    is_bucket_address,
)
from citytwin.wording import explain

_CITY_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}")
_MAX_BYTES = 1_000_000
_MERGED = "merged"
FETCHED = ".fetched"
"""Folder beside the working stores, with copies of what lies in object storage."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class CityConfig(CityName):
    """Identifier and title of a city."""

    title: Words

    @field_validator("id")
    @classmethod
    def _names_folders(cls, value: str) -> str:
        if not _CITY_ID.fullmatch(value):
            msg = (
                "the id names folders, files and web addresses: take 1 to 64 of a-z, A-Z, 0-9, - "
                "and _, not - at the begin; the title may be in any script"
            )
            raise ValueError(msg)
        return value


class StepConfig(_Section):
    """A step and its parameters."""

    use: str
    """Name of the step, such as ``sunlight``."""
    params: dict[str, Any] = Field(default_factory=dict)
    """Parameters; the step's own model checks them."""


class SourceConfig(_Section):
    """One source of data: a file or a folder in one format."""

    name: str = Field(pattern=r"^[a-z0-9_]{1,64}$")
    use: str
    """Name of the format, such as ``citygml``."""
    path: SourcePlace
    """File, folder or glob pattern; relative to the configuration file, or in object storage."""
    root: SourcePlace | None = None
    """Folder that references inside the files may not leave; default: the data set's own."""
    classification: Classification = Field(default="secret", validate_default=True)
    """What is not said to be open is closed."""
    licence: Line
    title: Words
    """Name on the map; a plain text stands for both languages."""
    synthetic: bool = False
    """True for data that are generated rather than measured."""
    crs: str | None = None
    """CRS of files that name none."""
    expect: bool = True
    """Whether a source that yields nothing is an error."""
    params: dict[str, Any] = Field(default_factory=dict)

    @field_validator("title", mode="before")
    @classmethod
    def _both_languages(cls, value: object) -> object:
        return both_languages(value)

    @field_validator("classification")
    @classmethod
    def _no_copies_in_clear(cls, value: Classification, info: ValidationInfo) -> Classification:
        if is_bucket_address(info.data.get("path", "")) and not is_within(value, "internal"):
            msg = (
                "what lies in object storage is copied to the disk in clear before it is read: it "
                "must be public or internal, or come from a disk of yours"
            )
            raise ValueError(msg)
        return value


class GridConfig(_Section):
    """The one grid of the city."""

    cell_m: float = Field(gt=0, allow_inf_nan=False)
    bounds: tuple[float, float, float, float] | None = None
    """West, south, east, north [m] in the city's CRS; default: the extent of the buildings."""
    margin_m: float = Field(default=50.0, ge=0, allow_inf_nan=False)
    """Added around the extent when no bounds are given [m]."""

    @field_validator("bounds")
    @classmethod
    def _rising(
        cls, value: tuple[float, float, float, float] | None
    ) -> tuple[float, float, float, float] | None:
        if value is not None and any(math.isinf(edge) for edge in value):
            msg = "must be finite numbers"
            raise ValueError(msg)
        if value is not None and not (value[0] < value[2] and value[1] < value[3]):
            msg = "west must lie below east, and south below north"
            raise ValueError(msg)
        return value


class FailureHook(_Section):
    """Whom to tell of a run that did not bring the map up to date, or lost something: a `command`,
    a `webhook`, or both.
    """

    command: tuple[Line, ...] | None = Field(default=None, min_length=1)
    """Program and its arguments, run without a shell; the record of the run comes on its standard
    input as JSON."""
    webhook: WebhookConfig | None = None
    """Address that the record of the run is posted to, signed."""
    timeout_s: float = Field(default=60.0, gt=0, le=3600)
    """For the command."""

    @model_validator(mode="after")
    def _tells_somebody(self) -> Self:
        if self.command is None and self.webhook is None:
            msg = "needs a command or a webhook"
            raise ValueError(msg)
        return self


class NightsConfig(_Section):
    """Runs by the clock: when one is expected, and what follows each."""

    at: str | None = Field(default=None, pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Time of the day in the city's zone at which the timer starts a run, such as ``02:30``."""
    late_after_h: float = Field(default=24.0, gt=0, allow_inf_nan=False)
    """Age of its newest observation from which a feed counts as late [h]."""
    keep_runs: int | None = Field(default=None, ge=1)
    """Runs of each layer that stay after a good run, the published one among them; None = all."""
    metrics: Place | None = None
    """File in the text format of Prometheus, for the textfile collector of its node exporter."""
    report: Place | None = None
    """File for the record of the latest run, as JSON."""
    on_failure: FailureHook | None = None


class EncryptionConfig(_Section):
    """How restricted and secret data are sealed on the disk."""

    key: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")
    """Name of the operator's key; the key itself stands in no configuration."""


class Config(_Section):
    """A city and what is to be made of it."""

    city: CityConfig
    crs: str
    vertical_datum: Words
    time_zone: str
    data_date: date
    """Day that the city model describes; layers of measured things carry it."""
    out: Place
    grid: GridConfig
    sources: tuple[SourceConfig, ...] = Field(min_length=1)
    grids: tuple[StepConfig, ...] = ()
    """Parameters for gridders; gridders without an entry run with their defaults."""
    simulations: tuple[StepConfig, ...] = ()
    assessments: tuple[StepConfig, ...] = ()
    layers: tuple[str, ...] | None = None
    """Layers to publish; default: all that can be made."""
    records: dict[str, str] = Field(default_factory=dict)
    """Which source drives an observed property, such as ``rainfall_rate: amedas``."""
    publication: Publication = "static"
    """Who reads what is published: anyone (``static``: public layers, the map page among them), or
    whom `citytwin serve` knows (``served``)."""
    lowerings: tuple[Lowering, ...] = ()
    """Named rules by which a layer is less protected than what it is made from."""
    encryption: EncryptionConfig | None = None
    """Needed where a source is restricted or secret."""
    lost_tiles: Literal["fail", "mark"] = "fail"
    """What becomes of a tile that no worker has the memory for, not even in pieces: the run fails,
    or it is left empty and said to be on every layer made from it."""
    live: LiveConfig | None = None
    """What ``citytwin sync`` keeps running; other commands leave it alone."""
    publish_to: BucketPlace | None = None
    """Folder of object storage that the published city is uploaded to after each run."""
    buckets: dict[str, BucketAccess] = Field(default_factory=dict, validate_default=True)
    """How the buckets that are named above are reached."""
    nights: NightsConfig = NightsConfig()
    """Runs by the clock."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = f"{value!r} is no IANA time zone"
            raise ValueError(msg) from error
        return value

    @field_validator("sources")
    @classmethod
    def _unique_names(cls, value: tuple[SourceConfig, ...]) -> tuple[SourceConfig, ...]:
        names = [source.name for source in value]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            msg = f"source names used twice: {', '.join(twice)}"
            raise ValueError(msg)
        if _MERGED in names:
            msg = f"a source cannot be named {_MERGED!r}: the tables of all sources together are"
            raise ValueError(msg)
        return value

    @field_validator("publish_to")
    @classmethod
    def _nothing_closed_in_clear(cls, value: str | None, info: ValidationInfo) -> str | None:
        classes = _classes(info.data.get("sources", ()), info.data.get("live"))
        if value and info.data.get("publication") == "served" and not _protects(classes):
            msg = (
                "would put internal layers into a bucket in clear: take `publication: static` for "
                "the public ones, or give a source the class restricted, so that all is sealed"
            )
            raise ValueError(msg)
        return value

    @field_validator("buckets")
    @classmethod
    def _each_in_use_is_told(
        cls, value: dict[str, BucketAccess], info: ValidationInfo
    ) -> dict[str, BucketAccess]:
        places = [info.data.get("publish_to")]
        for source in info.data.get("sources", ()):
            places += [source.path, source.root]
        used = {bucket_and_folder(p)[0] for p in places if p is not None and is_bucket_address(p)}
        for name in sorted(used - value.keys()):
            msg = (
                f"does not tell how {name!r} is reached: add `{name}: {{region: ...}}` for Amazon's"
                f" server, `{name}: {{endpoint: https://...}}` for another"
            )
            raise ValueError(msg)
        return value


def _classes(sources: Iterable[SourceConfig], live: LiveConfig | None) -> list[Classification]:
    """Of all sources and feeds."""
    classes = [source.classification for source in sources]
    return classes + ([feed.classification for feed in live.feeds] if live else [])


def _protects(classes: Iterable[Classification]) -> bool:
    return any(not is_within(one, "internal") for one in classes)


class PastNight(_Section):
    """A night that is made up for."""

    date: date
    """Local day on which it began."""
    begin: AwareDatetime
    """What was observed later counts for nothing."""
    next_night: AwareDatetime
    """When the next one began."""


class LoadedConfig(_Section):
    """A configuration with the file it came from."""

    config: Config
    file: Path
    sha256: str
    """Of the file and, where variables were replaced, their paths: same digest, same request."""
    past: PastNight | None = None
    """The night that is made up for; None for what is to be made now."""

    def path(self, text: str) -> Path:
        """Absolute path of a path named in the configuration; of a source in object storage that of
        its copy on the disk.

        Raises
        ------
        ConfigError
            If the system cannot name it.
        """
        if is_bucket_address(text):
            return self.copies / Path(text.removeprefix(SCHEME))
        try:
            return (self.file.parent / text).resolve()
        except UnicodeEncodeError as error:
            msg = f"{self.file}: {text!r} cannot be named: names of files are {error.encoding} here"
            raise ConfigError(msg, hint="set LC_ALL=C.UTF-8, or PYTHONUTF8=1") from error

    @property
    def copies(self) -> Path:
        """Folder of the copies of sources in object storage: a folder for each bucket."""
        return self.path(self.config.out) / WORK / FETCHED / self.config.city.id

    @property
    def remote_sources(self) -> tuple[SourceConfig, ...]:
        """Sources that lie in object storage."""
        return tuple(source for source in self.config.sources if is_bucket_address(source.path))

    @property
    def protected(self) -> bool:
        """Whether what is written must be sealed: a source or a feed is restricted or secret."""
        return _protects(_classes(self.config.sources, self.config.live))

    @property
    def classification(self) -> Classification:
        """Highest of all sources and feeds."""
        return highest(_classes(self.config.sources, self.config.live))

    @property
    def closed(self) -> bool:
        """Whether what was observed is for known readers, so that a policy is asked who may see it."""
        return self.config.publication == "served" or self.protected

    @property
    def private(self) -> bool:
        """Whether what lies beside the published city is not for other users of the machine: all
        of a city for known readers, and what is decoded, observed or said of what is not public.
        """
        classes = _classes(self.config.sources, self.config.live)
        return self.config.publication == "served" or any(one != "public" for one in classes)

    @property
    def city_dir(self) -> Path:
        """Folder of the published city: sealed, unless all of its layers are public."""
        out = self.path(self.config.out)
        sealed = self.protected and self.config.publication == "served"
        return (out / SEALED if sealed else out) / self.config.city.id

    @property
    def written_folders(self) -> tuple[Path, ...]:
        """Folders that belong to commands, which write and clear them: that of the published city, and
        those beside it.
        """
        out = self.path(self.config.out)
        return (self.city_dir, *(out / name for name in (WORK, OBSERVED, SEALED)))

    def bucket_folder(self, address: str) -> BucketFolder:
        """Folder of object storage that an address in the configuration names."""
        access = self.config.buckets[bucket_and_folder(address)[0]]
        return folder_at(
            address, access, self.path(access.authorities) if access.authorities else None
        )


def load(file: Path) -> LoadedConfig:
    """Read and check a configuration; parameters of steps are bound later, by the plan.

    Parameters
    ----------
    file
        A YAML file in UTF-8, at most 1 MB.

    Raises
    ------
    ConfigError
        If the file is missing or none, is no YAML, does not describe a city, or names a file that is to be
        written and is something else; the message names the path of the key and the nearest valid
        name.
    """
    _require_file(file)
    raw = file.read_bytes()
    if len(raw) > _MAX_BYTES:
        msg = f"{file}: {len(raw)} bytes are too many for a configuration"
        raise ConfigError(msg, hint="name folders rather than listing files")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 at byte {error.start}"
        raise ConfigError(msg, hint="save the file as UTF-8") from error
    try:
        data = read_yaml(text, str(file))
    except ConfigError as error:
        if not VARIABLE.search(text):
            raise
        hint = f"{error.hint}; between braces, ${{NAME}} stands in quotes"
        raise ConfigError(error.message, hint=hint) from error
    if not isinstance(data, dict):
        msg = f"{file}: holds {type(data).__name__}, not a mapping of keys"
        raise ConfigError(msg, hint="start from `citytwin init`")
    data, values = substituted(data, file)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error, Config)}") from error
    digest = hashlib.sha256("\0".join((text, *values)).encode()).hexdigest()
    loaded = LoadedConfig(config=config, file=file.resolve(), sha256=digest)
    _refuse_what_nights_would_overwrite(loaded)
    return loaded


def _require_file(file: Path) -> None:
    """Paths in a configuration begin at its folder, so it must have one."""
    if file.is_file():
        return
    if file.is_dir():
        msg = f"configuration {file} is a folder"
        raise ConfigError(msg, hint="name the file in it")
    if file.exists() or str(file) == "-":
        msg = f"configuration {file} is no file on a disk"
        raise ConfigError(msg, hint="save it as one: its paths begin at its folder")
    msg = f"configuration {file} does not exist"
    raise ConfigError(msg, hint="`citytwin init FILE` writes one to start from")


def _refuse_what_nights_would_overwrite(loaded: LoadedConfig) -> None:
    """Each run replaces the files that `nights` names, whatever they are: they must be its own."""
    nights = loaded.config.nights
    named = {"metrics": nights.metrics, "report": nights.report}
    taken = {loaded.file: "is the configuration itself"}
    for key, text in named.items():
        if text is None:
            continue
        place = loaded.path(text)
        what = taken.get(place) or _what_a_file_would_harm(loaded, place)
        taken[place] = f"is nights.{key} as well"
        if what:
            msg = f"{loaded.file}: nights.{key}: {place} {what}"
            raise ConfigError(msg, hint="name a file of its own: each run replaces it")


def _what_a_file_would_harm(loaded: LoadedConfig, place: Path) -> str:
    with suppress(PermissionError):  # of whoever only asks how the city fares
        if place.is_dir():
            return "is a folder"
    for folder in loaded.written_folders:
        if place == folder or folder in place.parents:
            return f"lies in {folder}, which runs write and clear"
    if any((folder / LATEST).exists() for folder in place.parents):
        return "lies in a published city"
    for source in loaded.config.sources:
        path = loaded.path(source.path)
        if place == path or path in place.parents or fnmatch(str(place), str(path)):
            return f"is read by source {source.name!r} ({source.path})"
    return ""
