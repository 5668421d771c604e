"""What must be said wherever a record of wind decides a result."""

from __future__ import annotations

from citytwin.model.notes import Note
from citytwin.model.record import Record

CALM = Note(
    severity="loss",
    ja="風の記録に風向のある風がないため、計算していません",
    en="Not computed: the wind record holds no wind with a direction",
)


def of_sensors(speed: Record, direction: Record) -> Note:
    """Name the sensor of the wind, or both where none measures speed and direction.

    Parameters
    ----------
    speed, direction
        The records that are used.
    """
    if speed.thing == direction.thing:
        measured = "Wind of" if speed.of_model else "Wind measured at"
        return Note(severity="info", ja=f"風: {speed.where.ja}", en=f"{measured} {speed.where.en}")
    return Note(
        severity="fallback",
        ja="風速と風向を同じ地点で測る観測所がないため、別々の観測所の値を組み合わせています。"
        f"風速: {speed.where.ja}。風向: {direction.where.ja}",
        en="No sensor measures both speed and direction of the wind; two were combined: speed from "
        f"{speed.where.en}; direction from {direction.where.en}",
    )
