"""Names of restricted sources are for those who may know them; others are told numbers."""

from __future__ import annotations

from citytwin.security.told_names import told_names


def test_numbers_stand_for_restricted_names() -> None:
    """In the order of the configuration, by class; others by their own names."""
    told = told_names(
        {"rain": "public", "mains": "restricted", "counts": "internal", "pumps": "secret",
         "cables": "restricted"}
    )  # fmt: skip
    assert told == {
        "rain": "rain",
        "mains": "restricted_1",
        "counts": "counts",
        "pumps": "secret_1",
        "cables": "restricted_2",
    }
