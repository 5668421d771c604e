"""States of runs: whole, checked, never those of another run."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from citytwin.errors import StoreError
from citytwin.store.checkpoints import DamagedCheckpointError, read_checkpoint, write_checkpoint

STATE = {
    "water.depth_m": np.arange(12, dtype=np.float32).reshape(3, 4),
    "spells.is_lasting": np.array([True, False]),
    "rule.seconds": np.array([0.1, np.inf, np.nan]),
    "series": np.zeros((0, 3, 4), dtype=np.float32),
}


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Same names, types, shapes and bytes."""
    return one.keys() == other.keys() and all(
        one[k].dtype == other[k].dtype
        and one[k].shape == other[k].shape
        and one[k].tobytes() == other[k].tobytes()
        for k in one
    )


def test_a_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    """Types and shapes as well; a second one takes the place of the first."""
    file = tmp_path / "new" / "state.npz"
    write_checkpoint(file, "run", {"a": np.zeros(1)})
    write_checkpoint(file, "run", STATE)
    state = read_checkpoint(file, "run")
    assert state is not None
    assert equal(dict(state), STATE)
    assert [path.name for path in file.parent.iterdir()] == ["state.npz"]


def test_the_state_of_another_run_is_none(tmp_path: Path) -> None:
    """Nor is a missing file one."""
    file = tmp_path / "state.npz"
    assert read_checkpoint(file, "run") is None
    write_checkpoint(file, "run", STATE)
    assert read_checkpoint(file, "another run") is None


def test_no_changed_byte_passes(tmp_path: Path) -> None:
    """Every byte in turn."""
    file = tmp_path / "state.npz"
    write_checkpoint(file, "run", STATE)
    whole = file.read_bytes()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 0x41
        file.write_bytes(changed)
        with pytest.raises(DamagedCheckpointError, match="not what was written"):
            read_checkpoint(file, "run")


@pytest.mark.parametrize("length", [0, 1, 100, -1])
def test_a_cut_file_is_refused(tmp_path: Path, length: int) -> None:
    """As a crash of the disk would leave it."""
    file = tmp_path / "state.npz"
    write_checkpoint(file, "run", STATE)
    file.write_bytes(file.read_bytes()[:length])
    with pytest.raises(DamagedCheckpointError, match=r"state\.npz"):
        read_checkpoint(file, "run")


def test_objects_are_never_unpickled(tmp_path: Path) -> None:
    """An archive of somebody else runs no code."""
    file = tmp_path / "state.npz"
    np.savez(file, fingerprint=np.array("run"), a=np.array([{}], dtype=object))
    file.write_bytes(file.read_bytes() + sha256(file.read_bytes()).digest())
    with pytest.raises(DamagedCheckpointError):
        read_checkpoint(file, "run")


def test_a_disk_that_refuses_is_named(tmp_path: Path) -> None:
    """The folder is a file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot be written"):
        write_checkpoint(tmp_path / "file" / "state.npz", "run", STATE)
