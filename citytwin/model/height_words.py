"""Units of heights as files write them beside their values."""

from __future__ import annotations

import re

_METRE_NAMES = frozenset(
    {
        "m",
        "metre",
        "meter",
        "metres",
        "meters",
        "mtp",
        "tpm",
        "masl",
        "mamsl",
        "mnn",
        "mnhn",
        "mnap",
    }
)
"""The metre, alone or above a datum: T.P. of Japan, the sea, NN, NHN, NAP."""
_NOT_WRITTEN = frozenset({"unknown"})
_FOOT = re.compile(
    r"(?<![a-z])(?P<us>us)?[ _-]*(survey )?(?:ft|foot|feet)(?P<us_behind>us)?(?![a-z])"
)


def names_metres(unit: str) -> bool:
    """Whether a unit that a file writes beside its heights is the metre, or none is written.

    Parameters
    ----------
    unit
        Such as ``m``, ``[m]``, ``meter(s)``, ``m (T.P.)``, ``Meters above sea level`` or ``US survey
        foot``: the first word counts, without brackets and dots; ``unknown`` is none.
    """
    words = re.sub(r"[\[\](){}.]", "", unit.lower()).split()
    return not words or words[0] in _METRE_NAMES | _NOT_WRITTEN


def foot_m(unit: str) -> float | None:
    """Length of the foot that a unit names [m]; None where it names none.

    Parameters
    ----------
    unit
        Such as ``ft``, ``feet`` or ``US survey foot``.
    """
    found = _FOOT.search(unit.lower())
    if found is None:
        return None
    return 1200.0 / 3937.0 if found["us"] or found["us_behind"] else 0.3048
