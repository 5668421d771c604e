"""Identifiers that are each given once: a second feature of a name gets a suffix."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False)
class UniqueNames:
    """Names given so far."""

    _taken: set[str] = field(default_factory=set)
    _next: dict[str, int] = field(default_factory=dict)

    def take(self, name: str) -> str:
        """Return the name, or the name with the first free suffix ``#2``, ``#3``.

        Parameters
        ----------
        name
            Name wanted.
        """
        free = name
        while free in self._taken:
            number = self._next.get(name, 2)
            self._next[name] = number + 1
            free = f"{name}#{number}"
        self._taken.add(free)
        return free
