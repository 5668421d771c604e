"""Words and places of a configuration, checked before anything is made of them."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator

from citytwin.model.text import Text
from citytwin.transports.bucket_address import bucket_and_folder, is_bucket_address

_NOT_IN_A_LINE = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff")
"""Turn the direction of all text that follows, or are no characters of XML."""


def _sound_words(value: Text) -> Text:
    """Refuse titles that say nothing, or would break the XML of a QGIS project."""
    for language, said in (("ja", value.ja), ("en", value.en)):
        no_controls(said)
        if not said.strip():
            msg = f"the {language} text is empty: it stands on the map and in its catalogue"
            raise ValueError(msg)
    return value


def no_controls(value: str) -> str:
    """Return a text of one line that looks like what it is.

    Parameters
    ----------
    value
        The text.

    Raises
    ------
    ValueError
        If it holds a control character, such as a line break, or one that turns the direction of writing.
    """
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs") or character in _NOT_IN_A_LINE:
            msg = f"holds the control character U+{ord(character):04X}"
            raise ValueError(msg)
    return value


Words = Annotated[Text, AfterValidator(_sound_words)]
"""A text that is shown on maps."""
Line = Annotated[str, AfterValidator(no_controls)]


def _a_place(value: str) -> str:
    """Refuse what can be no path, or no pattern, on any system."""
    if not value.strip():
        msg = "names no place; `.` is the folder of the configuration"
        raise ValueError(msg)
    if any("**" in part and part != "**" for part in value.replace("\\", "/").split("/")):
        msg = "`**` stands for folders of any depth and must be alone between two slashes"
        raise ValueError(msg)
    return no_controls(value)


def _on_a_disk(value: str) -> str:
    if is_bucket_address(value):
        msg = "must lie on a disk; `publish_to` uploads what is published to object storage"
        raise ValueError(msg)
    return _a_place(value)


def _anywhere(value: str) -> str:
    if is_bucket_address(value):
        bucket_and_folder(value)
    return _a_place(value)


Place = Annotated[str, AfterValidator(_on_a_disk)]
"""A path, relative to the configuration file."""
SourcePlace = Annotated[str, AfterValidator(_anywhere)]
"""Such a path, or an address in object storage."""
