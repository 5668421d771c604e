"""Folders of layers on their way: made in clear or in memory, moved or sealed into their place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import copy_tree
from citytwin.store.atomic import move_folder, temporary_beside, write_text
from citytwin.store.latest import ITEM
from citytwin.store.memory_room import memory_room


def is_sealed(folder: Path) -> bool:
    """Whether the files of a folder are sealed.

    Parameters
    ----------
    folder
        The folder.
    """
    return sealed_root(folder / "file") is not None


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to write a layer into; what is written there ends up in `folder`.

    Libraries write files and read them again, so a layer that shall be sealed is made in memory.

    Parameters
    ----------
    folder
        Replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    if not is_sealed(folder):
        folder.mkdir(parents=True)
        yield folder
        return
    with memory_room() as room:
        yield room
        copy_tree(room, folder)


def place_folder(source: Path, target: Path, item: str) -> None:
    """Bring a layer to its place for good.

    A sealed file knows its name, so a folder of such is written in its place: nothing names it
    before it is whole, and what a kill leaves there is removed by the next run.

    Parameters
    ----------
    source
        Folder of the layer.
    target
        Its place; must not exist.
    item
        Its STAC item, which names the run.
    """
    if is_sealed(target):
        copy_tree(source, target)
        write_text(target / ITEM, item)
    elif is_sealed(source):
        clear = temporary_beside(target.parent.with_name("run"))
        copy_tree(source, clear)
        write_text(clear / ITEM, item)
        move_folder(clear, target)
    else:
        write_text(source / ITEM, item)
        move_folder(source, target)
