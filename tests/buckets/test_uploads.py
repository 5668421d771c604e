"""A published city in object storage, on a real server: the same bytes, one whole run at any moment."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import obstore
import pytest
from click.testing import CliRunner

from citytwin.cli.check import command as check_command
from citytwin.cli.object_storage import uploaded_or_lost
from citytwin.cli.plan import command as plan_command
from citytwin.cli.upload import command as upload_command
from citytwin.config import load
from citytwin.engine import locking, uploading
from citytwin.engine.locking import holding
from citytwin.engine.uploading import upload_city
from citytwin.errors import BusyError, CityTwinError, ConfigError, StoreError, UnreachableError
from citytwin.model.layer import Latest
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealing import MAGIC
from citytwin.store.atomic import write_text
from citytwin.store.latest import LIVE, published_city
from citytwin.store.pinned_city import pinned_city
from citytwin.store.publish import StagedLayer, announce_live, prune, publish
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.store.upload import Uploaded, upload
from citytwin.transports.bucket_address import BucketFolder
from citytwin.transports.buckets import Bucket
from tests.buckets.object_store import ObjectStore, fetched, use
from tests.buckets.relay import Relay
from tests.unit.cli.test_main import CITY
from tests.unit.store import little_city as lc
from tests.unit.store.city_check import check_city, named_items

FIRST, SECOND, THIRD = "20261123T210000Z", "20261124T210000Z", "20261125T210000Z"
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers, one of which changes with every run."""
    folder = tmp_path_factory.mktemp("staging")
    lc.stage(folder / "first", "terrain")
    for k, run in enumerate(("first", "second", "third")):
        depth = lc.field_array(lc.f.FLOOD_DEPTH_MAX) + 0.5 * k
        lc.stage(folder / run, "flood_depth_max", array=depth, fingerprint=f"{k:02}" * 32)
    return folder


@pytest.fixture
def city(staging: Path, tmp_path: Path) -> Path:
    """A city with its page, of one run."""
    make_run(staging, tmp_path / "city", "first", FIRST)
    return tmp_path / "city"


