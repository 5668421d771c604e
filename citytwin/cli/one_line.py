"""Words that stay on record are one line each: a list of them must not look like what it is not."""

from __future__ import annotations

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
    strange = next((letter for letter in text if not letter.isprintable()), None)
    if strange is not None:
        msg = f"{name} holds the character {strange!a}, which does not show"
        raise ConfigError(msg, hint="say it in one line")
