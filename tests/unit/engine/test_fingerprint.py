"""Fingerprints: what changed is named in words."""

from __future__ import annotations

import re

import pytest

from citytwin.engine.fingerprint import Fingerprint, changed_components, difference

BASE = Fingerprint(code="c", parameters='{"a": 1}', inputs=("x", "y"))


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (BASE, ""),
        (Fingerprint("c2", BASE.parameters, BASE.inputs), "code changed"),
        (Fingerprint("c", '{"a": 2}', BASE.inputs), "parameters changed"),
        (Fingerprint("c", BASE.parameters, ("x",)), "inputs changed"),
        (Fingerprint("c", BASE.parameters, ("y", "x")), "inputs changed"),
        (Fingerprint("c", BASE.parameters, ("xy",)), "inputs changed"),
        (Fingerprint("d", "{}", BASE.inputs), "code and parameters changed"),
        (Fingerprint("d", "{}", ()), "code and parameters and inputs changed"),
    ],
)
def test_what_changed_is_named(other: Fingerprint, said: str) -> None:
    """Each component by itself, several together, order and limits of inputs included."""
    assert difference(str(BASE), str(other)) == said


def test_what_never_stood_is_not_called_changed() -> None:
    """A first run has no before."""
    assert difference(None, str(BASE)) == "not made yet"


def test_the_text_is_short_and_tells_components_apart() -> None:
    """Three digests that do not depend on each other."""
    text = str(BASE)
    assert re.fullmatch(r"[0-9a-f]{24}(\.[0-9a-f]{24}){2}", text)
    swapped = str(Fingerprint(BASE.parameters, "c", BASE.inputs)).split(".")
    assert changed_components(text.split("."), swapped) == ["code", "parameters"]
    assert swapped[:2] == text.split(".")[1::-1]
