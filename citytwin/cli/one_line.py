"""Words that stay on record are one line each: a list of them must not look like what it is not."""

from __future__ import annotations

from citytwin.config_words import no_controls
from citytwin.errors import ConfigError


def one_line(name: str, text: str) -> None:
    """Refuse line breaks and control characters, which would forge or hide lines of a list.

    Parameters
    ----------
    name
        Argument or option, for the message.
    text
        What was said.

    Raises
    ------
    ConfigError
        If it holds one.
    """
    try:
        no_controls(text)
    except ValueError as error:
        raise ConfigError(f"{name} {error}", hint="say it in one line") from error
