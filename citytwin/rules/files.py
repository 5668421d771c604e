"""Rules on sunlight by name, or from a file of the user: one YAML file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, ValidationError

from citytwin.errors import ConfigError
from citytwin.model.sun_rule import SunRule
from citytwin.strict_yaml import read_yaml

_ENDING = ".yaml"


def rule_names() -> tuple[str, ...]:
    """Names of the rules that come with the package, sorted."""
    listed = files("citytwin.rules").iterdir()
    return tuple(sorted(f.name.removesuffix(_ENDING) for f in listed if f.name.endswith(_ENDING)))


@cache
def named_rule(name: str) -> SunRule:
    """Return a rule that comes with the package.

    Parameters
    ----------
    name
        Such as ``jp_shade``.

    Raises
    ------
    ConfigError
        If there is none.
    """
    if name not in rule_names():
        msg = f"{name!r} is no rule on sunlight"
        raise ConfigError(msg, hint=f"use one of {', '.join(rule_names())}, or the path of a file")
    file = f"{name}{_ENDING}"
    return _checked(files("citytwin.rules").joinpath(file).read_text("utf-8"), file)


def rule_from_file(path: Path) -> SunRule:
    """Read a rule of the user.

    Parameters
    ----------
    path
        YAML file.

    Raises
    ------
    ConfigError
        If it cannot be read, or is no rule; with the key and the value met.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the rule {path} cannot be read: {error}"
        raise ConfigError(msg, hint="name a YAML file in UTF-8") from error
    return _checked(text, str(path))


def _checked(text: str, source: str) -> SunRule:
    try:
        return SunRule.model_validate(read_yaml(text, source))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        msg = f"{source}: {place}: {first['msg']}, got {str(first['input'])[:80]!r}"
        raise ConfigError(msg, hint="compare it with a rule that comes with citytwin") from error


def _by_name(value: object) -> object:
    """Let a name or the path of a file stand for the rule, where parameters ask for one."""
    if not isinstance(value, str):
        return value
    return rule_from_file(Path(value)) if value.endswith((".yaml", ".yml")) else named_rule(value)


NamedRule: TypeAlias = Annotated[SunRule, BeforeValidator(_by_name)]
"""A rule in parameters: its name, the path of a file, or the rule itself. The whole of it goes
into the fingerprint of what is made with it."""
