"""What people decided about alerts: silences and acknowledgements, beside the states in the same file.

The running twin reads them, the command line writes them; SQLite lets both.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from citytwin.alerts.silence import Acknowledgement, Silence
from citytwin.errors import StoreError
from citytwin.model.warning_levels import WarningLevel
from citytwin.store.alert_base import open_alerts
from citytwin.store.database import database_errors


class AlertMarks:
    """Silences and acknowledgements of a city.

    Parameters
    ----------
    path
        SQLite file of the alert states; made where it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def _write(self, now: datetime, said: str, sql: str, values: tuple[object, ...]) -> None:
        """Change something, and keep what was decided for good."""
        try:
            with closing(open_alerts(self._path)) as base, base:
                base.execute("BEGIN IMMEDIATE")
                base.execute(sql, values)
                base.execute("INSERT INTO decisions VALUES (?, ?)", (now.timestamp(), said))
        except database_errors() as error:
            raise self._fault(error) from error

    def _fault(self, error: Exception) -> StoreError:
        msg = f"{self._path} cannot be used: {error}"
        return StoreError(msg, hint="check the disk and who else uses the file")

    def silence(self, silence: Silence, now: datetime) -> None:
        """Keep a silence; it takes the place of one of the same rule.

        Parameters
        ----------
        silence
            What holds from now on.
        now
            Aware.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        said = f"{silence.by} silences {silence.rule} up to level {silence.up_to}: {silence.why}"
        sql = "INSERT OR REPLACE INTO silences VALUES (?, ?, ?, ?, ?)"
        row = (silence.rule, silence.up_to, silence.until.timestamp(), silence.by, silence.why)
        self._write(now, said, sql, row)

    def lift(self, rule: str, by: str, now: datetime) -> None:
        """End the silence of a rule.

        Parameters
        ----------
        rule
            Its id.
        by
            Who asked for it.
        now
            Aware.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        self._write(
            now, f"{by} ends the silence of {rule}", "DELETE FROM silences WHERE rule = ?", (rule,)
        )

    def acknowledge(self, found: Acknowledgement) -> None:
        """Keep that somebody has seen an alert; the first one counts.

        Parameters
        ----------
        found
            Which alert, who and when.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        sql = "INSERT OR IGNORE INTO acknowledgements VALUES (?, ?, ?, ?)"
        row = (found.alert, found.at.timestamp(), found.by, found.note)
        self._write(found.at, f"{found.by} acknowledges {found.alert}: {found.note}", sql, row)

    def silences(self) -> tuple[Silence, ...]:
        """All silences, also those that have ended.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        return tuple(
            Silence(rule, WarningLevel(up_to), datetime.fromtimestamp(until_s, UTC), by, why)
            for rule, up_to, until_s, by, why in self._rows("silences")
        )

    def acknowledgements(self) -> dict[str, Acknowledgement]:
        """Who has seen which alert first, by its id.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        return {
            alert: Acknowledgement(alert, datetime.fromtimestamp(at_s, UTC), by, note)
            for alert, at_s, by, note in self._rows("acknowledgements")
        }

    def decisions(self) -> tuple[str, ...]:
        """Everything that was decided, in order; nothing of it is ever removed.

        Raises
        ------
        StoreError
            If the file cannot be read.
        """
        return tuple(said for _, said in self._rows("decisions"))

    def _rows(self, table: str) -> list[tuple[Any, ...]]:
        try:
            with closing(open_alerts(self._path)) as base:
                return base.execute(f"SELECT * FROM {table} ORDER BY rowid").fetchall()  # noqa: S608 - a name of ours
        except database_errors() as error:
            raise self._fault(error) from error
