"""What is kept and what not, what a second backup costs, and what may not be restored."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from filelock import FileLock

from citytwin.errors import BusyError, ConfigError, StoreError
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealing import MAGIC
from citytwin.store.at_rest import read_bytes
from citytwin.store.atomic import write_text
from citytwin.store.backup import Places, back_up, restore, verified
from citytwin.store.backup.copying import Copies
from citytwin.store.backup.folders import copy_folder
from citytwin.store.sealed_keys import ensure_sealed
from tests.unit.store.backup.town import NOW, make_town, places_in

RASTER = "published/terrain/20260701T000000Z/terrain.tif"
LATER = NOW + timedelta(days=1)


@pytest.fixture
def town(tmp_path: Path) -> tuple[Places, Path]:
    """Its places and its configuration."""
    return make_town(tmp_path)


def contents(folder: Path) -> dict[str, bytes]:
    """Of all files but databases and their logs, which SQLite may lay out anew."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".sqlite" not in path.name and path.name != "lock"
    }


def test_all_comes_back(town: tuple[Places, Path], tmp_path: Path) -> None:
    """But for what others were just writing aside."""
    places, config = town
    made = back_up(places, config, tmp_path / "vault", NOW)
    assert made.folder == tmp_path / "vault" / "town-20260702T013000Z"
    assert made.folder.stat().st_mode & 0o077 == 0
    assert (made.folder / "configuration.yaml").read_bytes() == config.read_bytes()
    assert made.written == made.size > 0
    other = places_in(tmp_path / "other")
    document = restore(made.folder, other)
    assert (document.city, document.sealed, len(document.files)) == ("town", False, made.files)
    shutil.rmtree(next(places.published.glob(".tmp-*")))
    for (_, before), (_, after) in zip(places.parts(), other.parts(), strict=True):
        assert contents(before) == contents(after) != {}
    assert not list(tmp_path.rglob(".tmp-*"))


def test_a_second_backup_writes_what_is_new(town: tuple[Places, Path], tmp_path: Path) -> None:
    """The rest is linked, unless the earlier copy is damaged: then it is written once more."""
    places, config = town
    first = back_up(places, config, tmp_path / "vault", NOW)
    (places.published / "catalog.json").write_bytes(b"[]")
    second = back_up(places, config, tmp_path / "vault", LATER)
    assert second.before == first.folder
    assert 0 < second.written < second.size - 256 * 40
    assert (second.folder / RASTER).samefile(first.folder / RASTER)
    assert (first.folder / "published/catalog.json").read_bytes() == b"{}"
    assert (second.folder / "published/catalog.json").read_bytes() == b"[]"
    (second.folder / RASTER).write_bytes(b"?")
    third = back_up(places, config, tmp_path / "vault", LATER + timedelta(days=1))
    assert not (third.folder / RASTER).samefile(second.folder / RASTER)
    verified(third.folder)
    shutil.rmtree(second.folder)
    verified(third.folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda folder: (folder / RASTER).write_bytes(bytes(256 * 40)), "not what was written"),
        (lambda folder: (folder / RASTER).write_bytes(b""), "not what was written"),
        (lambda folder: (folder / RASTER).unlink(), "is missing"),
        (lambda folder: (folder / "published/more").write_bytes(b""), "not of the backup"),
        (lambda folder: (folder / "published/link").symlink_to("/etc/passwd"), "is a link"),
        (lambda folder: (folder / "backup.json").write_text("{"), "is damaged"),
        (lambda folder: (folder / "backup.json").unlink(), "holds no backup.json"),
    ],
)
def test_damage_is_found_before_anything_is_restored(
    town: tuple[Places, Path], tmp_path: Path, change: object, said: str
) -> None:
    """A changed, cut, lost or strange file, a link, a list that is none."""
    made = back_up(*town, tmp_path / "vault", NOW)
    assert callable(change)
    change(made.folder)
    with pytest.raises(StoreError, match=said):
        restore(made.folder, places_in(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_a_linked_file_with_the_right_content_is_refused(
    town: tuple[Places, Path], tmp_path: Path
) -> None:
    """Also a linked folder: what it leads to may change between two looks."""
    made = back_up(*town, tmp_path / "vault", NOW)
    outside = tmp_path / "outside"
    (made.folder / "published/terrain").rename(outside)
    (made.folder / "published/terrain").symlink_to(outside, target_is_directory=True)
    with pytest.raises(StoreError, match="published/terrain is a link"):
        verified(made.folder)


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "published/../../outside",
        "/etc/cron.d/job",
        "published//x",
        "published\\..\\x",
        "published/C:x",
        "published/a\nb",
        "secrets/x",
        "published",
        "PUBLISHED/Latest.json",
    ],
)
def test_a_list_that_leads_elsewhere_is_refused(
    town: tuple[Places, Path], tmp_path: Path, name: str
) -> None:
    """Whatever lies there: nothing is read by such a name, nor written."""
    made = back_up(*town, tmp_path / "vault", NOW)
    list_of = made.folder / "backup.json"
    said = json.loads(list_of.read_text())
    said["files"].append({"path": name, "size": 0, "sha256": "0" * 64})
    list_of.write_text(json.dumps(said))
    with pytest.raises(StoreError, match="is damaged: files"):
        restore(made.folder, places_in(tmp_path / "other"))
    assert not (tmp_path / "other").exists()


