"""A running twin of a restricted feed: nothing of it reaches the disk in clear."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from citytwin.config import LoadedConfig, load
from citytwin.engine.bind import bind
from citytwin.errors import ConfigError, MissingKeyError, StoreError
from citytwin.live.health import read_health
from citytwin.live.openness import live_of
from citytwin.live.sync import running_folder, sync
from citytwin.live.wind_trigger import wind_trigger
from citytwin.live_config import WindConfig
from citytwin.model.layer import Latest, LayerDocument
from citytwin.security.sealed_folders import forget_keys
from citytwin.security.sealing import MAGIC
from citytwin.store.at_rest import read_bytes
from citytwin.store.latest import LIVE
from citytwin.store.observations import ObservationReader, folder_of
from citytwin.twin import Twin
from tests.unit.live.following_town import (
    MAST,
    layer_folder,
    measured,
    nothing_measured,
    town,
)
from tests.unit.live.live_city import RULE, SENDER

NOW = datetime.now(UTC).replace(microsecond=0)
MARK, VALUE = "SecretPumpingStation", 31.4159
SECRETS = (MARK.encode(), np.float64(VALUE).tobytes(), str(VALUE).encode())


@pytest.fixture(scope="module")
def sealed_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Configuration of a town whose feed is restricted; this process has the key."""
    folder = tmp_path_factory.mktemp("town")
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("CITYTWIN_KEYS", str(folder / "keys"))
        forget_keys()
        live = {"alerts": [RULE], "sender": SENDER, "wind": {"thing": MAST}}
        yield town(folder, "restricted", **live).file
    forget_keys()


@pytest.fixture
def loaded(sealed_town: Path, tmp_path: Path) -> LoadedConfig:
    """A town of its own for each test."""
    shutil.copytree(sealed_town.parent, tmp_path / "town")
    return load(tmp_path / "town" / sealed_town.name)


def nothing_in_clear(out: Path) -> None:
    """No file below tells what the feed said, whatever it is."""
    for path in (path for path in out.rglob("*") if path.is_file()):
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # a running twin has put another in its place
            continue
        assert not any(secret in content for secret in SECRETS), path


def test_what_comes_in_is_kept_sealed(loaded: LoadedConfig) -> None:
    """Rows, things, dead letters, payloads, states of alerts, health and the page's values."""
    folder, city = loaded.file.parent / "in", loaded.city_dir
    folder.mkdir()
    begun = datetime.now(UTC)  # the file may have been loaded long before, and rules mind the age
    rate = {"n": f"{MARK}:rainfall_rate", "u": "mm/h", "v": VALUE, "t": int(begun.timestamp())}
    (folder / "a.json").write_text(json.dumps([rate]), encoding="utf-8")
    (folder / "b.json").write_text(f"no pack of {MARK}", encoding="utf-8")
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        twin = pool.submit(sync, loaded, stop)
        try:
            end = time.monotonic() + 120.0
            while not (done := _taken_in(loaded)) and time.monotonic() < end and not twin.done():
                time.sleep(0.1)
            nothing_in_clear(loaded.file.parent / "out")  # with the logs of databases that are open
        finally:
            stop.set()
        twin.result()
    assert done
    nothing_in_clear(loaded.file.parent / "out")
    reader = ObservationReader(folder_of(city))
    history = reader.history(
        f"urn:citytwin:sensors:{MARK}",
        "rainfall_rate",
        begun - timedelta(days=1),
        datetime.now(UTC),
    )
    assert history.frame["result"].tolist() == [VALUE]
    assert len(reader.dead_letters()) == 1
    reader.close()
    health = read_health(running_folder(loaded))
    assert health.alerts == {"heavy_rain": "firing"}
    assert (city / LIVE).read_bytes().startswith(MAGIC)
    page = json.loads(read_bytes(city / LIVE))
    assert (page["values"], page["alerts"]) == ([], [])  # of public feeds only
    assert not (loaded.file.parent / "out/.observations/town").exists()


def _taken_in(loaded: LoadedConfig) -> bool:
    """Whether both payloads have come, and the rule has seen the first."""
    try:
        health = read_health(running_folder(loaded))
    except StoreError:
        return False
    return health.alerts == {"heavy_rain": "firing"} and health.rows.get("dead_letters", 0) > 0


def test_a_layer_that_follows_it_is_restricted(loaded: LoadedConfig) -> None:
    """Published sealed, in its place, and seen in a notebook by whom a rule lets."""
    recent = nothing_measured()
    measured(recent, NOW, 4.0, 0.0, "aa")
    wind = wind_trigger(loaded, WindConfig(thing=MAST, every_minutes=1), recent)
    assert wind.wanted(NOW)
    wind.published(wind.task(NOW).carry_out())
    folder = layer_folder(loaded, "wind_speed_now")
    document = LayerDocument.model_validate_json(read_bytes(folder / "layer.json"))
    assert document.classification == "restricted"
    assert all(p.read_bytes().startswith(MAGIC) for p in folder.rglob("*") if p.is_file())
    assert not list((loaded.file.parent / "out").rglob(".tmp-*"))
    latest = Latest.model_validate_json(read_bytes(loaded.city_dir / "latest.json"))
    assert latest.publication == "served"
    assert "wind_speed_now" not in Twin(loaded.city_dir)


def test_without_a_key_or_beside_what_lies_in_clear_nothing_is_kept(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused before the first connection, with what to do."""
    stop = threading.Event()
    stop.set()
    content = yaml.safe_load(loaded.file.read_text("utf-8"))
    plain = loaded.file.with_name("plain.yaml")
    keyless = {name: value for name, value in content.items() if name != "encryption"}
    plain.write_text(yaml.safe_dump(keyless), "utf-8")
    with pytest.raises(ConfigError, match=r"`encryption\.key` names none"):
        sync(load(plain), stop)
    with pytest.raises(ConfigError, match=r"live\.feeds\[0\] \(sensors\) is restricted"):
        bind(load(plain))
    told = loaded.file.with_name("told.yaml")
    content["live"]["sinks"] = [{"name": "cap", "folder": {"path": "cap"}}]
    told.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(ConfigError, match="receiver cap writes messages to a folder in clear"):
        live_of(load(told))
    clear = loaded.file.parent / "out/.observations/town"
    clear.mkdir(parents=True)
    (clear / "manifest.sqlite").touch()
    with pytest.raises(StoreError, match="lie in clear in"):
        sync(loaded, stop)
    shutil.rmtree(clear)
    monkeypatch.delenv("CITYTWIN_KEYS")
    forget_keys()
    with pytest.raises(MissingKeyError, match="'town-2026' is needed"):
        sync(loaded, stop)
    assert not (loaded.file.parent / "in").exists()
