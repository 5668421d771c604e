"""IDF curves by the name of a place, or from a file of the user: one YAML file each."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, ValidationError

from citytwin.errors import ConfigError
from citytwin.model.rain_rule import RainRule
from citytwin.strict_yaml import read_yaml

_ENDING = ".yaml"
_PACKAGE = "citytwin.rules.rain"


def rain_rule_names() -> tuple[str, ...]:
    """Names of the rules that come with the package, sorted."""
    listed = files(_PACKAGE).iterdir()
    return tuple(sorted(f.name.removesuffix(_ENDING) for f in listed if f.name.endswith(_ENDING)))


@cache
def named_rain_rule(name: str) -> RainRule:
    """Return IDF curves that come with the package.

    Parameters
    ----------
    name
        Such as ``jp_noboribetsu``.

    Raises
    ------
    ConfigError
        If there are none.
    """
    if name not in rain_rule_names():
        msg = f"{name!r} is no rainfall rule"
        known = ", ".join(rain_rule_names())
        raise ConfigError(msg, hint=f"use one of {known}, the path of a YAML file, or the curves")
    file = f"{name}{_ENDING}"
    return _checked(files(_PACKAGE).joinpath(file).read_text("utf-8"), file)


def rain_rule_from_file(path: Path) -> RainRule:
    """Read IDF curves of the user.

    Parameters
    ----------
    path
        YAML file.

    Raises
    ------
    ConfigError
        If it cannot be read, or holds no curves; with the key and the value met.
    """
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"the rainfall rule {path} cannot be read: {error}"
        raise ConfigError(msg, hint="name a YAML file in UTF-8") from error
    return _checked(text, str(path))


def _checked(text: str, source: str) -> RainRule:
    try:
        return RainRule.model_validate(read_yaml(text, source))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        msg = f"{source}: {place}: {first['msg']}, got {str(first['input'])[:80]!r}"
        raise ConfigError(msg, hint="compare it with a rule that comes with citytwin") from error


def _by_name(value: object) -> object:
    """Let a name or the path of a file stand for the curves, where parameters ask for them."""
    if not isinstance(value, str):
        return value
    if value.endswith((".yaml", ".yml")):
        return rain_rule_from_file(Path(value))
    return named_rain_rule(value)


NamedRainRule: TypeAlias = Annotated[RainRule, BeforeValidator(_by_name)]
"""IDF curves in parameters: a name, the path of a file, or the curves themselves. The whole of
them goes into the fingerprint of what is made with them."""