def test_a_name_twice_and_a_later_version(town: tuple[Places, Path], tmp_path: Path) -> None:
    """Names that differ by case are one on some disks; what is later is told from damage."""
    made = back_up(*town, tmp_path / "vault", NOW)
    list_of = made.folder / "backup.json"
    said = json.loads(list_of.read_text())
    twice = {
        **said["files"][-1],
        "path": said["files"][-1]["path"].upper().replace("PUBLISHED", "published"),
    }
    list_of.write_text(json.dumps({**said, "files": [*said["files"], twice]}))
    with pytest.raises(StoreError, match="listed twice"):
        verified(made.folder)
    list_of.write_text(json.dumps({**said, "schema": "citytwin-backup/2", "more": 1}))
    with pytest.raises(StoreError, match=r"version 2.*newer citytwin"):
        verified(made.folder)


def test_only_empty_places_and_only_its_own(town: tuple[Places, Path], tmp_path: Path) -> None:
    """Nothing is replaced, nothing ends up in another city, in clear, or sealed without a key."""
    places, config = town
    made = back_up(places, config, tmp_path / "vault", NOW)
    before = contents(tmp_path / "out")
    with pytest.raises(StoreError, match="is not empty"):
        restore(made.folder, places)
    assert contents(tmp_path / "out") == before
    other = places_in(tmp_path / "other")
    (other.published / "mine").mkdir(parents=True)
    with pytest.raises(StoreError, match="is not empty"):
        restore(made.folder, other)
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["town"]
    (other.published / "mine").rmdir()
    with pytest.raises(ConfigError, match="of town, the configuration of elsewhere"):
        restore(made.folder, replace(other, city="elsewhere"))
    with pytest.raises(ConfigError, match="in clear"):
        restore(made.folder, replace(other, published=tmp_path / "other" / ".sealed" / "town"))
    restore(made.folder, other)


def test_a_backup_that_fails_or_is_killed_leaves_nothing(
    town: tuple[Places, Path], tmp_path: Path
) -> None:
    """Of the former at once, of the latter with the next; one is written at a time."""
    places, config = town
    vault = tmp_path / "vault"
    with pytest.raises(StoreError, match="cannot be made"):
        back_up(places, tmp_path / "no.yaml", vault, NOW)
    assert [path.name for path in vault.iterdir()] == ["lock"]
    (vault / f".tmp-{'0' * 32}" / "published").mkdir(parents=True)
    with FileLock(vault / "lock"), pytest.raises(BusyError, match="another backup"):
        back_up(places, config, vault, NOW)
    made = back_up(places, config, vault, NOW)
    assert {path.name for path in vault.iterdir()} == {"lock", made.folder.name}


def test_a_backup_does_not_copy_itself(town: tuple[Places, Path], tmp_path: Path) -> None:
    """A folder within the city is refused; so is a city that has nothing yet."""
    places, config = town
    with pytest.raises(ConfigError, match="lies within"):
        back_up(places, config, places.published / "backups", NOW)
    with pytest.raises(StoreError, match="neither"):
        back_up(places_in(tmp_path / "none"), config, tmp_path / "vault", NOW)
    assert not (tmp_path / "vault").exists()


