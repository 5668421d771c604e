"""One YAML file -> Config: frozen, checked, with the path of every mistake.

The environment gives paths only: ``${NAME}`` is replaced in `path` and `root` of a source and in
`out`, after the file has been read, and nowhere else.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import reprlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from citytwin.errors import ConfigError
from citytwin.model.layer import CityName, Classification
from citytwin.model.text import Text, both_languages

_VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
_CITY_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_BYTES = 1_000_000
_MERGED = "merged"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


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
    path: str
    """File, folder or glob pattern; relative to the configuration file."""
    root: str | None = None
    """Folder that references inside the files may not leave; default: the data set's own."""
    classification: Classification
    licence: str
    title: Text
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
        if value is not None and not (value[0] < value[2] and value[1] < value[3]):
            msg = "west must lie below east, and south below north"
            raise ValueError(msg)
        return value


class Config(_Section):
    """A city and what is to be made of it."""

    city: CityName
    crs: str
    vertical_datum: Text
    time_zone: str
    data_date: date
    """Day that the city model describes; layers of measured things carry it."""
    out: str
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

    @field_validator("city")
    @classmethod
    def _id_stays_in_its_folder(cls, value: CityName) -> CityName:
        if not _CITY_ID.fullmatch(value.id):
            msg = f"the id {value.id!r} names a folder: take letters, digits, - and _"
            raise ValueError(msg)
        return value

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


class LoadedConfig(_Section):
    """A configuration with the file it came from."""

    config: Config
    file: Path
    sha256: str
    """Of the file and, where variables were replaced, their paths: same digest, same request."""

    def path(self, text: str) -> Path:
        """Absolute path of a path named in the configuration."""
        return (self.file.parent / text).resolve()

    @property
    def city_dir(self) -> Path:
        """Folder of the published city."""
        return self.path(self.config.out) / self.config.city.id


def load(file: Path) -> LoadedConfig:
    """Read and check a configuration; parameters of steps are bound later, by the plan.

    Parameters
    ----------
    file
        A YAML file in UTF-8, at most 1 MB.

    Raises
    ------
    ConfigError
        If the file is missing, is no YAML, or does not describe a city; the message names the
        path of the key and the nearest valid name.
    """
    if not file.is_file():
        msg = f"configuration {file} does not exist"
        raise ConfigError(msg, hint="`citytwin init FILE` writes one to start from")
    raw = file.read_bytes()
    if len(raw) > _MAX_BYTES:
        msg = f"{file}: {len(raw)} bytes are too many for a configuration"
        raise ConfigError(msg, hint="name folders rather than listing files")
    try:
        text = raw.decode("utf-8")
        data = yaml.safe_load(text)
    except UnicodeDecodeError as error:
        msg = f"{file}: not UTF-8 at byte {error.start}"
        raise ConfigError(msg, hint="save the file as UTF-8") from error
    except RecursionError as error:
        msg = f"{file}: lists or mappings nested too deeply"
        raise ConfigError(msg, hint="start from `citytwin init`") from error
    except yaml.YAMLError as error:
        msg = f"{file}: {_one_line(error)}"
        hint = "check the indentation and quotes of that line"
        if _VARIABLE.search(raw.decode("utf-8")):
            hint += "; between braces, ${NAME} stands in quotes"
        raise ConfigError(msg, hint=hint) from error
    if not isinstance(data, dict):
        msg = f"{file}: holds {type(data).__name__}, not a mapping of keys"
        raise ConfigError(msg, hint="start from `citytwin init`")
    data, values = _substituted(data, file)
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{file}: {explain(error, Config)}") from error
    digest = hashlib.sha256("\0".join((text, *values)).encode()).hexdigest()
    return LoadedConfig(config=config, file=file.resolve(), sha256=digest)


def explain(error: ValidationError, model: type[BaseModel], prefix: str = "") -> str:
    """Turn pydantic's findings into lines with the path of the key and the nearest valid name.

    Parameters
    ----------
    error
        What pydantic found.
    model
        Model that was to be filled.
    prefix
        Path of the section that was checked, such as ``simulations[0].params``.
    """
    lines = []
    for finding in error.errors():
        path = _path(prefix, finding["loc"])
        if finding["type"] == "extra_forbidden":
            key = str(finding["loc"][-1])
            near = nearest(key, _keys_at(model, finding["loc"]))
            lines.append(f"{path}: unknown key{near}")
        elif finding["type"] == "missing":
            lines.append(f"{path}: missing")
        else:
            lines.append(f"{path}: {finding['msg']}, got {_short(finding['input'])}")
    return "; ".join(lines)


def nearest(word: str, known: Sequence[str]) -> str:
    """Return ``, did you mean 'x'?`` for the known name most like `word`.

    Parameters
    ----------
    word
        What was written.
    known
        Valid names.
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    if close:
        return f", did you mean {close[0]!r}?"
    return f", known are {', '.join(sorted(known))}" if known else ""


def _substituted(data: dict[Any, Any], file: Path) -> tuple[dict[Any, Any], list[str]]:
    """Replace variables in the paths; nowhere else, so that no value can add a key or a step."""
    found: list[str] = []

    def resolved(section: object, key: str) -> None:
        text = section.get(key) if isinstance(section, dict) else None
        if not isinstance(section, dict) or not isinstance(text, str):
            return
        said = _VARIABLE.sub(lambda match: _value_of(match["name"], file), text)
        if said != text:
            section[key] = said
            found.append(said)

    resolved(data, "out")
    sources = data.get("sources")
    for source in sources if isinstance(sources, list) else ():
        resolved(source, "path")
        resolved(source, "root")
    return data, found


def _value_of(name: str, file: Path) -> str:
    value = os.environ.get(name)
    if value is None:
        msg = f"{file}: environment variable {name} is not set"
        raise ConfigError(msg, hint=f"export {name}=/path/to/the/data")
    return value


def _path(prefix: str, loc: tuple[int | str, ...]) -> str:
    path = prefix
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path or "(top)"


def _keys_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    here: Any = model
    for part in loc[:-1]:
        if isinstance(part, int):
            continue
        annotation = here.model_fields[part].annotation if part in here.model_fields else None
        here = _inner_model(annotation)
        if here is None:
            return []
    return list(here.model_fields)


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner_model(argument)) is not None:
            return found
    return None


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split())


def _short(value: object) -> str:
    # Bounded: nested aliases of YAML make values whose full text has no end.
    shown = reprlib.repr(value)
    return shown if len(shown) <= 80 else shown[:77] + "..."
