"""Variables of the environment in the paths of a configuration."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from citytwin.errors import ConfigError

VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}")
"""``${NAME}``"""


def substituted(data: dict[Any, Any], file: Path) -> tuple[dict[Any, Any], list[str]]:
    """Replace variables in the paths; nowhere else, so that no value can add a key or a step.

    Parameters
    ----------
    data
        Content of the configuration; changed.
    file
        Its file, for messages.

    Returns
    -------
    data : dict
        The same content.
    found : list of str
        Paths that held variables, as they are now.

    Raises
    ------
    ConfigError
        If a variable is not set.
    """
    found: list[str] = []

    def resolved(section: object, key: str) -> None:
        text = section.get(key) if isinstance(section, dict) else None
        if not isinstance(section, dict) or not isinstance(text, str):
            return
        said = VARIABLE.sub(lambda match: _value_of(match["name"], file), text)
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