def test_a_backup_leaves_nothing_out_without_a_word(
    town: tuple[Places, Path], tmp_path: Path
) -> None:
    """What lies behind a link would be missing; it is named."""
    places, config = town
    (places.published / "terrain").rename(tmp_path / "disk")
    (places.published / "terrain").symlink_to(tmp_path / "disk", target_is_directory=True)
    with pytest.raises(StoreError, match="terrain is a link"):
        back_up(places, config, tmp_path / "vault", NOW)
    assert [path.name for path in (tmp_path / "vault").iterdir()] == ["lock"]


def test_sealed_layers_travel_as_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the backup nor restoring it needs the operator's key; reading needs it as before."""
    write_new_key(tmp_path / "keys", "town-2026")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    places, config = make_town(tmp_path)
    roots = [tmp_path / name / ".sealed" / "town" for name in ("out", "other")]
    ensure_sealed(roots[0], "town-2026", open_ring())
    for name in ("latest.json", "terrain/20260701T000000Z/layer.json"):
        write_text(roots[0] / name, f"secret {name}")
    monkeypatch.delenv("CITYTWIN_KEYS")
    sealed_folders.forget_keys()
    places = replace(places, published=roots[0], private=True)
    made = back_up(places, config, tmp_path / "vault", NOW)
    kept = contents(made.folder)
    assert kept["published/latest.json"].startswith(MAGIC)
    assert "published/keys.json" in kept
    assert not any("secret" in name or b"secret latest" in text for name, text in kept.items())
    other = places_in(tmp_path / "other")
    with pytest.raises(ConfigError, match="sealed"):
        restore(made.folder, other)
    restore(made.folder, replace(other, published=roots[1], private=True, closed=True))
    for closed in (roots[1], other.observations, other.journal):
        assert closed.stat().st_mode & 0o077 == 0
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    assert read_bytes(roots[1] / "latest.json") == b"secret latest.json"


class _Meanwhile(Copies):
    """Does something when a file is taken for the first time."""

    def __init__(self, stage: Path, name: str, done: object) -> None:
        super().__init__(stage, None, {})
        self._name, self._done = name, done

    def take(self, name: str, source: Path) -> None:
        """Take it, and then do what was asked for."""
        super().take(name, source)
        if name == self._name and callable(self._done):
            done, self._done = self._done, None
            done()


def test_a_run_that_is_published_meanwhile_is_there_whole_or_not(tmp_path: Path) -> None:
    """The old layer is removed and a new one switched to after the first document was copied."""
    city = tmp_path / "city"
    for name in ("catalog.json", "latest.json", "terrain/1/a", "terrain/1/b"):
        (city / name).parent.mkdir(parents=True, exist_ok=True)
        (city / name).write_text("1")

    def publish() -> None:
        shutil.copytree(city / "terrain/1", city / "terrain/2")
        for name in ("catalog.json", "latest.json"):
            (tmp_path / "new").write_text("2")
            (tmp_path / "new").replace(city / name)
        shutil.rmtree(city / "terrain/1")

    copies = _Meanwhile(tmp_path / "stage", "published/latest.json", publish)
    copy_folder(copies, "published", city)
    assert contents(tmp_path / "stage/published") == contents(city)
    assert sorted(copies.files) == [f"published/{name}" for name in sorted(contents(city))]


def test_a_folder_that_never_stands_still_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some tries; a file that is said to move does not count."""
    monkeypatch.setattr("citytwin.store.backup.folders.PAUSE_S", 0.0)
    city = tmp_path / "city"
    city.mkdir()
    (city / "live.json").write_text("")

    class Restless(Copies):
        def take(self, name: str, source: Path) -> None:
            super().take(name, source)
            source.write_text(source.read_text() + "x")

    with pytest.raises(BusyError, match="changed 20 times"):
        copy_folder(Restless(tmp_path / "a", None, {}), "published", city)
    copy_folder(Restless(tmp_path / "b", None, {}), "published", city, moving=("live.json",))
