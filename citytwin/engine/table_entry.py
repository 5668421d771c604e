"""A table that stands: whose it is, where its rows lie, what they hold, which of them are new."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.model.grid import Bounds
from citytwin.store.placed import Places, TableFile, places_of
from citytwin.store.row_changes import FileRows, Replaced
from citytwin.store.row_index import rows_near
from citytwin.store.tables import ANYWHERE


@dataclass(frozen=True)
class Piece:
    """Consecutive rows of a table, whose places are looked at when somebody asks for them."""

    first_row: int
    rows: int
    box: tuple[float, float, float, float]
    """x_min, y_min, x_max, y_max of all rows [m]; infinite where they may lie anywhere."""
    places: Callable[[], Places]
    name: str = ""
    """Of its file."""
    replaced: Replaced | None = None
    """What it changed of the file whose place it took; None where that is not known."""


_NO_ROWS = FileRows(np.empty((0, 4)), np.empty(0, np.uint64), np.empty(0, np.uint64))


class NearRows(NamedTuple):
    """Rows of a table near an area, in order."""

    numbers: NDArray[np.int64]
    """In the whole table, shape (n,)."""
    rows: FileRows


class TableEntry:
    """A table with its owner, and the places and digests of its rows.

    Parameters
    ----------
    owner
        Whose table it is.
    pieces
        In order.
    files
        Digests of the files that it lies in, if it does.
    """

    def __init__(
        self,
        owner: str,
        pieces: Iterable[Piece],
        files: Iterable[str] = (),
    ) -> None:
        self.owner = owner
        self.files = tuple(files)
        self._pieces = [piece for piece in pieces if piece.rows]
        self._boxes = np.array([piece.box for piece in self._pieces]).reshape(-1, 4)
        self.rows = sum(piece.rows for piece in self._pieces)
        """Rows of the table."""

    @classmethod
    def of(cls, owner: str, places: Places) -> TableEntry:
        """Return the entry of a table whose places are at hand.

        Parameters
        ----------
        owner
            Whose table it is.
        places
            Of its rows.
        """
        return cls(owner, [Piece(0, len(places.digests), ANYWHERE, lambda: places)])

    @classmethod
    def stored(cls, owner: str, root: Path, files: Iterable[TableFile]) -> TableEntry:
        """Return the entry of a table that lies in files.

        Parameters
        ----------
        owner
            Whose table it is.
        root
            Folder of the store.
        files
            All files of the table, in order.
        """
        own = list(files)
        return cls(
            owner,
            [
                Piece(
                    f.first_row,
                    f.rows,
                    f.box or ANYWHERE,
                    partial(places_of, root, f),
                    f.path,
                    f.replaced,
                )
                for f in own
            ],
            [f.digest for f in own],
        )

    @property
    def boxes(self) -> NDArray[np.float64]:
        """Box of each row, shape (n, 4) [m]."""
        own = [piece.places().index.boxes for piece in self._pieces]
        return np.concatenate([np.empty((0, 4)), *own])

    def digest(self) -> str:
        """Digest of what steps see of the rows."""
        total = hashlib.sha256()
        for piece in self._pieces:
            total.update(piece.places().digests.tobytes())
        return total.hexdigest()

    def seen(self, area: Bounds) -> tuple[str, dict[str, str]]:
        """Digest of what steps see of the rows that touch an area: of all, and by file, in order."""
        total, by_file = hashlib.sha256(), {}
        for piece, rows in self._near(area):
            digests = piece.places().digests[rows]
            total.update(digests.tobytes())
            if len(rows):
                by_file[piece.name] = _digest(digests)
        return total.hexdigest(), by_file

    def near(self, area: Bounds) -> NearRows:
        """Rows that touch an area."""
        found = [NearRows(np.empty(0, np.int64), _NO_ROWS)]
        for piece, rows in self._near(area):
            found.append(NearRows(rows + piece.first_row, _rows_of(piece.places(), rows)))
        return NearRows(
            np.concatenate([one.numbers for one in found]), _together(one.rows for one in found)
        )

    def changes(self, area: Bounds, then: Mapping[str, str]) -> FileRows | None:
        """Rows near an area that are gone, and that are new.

        Parameters
        ----------
        area
            The area [m].
        then
            Digests of the rows that were near it, by file.

        Returns
        -------
        FileRows or None
            None where it is not known what has changed since then.
        """
        if [piece.name for piece in self._pieces if piece.name in then] != list(then):
            return None
        nothing = np.empty(0, np.int64)
        found = [_NO_ROWS]
        near = {piece.name: rows for piece, rows in self._near(area)}
        for piece in self._pieces:
            rows = near.get(piece.name, nothing)
            if not len(rows) and piece.name not in then:
                continue
            places, replaced = piece.places(), piece.replaced
            if piece.name not in then:  # none of its rows was near
                found.append(_rows_of(places, rows))
                continue
            if then[piece.name] == _digest(places.digests[rows]):
                continue
            if replaced is None:
                return None
            before = replaced.near_before(piece.rows, rows, places.digests, area)
            if then[piece.name] != _digest(before):
                return None  # it changed more than once
            new = np.intersect1d(rows, np.array(replaced.new, dtype=np.int64))
            found += [replaced.gone_near(area), _rows_of(places, new)]
        return _together(found)

    def _near(self, area: Bounds) -> Iterator[tuple[Piece, NDArray[np.int64]]]:
        """Files that may touch an area, and which of their rows do."""
        for place in rows_near(self._boxes, area):
            piece = self._pieces[place]
            yield piece, piece.places().index.near(area).astype(np.int64)


def _digest(digests: NDArray[np.uint64]) -> str:
    """Digest of rows in their order."""
    return hashlib.sha256(digests.tobytes()).hexdigest()


def _rows_of(places: Places, rows: NDArray[np.int64]) -> FileRows:
    """Some rows of a file."""
    return FileRows(places.index.boxes[rows], places.digests[rows], places.buildings[rows])


def _together(several: Iterable[FileRows]) -> FileRows:
    return FileRows(*(np.concatenate(columns) for columns in zip(*several, strict=True)))