@pytest.fixture
def place(
    object_store: ObjectStore, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> BucketFolder:
    """A folder of the bucket that no other test has, with the keys of its owner."""
    use(monkeypatch, object_store.owner)
    return object_store.folder(f"{tmp_path.name}/town")


def make_run(staging: Path, city: Path, name: str, run_id: str) -> Latest:
    """Publish the layers of a run."""
    layers = []
    for layer in ("terrain", "flood_depth_max"):
        source = staging / ("first" if layer == "terrain" else name) / layer
        target = city.with_name("staged") / layer
        shutil.copytree(source, target)
        document = lc.LayerDocument.model_validate_json((target / "layer.json").read_bytes())
        layers.append(StagedLayer(document, target))
    return publish(city, layers, lc.run_info(run_id), put_page)


def put_page(city: Path) -> None:
    """Write a page with one script."""
    write_text(city / "viewer" / "app" / "main.js", "document.title = 'map'\n")
    write_text(city / "index.html", "<script type=module src=viewer/app/main.js></script>\n")


def sent(city: Path, place: BucketFolder, keep: int | None = None) -> Uploaded:
    """Upload a city."""
    with pinned_city(city, city.with_name("pinned")) as pinned:
        return upload(pinned, Bucket(place), city.with_name("record"), keep)


def on_disk(city: Path) -> dict[str, bytes]:
    """All files of a city."""
    return {p.relative_to(city).as_posix(): p.read_bytes() for p in city.rglob("*") if p.is_file()}


def test_the_bucket_holds_the_same_bytes(city: Path, place: BucketFolder, tmp_path: Path) -> None:
    """Every file, and nothing else; a second upload sends nothing; a new one only what changed."""
    done = sent(city, place)
    here = on_disk(city)
    assert fetched(place, tmp_path / "copy") == here
    assert (done.put, done.standing, done.removed) == (len(here), 0, 0)
    assert done.size == sum(map(len, here.values()))
    assert sent(city, place) == Uploaded(FIRST, 0, 0, len(here), 0)
    (city / "index.html").write_text("<p>another page</p>")
    assert sent(city, place).put == 1
    assert fetched(place, tmp_path / "copy") == on_disk(city)


def test_browsers_get_what_they_need(city: Path, place: BucketFolder) -> None:
    """Types, without which no script runs, and how long each file may be kept."""
    sent(city, place)
    store = Bucket(place)._store
    told = {
        name: obstore.get(store, name).attributes
        for name in (
            "index.html",
            "latest.json",
            "viewer/app/main.js",
            f"terrain/{FIRST}/terrain.tif",
        )
    }
    assert [one["Content-Type"] for one in told.values()] == [
        "text/html; charset=utf-8", "application/json", "text/javascript", "image/tiff",
    ]  # fmt: skip
    assert [one["Cache-Control"] for one in told.values()] == [
        "no-cache", "no-cache", "no-cache", "max-age=31536000, immutable",
    ]  # fmt: skip


def test_old_runs_go_when_nothing_names_them(
    city: Path, staging: Path, place: BucketFolder, tmp_path: Path
) -> None:
    """Never one that the catalogue points to, and none at all where nothing is said of keeping."""
    sent(city, place)
    for name, run_id in (("second", SECOND), ("third", THIRD)):
        make_run(staging, city, name, run_id)
        sent(city, place, keep=3)
    fetched(place, tmp_path / "copy")
    check_city(tmp_path / "copy")
    assert named_items(tmp_path / "copy", "flood_depth_max") == [FIRST, SECOND, THIRD]
    prune(city, 2)
    assert sent(city, place).removed == 0
    held = fetched(place, tmp_path / "copy")
    assert named_items(tmp_path / "copy", "flood_depth_max") == [SECOND, THIRD]
    assert any(name.startswith(f"flood_depth_max/{FIRST}/") for name in held)
    assert sent(city, place, keep=1).removed == len(
        [name for name in held if name.startswith(f"flood_depth_max/{FIRST}/")]
    )
    assert fetched(place, tmp_path / "copy") == on_disk(city)  # SECOND is named, and stays
    check_city(tmp_path / "copy")


@pytest.fixture
def changed(city: Path, staging: Path, place: BucketFolder) -> Path:
    """A city of which the bucket shows the run before."""
    sent(city, place)
    make_run(staging, city, "second", SECOND)
    return city


def shown(place: BucketFolder, folder: Path) -> str:
    """Check that what the bucket shows is whole, and return its run."""
    fetched(place, folder)
    return check_city(folder).run_id


def test_a_wire_that_is_cut(
    changed: Path, object_store: ObjectStore, place: BucketFolder, tmp_path: Path
) -> None:
    """Readers see the run before, whole, wherever it breaks; the next upload goes on from there."""
    before, now = fetched(place, tmp_path / "copy"), on_disk(changed)
    news = {name for name, content in now.items() if before.get(name) != content}
    size = sum(len(now[name]) for name in news)
    for share in (0.3, 0.8):
        with Relay(object_store.port, int(share * size)) as relay:
            broken = replace(place, endpoint=f"https://127.0.0.1:{relay.port}")
            with pytest.raises(UnreachableError, match="does not answer"):
                sent(changed, broken)
            assert relay.ended.is_set()
        assert shown(place, tmp_path / "copy") == FIRST
    assert sent(changed, place).put < len(news)
    assert shown(place, tmp_path / "copy") == SECOND
    assert fetched(place, tmp_path / "copy") == now


def test_a_kill_during_the_upload(
    changed: Path, object_store: ObjectStore, place: BucketFolder, tmp_path: Path
) -> None:
    """SIGKILL while objects are on their way: the run before is whole, and the next one heals."""
    with Relay(object_store.port, 60_000, hold=True) as relay:
        program = Path(__file__).with_name("stopped_upload.py")
        words = (str(tmp_path), str(relay.port), str(object_store.authority), place.prefix)
        process = subprocess.Popen(
            [sys.executable, program, *words], env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        try:
            assert relay.ended.wait(120)
            assert process.poll() is None
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=30)
    assert shown(place, tmp_path / "copy") == FIRST
    sent(changed, place)
    assert shown(place, tmp_path / "copy") == SECOND
    assert fetched(place, tmp_path / "copy") == on_disk(changed)


def told_by(city: Path, place: BucketFolder, caplog: pytest.LogCaptureFixture) -> str:
    """Message of an upload that is refused, and all that was logged."""
    with pytest.raises(CityTwinError) as refused:
        sent(city, place)
    return str(refused.value) + caplog.text


def test_a_bucket_that_refuses(
    changed: Path,
    object_store: ObjectStore,
    place: BucketFolder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    """Keys that may only read, wrong ones and none, and a bucket that is not there; no secret told."""
    caplog.set_level(0)
    use(monkeypatch, object_store.reader)
    said = [told_by(changed, place, caplog)]
    assert "cannot be written" in said[0]
    assert "AccessDenied (these keys need s3:ListBucket" in said[0]
    use(monkeypatch, (object_store.owner[0], "not-the-secret"))
    said.append(told_by(changed, place, caplog))
    assert "says SignatureDoesNotMatch (AWS_SECRET_ACCESS_KEY" in said[1]
    use(monkeypatch, ("nobody", "nothing"))
    said.append(told_by(changed, place, caplog))
    assert "says InvalidAccessKeyId (set AWS_ACCESS_KEY_ID" in said[2]
    use(monkeypatch, object_store.reader)
    said.append(told_by(changed, replace(place, bucket="nowhere"), caplog))
    assert "AccessDenied" in said[3] or "NoSuchBucket" in said[3]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", "http://127.0.0.1:1")  # no role of this machine
    assert "there are no keys for" in told_by(changed, place, caplog)
    secrets = (object_store.owner[1], object_store.reader[1], "not-the-secret", "nothing")
    assert not [one for text in said for one in secrets if one in text]
    use(monkeypatch, object_store.owner)
    assert shown(place, tmp_path / "copy") == FIRST


def test_the_environment_leads_nowhere_else(
    city: Path, place: BucketFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data go to the server that the configuration tells, signed, whatever variables say."""
    for name in ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, "https://127.0.0.1:1")
    for name in ("AWS_SKIP_SIGNATURE", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST", "AWS_ALLOW_HTTP"):
        monkeypatch.setenv(name, "true")
    assert sent(city, place).put > 0


def test_a_server_of_another_authority_is_not_trusted(city: Path, place: BucketFolder) -> None:
    """Nothing is sent to it."""
    with pytest.raises(UnreachableError, match="does not answer"):
        sent(city, replace(place, authorities=None))
    with pytest.raises(ConfigError, match="check that `authorities` is in PEM"):
        sent(city, replace(place, authorities=city / "latest.json"))
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        sent(city, replace(place, authorities=city / "nothing.pem"))


def test_folders_of_others(city: Path, staging: Path, place: BucketFolder, tmp_path: Path) -> None:
    """Files of strangers, another city and a newer run of this one are refused, and stay."""
    bucket = Bucket(place)
    bucket.put("thesis.pdf", b"%PDF", {})
    with pytest.raises(StoreError, match=r"objects that are no published city: thesis\.pdf"):
        sent(city, place)
    assert list(bucket.listed()) == ["thesis.pdf"]
    bucket.delete(["thesis.pdf"])
    sent(city, place)
    old = tmp_path / "old" / "city"
    shutil.copytree(city, old)
    make_run(staging, city, "second", SECOND)
    sent(city, place)
    with pytest.raises(StoreError, match=f"shows run {SECOND}, which is newer than {FIRST} here"):
        sent(old, place)
    other = published_city(old)
    assert other is not None
    renamed = other.model_copy(update={"city": other.city.model_copy(update={"id": "elsewhere"})})
    (old / "latest.json").write_text(renamed.model_dump_json(by_alias=True))
    with pytest.raises(StoreError, match="holds the city 'little', not 'elsewhere'"):
        sent(old, place)
    bucket.put("latest.json", b"{}", {})
    with pytest.raises(StoreError, match=r"holds a latest\.json that is damaged"):
        sent(city, place)


def test_what_is_not_published_stays_at_home(
    city: Path, place: BucketFolder, tmp_path: Path
) -> None:
    """Live values, runs that were never published, and what a kill left."""
    (city / LIVE).write_text("{}")
    announce_live(city)
    (city / "terrain" / THIRD).mkdir()
    (city / "terrain" / THIRD / "terrain.tif").write_bytes(b"half")
    (city / f".tmp-{'0' * 32}").mkdir()
    (city / f".tmp-{'0' * 32}" / "terrain.tif").write_bytes(b"half")
    sent(city, place)
    assert shown(place, tmp_path / "copy") == FIRST
    held = fetched(place, tmp_path / "copy")
    assert not [name for name in held if name == LIVE or "tmp" in name or THIRD in name]
    assert published_city(tmp_path / "copy").live is None  # type: ignore[union-attr]


@pytest.fixture
def sealed(staging: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A sealed city with a restricted layer."""
    write_new_key(tmp_path / "keys", "town")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    root = tmp_path / "out" / ".sealed" / "little"
    ensure_sealed(root, "town", open_ring())
    sealed_folders.forget_keys()
    layer = lc.stage(tmp_path / "staged", "terrain", classification="restricted")
    info = replace(lc.run_info(FIRST), publication="served", classification="restricted")
    publish(root, [layer], info)
    yield root
    sealed_folders.forget_keys()


def test_sealed_cities_stay_sealed(sealed: Path, place: BucketFolder, tmp_path: Path) -> None:
    """All goes as it lies on the disk, and opens again from a copy with the key; no other mixes in."""
    sent(sealed, place)
    copy = tmp_path / "elsewhere" / ".sealed" / "little"
    held = fetched(place, copy)
    assert held == on_disk(sealed)
    assert [name for name, content in held.items() if not content.startswith(MAGIC)] == [
        "keys.json"
    ]
    there = published_city(copy)
    assert there is not None
    assert there == published_city(sealed)
    (sealed / "keys.json").unlink()
    shutil.rmtree(sealed)
    ensure_sealed(sealed, "town", open_ring())  # another key of the folder
    sealed_folders.forget_keys()
    layer = lc.stage(tmp_path / "again", "terrain", classification="restricted")
    info = replace(lc.run_info(SECOND), publication="served", classification="restricted")
    publish(sealed, [layer], info)
    with pytest.raises(StoreError, match="not sealed with the key of"):
        sent(sealed, place)


def test_a_sealed_city_is_not_put_back(sealed: Path, place: BucketFolder, tmp_path: Path) -> None:
    """What an old backup holds does not replace a newer run, sealed or not."""
    old = tmp_path / "old" / ".sealed" / "little"
    shutil.copytree(sealed, old)
    layer = lc.stage(tmp_path / "again", "terrain", classification="restricted")
    info = replace(lc.run_info(SECOND), publication="served", classification="restricted")
    publish(sealed, [layer], info)
    sent(sealed, place)
    before = fetched(place, tmp_path / "copy")
    with pytest.raises(StoreError, match=f"shows run {SECOND}, which is newer than {FIRST}"):
        sent(old, place)
    assert fetched(place, tmp_path / "copy") == before


def test_sealed_cities_stay_sealed_with_live_values(
    sealed: Path, place: BucketFolder, tmp_path: Path
) -> None:
    """Live values stay at home, and what is told without them is sealed again."""
    write_text(sealed / LIVE, "{}")
    announce_live(sealed)
    told = published_city(sealed)
    assert told is not None
    assert told.live == LIVE
    sent(sealed, place)
    copy = tmp_path / "elsewhere" / ".sealed" / "little"
    held, here = fetched(place, copy), on_disk(sealed)
    assert held.keys() == here.keys() - {LIVE}
    assert [name for name, content in held.items() if content != here[name]] == ["latest.json"]
    assert held["latest.json"].startswith(MAGIC)
    assert published_city(copy) == told.model_copy(update={"live": None})


def configured(folder: Path, object_store: ObjectStore, place: BucketFolder) -> Path:
    """A configuration of the city in `out`, which is uploaded to a place."""
    config = folder / "city.yaml"
    access = f"{{endpoint: '{object_store.endpoint}', authorities: {object_store.authority}}}"
    config.write_text(f"{CITY}publish_to: {place}\nbuckets: {{maps: {access}}}\n")
    return config


def test_the_city_goes_on_while_it_is_uploaded(
    staging: Path,
    object_store: ObjectStore,
    place: BucketFolder,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A run is published, and the one that is on its way removed: the bucket has that one whole."""
    loaded = load(configured(tmp_path, object_store, place))
    city = tmp_path / "out" / "little"
    make_run(staging, city, "first", FIRST)
    for module in (locking, uploading):
        monkeypatch.setattr(module, "PATIENCE_S", 0.0)
    first, whole_put = threading.Lock(), Bucket.put

    def put(bucket: Bucket, name: str, content: Path | bytes, attributes: dict[str, str]) -> str:
        if first.acquire(blocking=False):  # several are on their way at once
            with holding(loaded):
                make_run(staging, city, "second", SECOND)
                prune(city, 1)
            assert not (city / "flood_depth_max" / FIRST).exists()
            with pytest.raises(BusyError, match=f"another run holds {place.told}"):
                upload_city(loaded)  # the order of two uploads is that of what they show
        return whole_put(bucket, name, content, attributes)

    monkeypatch.setattr(Bucket, "put", put)
    assert upload_city(loaded).run_id == FIRST
    assert first.locked()
    assert shown(place, tmp_path / "copy") == FIRST
    assert upload_city(loaded).run_id == SECOND
    assert shown(place, tmp_path / "copy") == SECOND
    assert not list((tmp_path / "out" / ".work" / ".uploads").rglob("*.tif"))


def test_a_layer_that_lies_behind_a_link_is_refused(
    city: Path, place: BucketFolder, tmp_path: Path
) -> None:
    """Else the map would name what is not there."""
    layer = next(path for path in city.iterdir() if path.name == "terrain")
    layer.rename(tmp_path / "disk")
    layer.symlink_to(tmp_path / "disk", target_is_directory=True)
    with pytest.raises(StoreError, match="terrain is a link"):
        sent(city, place)
    assert not fetched(place, tmp_path / "copy")


def test_a_disk_without_links(
    city: Path, place: BucketFolder, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Files are copied aside instead; what is there already is known all the same."""

    def refused(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refused)
    assert sent(city, place).put == len(on_disk(city))
    assert fetched(place, tmp_path / "copy") == on_disk(city)
    assert sent(city, place).put == 0


def test_commands(
    staging: Path,
    object_store: ObjectStore,
    place: BucketFolder,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """What an operator sees; a run whose upload fails tells it as a loss."""
    config = configured(tmp_path, object_store, place)
    make_run(staging, tmp_path / "out" / "little", "first", FIRST)

    def said(command: click.Command) -> str:
        return CliRunner().invoke(command, [str(config)]).output

    assert f"uploaded: {place} shows run {FIRST}; " in said(upload_command)
    uploads = tmp_path / "out" / ".work" / ".uploads"
    assert [path.name for path in uploads.iterdir()] == ["little"]  # what a city for few closes
    (uploads / "little" / "sent.jsonl").rename(uploads / "little.jsonl")  # as it was kept once
    assert said(upload_command) == f"uploaded: {place} shows run {FIRST}; nothing new\n"
    assert [path.name for path in uploads.iterdir()] == ["little"]
    number = len(on_disk(tmp_path / "out" / "little"))
    assert f"ok       publish_to       {place.told}, {number} object(s)\n" in said(check_command)
    assert f"then uploaded to {place.told}" in said(plan_command).replace("\n", "")
    assert uploaded_or_lost(load(config)) == []
    make_run(staging, tmp_path / "out" / "little", "second", SECOND)
    use(monkeypatch, object_store.reader)
    (lost,) = uploaded_or_lost(load(config))
    assert lost.startswith(f"not uploaded, {place} shows what it did: ")
    assert "AccessDenied" in lost
    use(monkeypatch, ("nobody", "nothing"))
    assert "refused  publish_to       " in said(check_command)
