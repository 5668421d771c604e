"""JSON texts, whole files or lines of a sequence, with errors that name the place."""

from __future__ import annotations

import json
from typing import TypeAlias

from citytwin.errors import SourceError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


def parse(content: str, source: str, place: str) -> Json:
    """Parse a JSON text.

    Parameters
    ----------
    content
        The text.
    source
        File name, for messages.
    place
        Where in the file the text stands; empty for a whole file.

    Raises
    ------
    SourceError
        If it is no JSON that can be used.
    """
    try:
        parsed: Json = json.loads(content)
    except json.JSONDecodeError as error:
        record = place or f"line {error.lineno}, column {error.colno}"
        msg = f"is not JSON: {error.msg}"
        raise SourceError(msg, source=source, record=record, hint="fetch the file again") from error
    except (ValueError, RecursionError) as error:
        msg = f"is not usable JSON: {str(error)[:120]}"
        raise SourceError(msg, source=source, record=place) from error
    return parsed
