"""A town with a few published files, observations and a journal, and the places of another machine."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from citytwin.store.backup import Places
from citytwin.store.corrections import Correction, keep_correction
from citytwin.store.observations import ALERTS, RAW, ObservationStore, raw_ref_of
from citytwin.store.outbox import Outbox
from citytwin.store.raw_archive import RawArchive
from tests.unit.store.observations.rows import Clock, levels

NOW = datetime(2026, 7, 2, 1, 30, tzinfo=UTC)
CORRECTED = Correction(
    building="bldg_1", attribute="storeys", value="3", by="Tanaka", why="seen", made=NOW
)


def places_in(out: Path) -> Places:
    """Places as a configuration gives them."""
    return Places("town", out / "town", out / ".observations" / "town", out / "journal")


def make_town(root: Path) -> tuple[Places, Path]:
    """Write one; return its places and its configuration."""
    places = places_in(root / "out")
    for name, content in (
        ("latest.json", b"{}"),
        ("catalog.json", b"{}"),
        ("live.json", b"[1]"),
        ("terrain/20260701T000000Z/terrain.tif", bytes(range(256)) * 40),
        (".tmp-0123456789abcdef0123456789abcdef/half", b"half"),
    ):
        file = places.published / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    places.journal.mkdir(parents=True)
    (places.journal / "20260701T000000Z-1.json").write_bytes(b"{}")
    folder = places.observations
    with ObservationStore.open(folder, clock=Clock(1)) as store:
        store.append(levels([("a", 0, 1.0), ("b", 0, 2.0)]))
        store.commit({"river": "7"})
    with RawArchive(folder / RAW) as archive:
        archive.keep([b"payload"])
        assert archive.name_of(raw_ref_of(b"payload")) is not None
    Outbox(folder / ALERTS).close()
    keep_correction(folder, CORRECTED)
    config = root / "city.yaml"
    config.write_text("city: {id: town}\n")
    return places, config
