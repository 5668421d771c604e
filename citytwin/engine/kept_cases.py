"""Cases of an ensemble on disk: what is finished stands, what runs keeps its state."""

from __future__ import annotations

import hashlib
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from citytwin.engine.checkpointing import CHECKPOINT_MINUTES
from citytwin.errors import StoreError
from citytwin.store.checkpoints import DamagedCheckpointError, read_checkpoint, write_checkpoint
from citytwin.store.kept_datasets import arrays_of_dataset, dataset_of_arrays

log = logging.getLogger(__name__)
_DONE, _UNDER_WAY = "case", "state"
_NAME_DIGITS = 20


@dataclass(frozen=True)
class KeptCases:
    """Results of cases in a folder, each there whole or not at all, and states of those that run."""

    folder: Path
    """Working folder; made when something is kept."""
    fingerprints: tuple[str, ...]
    """Of all that each case depends on, in their order: the result of another is never taken."""
    every_minutes: float = CHECKPOINT_MINUTES
    """Time after which the state of a running case is kept again."""

    def standing(self) -> tuple[int, ...]:
        """Numbers of the cases whose results are there, every byte as it was written."""
        found = []
        for number, fingerprint in enumerate(self.fingerprints):
            try:
                if read_checkpoint(self._file(_DONE, number), fingerprint) is not None:
                    found.append(number)
            except DamagedCheckpointError as error:
                log.warning("%s; the case is computed anew", error)
        return tuple(found)

    def keep(self, number: int, data: xr.Dataset) -> None:
        """Keep the result of a case; its state has done its duty.

        Parameters
        ----------
        number, data
            Of the case.

        Raises
        ------
        StoreError
            If the disk refuses.
        """
        arrays = arrays_of_dataset(data)
        write_checkpoint(self._file(_DONE, number), self.fingerprints[number], arrays)
        self.state_of(number).unlink(missing_ok=True)

    def read(self, number: int) -> xr.Dataset:
        """Result of a case that stands.

        Parameters
        ----------
        number
            Of the case.

        Raises
        ------
        StoreError
            If it is gone or damaged.
        """
        file = self._file(_DONE, number)
        arrays = read_checkpoint(file, self.fingerprints[number])
        if arrays is None:
            msg = f"{file}: what was kept there is gone"
            raise StoreError(msg, hint="run the same command again: the case is computed anew")
        return dataset_of_arrays(arrays)

    def state_of(self, number: int) -> Path:
        """File for the state of a case that runs.

        Parameters
        ----------
        number
            Of the case.
        """
        return self._file(_UNDER_WAY, number)

    def forget(self) -> None:
        """Remove the folder: the result is written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def leave(self) -> None:
        """Let the folder stay where it holds something for the next time."""
        if not any(any(self.folder.glob(f"{kind}-*.npz")) for kind in (_DONE, _UNDER_WAY)):
            self.forget()

    def _file(self, kind: str, number: int) -> Path:
        digest = hashlib.sha256(self.fingerprints[number].encode()).hexdigest()
        return self.folder / f"{kind}-{digest[:_NAME_DIGITS]}.npz"
