"""Walks that pass nothing over."""

from __future__ import annotations

from pathlib import Path

import pytest

from citytwin.store.walking import entries_below, folders_below
from citytwin.transports.unreadable import is_lost_and_found
from tests.unit.rights import closed_to_us, open_folder


def test_links_are_told_and_not_followed(tmp_path: Path) -> None:
    """Files and links in order; what does not exist is empty."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b/file").write_text("")
    (tmp_path / "b/.hidden").write_text("")
    (tmp_path / "a").symlink_to(tmp_path / "b", target_is_directory=True)
    (tmp_path / "c").symlink_to(tmp_path / "none")
    found = [path.relative_to(tmp_path).as_posix() for path in entries_below(tmp_path)]
    assert found == ["a", "c", "b/.hidden", "b/file"]
    assert not list(entries_below(tmp_path / "none"))
    assert not list(folders_below(tmp_path / "none"))


def test_folders_behind_links_are_found_once(tmp_path: Path) -> None:
    """A link that leads back up has no end."""
    (tmp_path / "town/layer").mkdir(parents=True)
    (tmp_path / "town/layer/up").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "again").symlink_to(tmp_path / "town", target_is_directory=True)
    found = [path.resolve().relative_to(tmp_path).as_posix() for path in folders_below(tmp_path)]
    assert sorted(found) == [".", "town", "town/layer"]


def test_only_the_top_of_a_disk_has_a_lost_and_found() -> None:
    """Of ext4, closed to all but root; a folder of that name elsewhere is somebody's."""
    assert is_lost_and_found(Path("/lost+found"))
    assert not is_lost_and_found(Path("/found"))
    with open_folder() as folder:
        assert not is_lost_and_found(folder / "lost+found")


def test_what_cannot_be_looked_into_is_an_error() -> None:
    """It would be missing from whatever is made of the list."""
    with open_folder() as folder:
        (folder / "closed").mkdir()
        with closed_to_us(folder / "closed"):
            with pytest.raises(PermissionError):
                list(entries_below(folder))
            with pytest.raises(PermissionError):
                list(folders_below(folder))
