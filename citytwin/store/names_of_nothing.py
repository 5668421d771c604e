"""Names in a policy that no layer or table of a city has: most likely written wrong, and without effect."""

from __future__ import annotations

from pathlib import Path

from citytwin.security.policy import ANYTHING, Policy, matches
from citytwin.store.asked_for import TABLES
from citytwin.store.latest import run_folders
from citytwin.wording import nearest


def names_of_nothing(policy: Policy, city_dir: Path) -> tuple[str, ...]:
    """Say which names of rules are those of nothing that a city has now; a layer may come tomorrow.

    Parameters
    ----------
    policy
        The rules.
    city_dir
        Folder of the published city.
    """
    layers = [name for name, runs in run_folders(city_dir).items() if runs]
    found = []
    for rule in policy.rules:
        known = layers if "layer" in rule.kinds else []
        known = [*known, *(TABLES if "table" in rule.kinds else ())]
        for pattern in rule.names:
            if pattern != ANYTHING and not any(matches(pattern, name) for name in known):
                of, near = " or ".join(sorted(rule.kinds)), nearest(pattern, known)
                found.append(f"rule {rule.name}: the city has no {of} {pattern!r}{near}")
    return tuple(found)
