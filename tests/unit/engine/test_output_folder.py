"""Files of strangers are neither replaced nor removed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from citytwin.config import LoadedConfig, load
from citytwin.engine.ingest import IngestOptions, ingest
from citytwin.engine.output_folder import output_troubles, require_own_folder
from citytwin.engine.report import Silent
from citytwin.engine.request import work_dir
from citytwin.errors import ConfigError
from citytwin.store.publish import publish
from tests.unit.store import little_city as lc
from tests.unit.test_config import BASE


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedConfig:
    """A city that is published in ``out/town``."""
    (tmp_path / "city.yaml").write_text(BASE, encoding="utf-8")
    return load(tmp_path / "city.yaml")


def test_a_file_in_the_place_of_the_folder_is_refused(loaded: LoadedConfig) -> None:
    """Of the city, or of one above it."""
    loaded.city_dir.parent.write_text("x")
    with pytest.raises(ConfigError, match=r"city\.yaml: out: .*out is no folder"):
        require_own_folder(loaded)


def test_an_output_that_takes_no_files_is_told(loaded: LoadedConfig, tmp_path: Path) -> None:
    """No disk at all, here; where all is well nothing is said, and nothing left behind."""
    assert output_troubles(loaded) == ()
    assert [file.name for file in tmp_path.iterdir()] == ["city.yaml"]
    config = loaded.config.model_copy(update={"out": "/proc/x"})
    city, work = output_troubles(loaded.model_copy(update={"config": config}))
    assert city.startswith("out: /proc/x/town takes no files from this user")
    assert "/proc/x/.work/town takes no files" in work


def test_a_folder_of_somebody_else_is_refused(loaded: LoadedConfig) -> None:
    """It names what is there."""
    loaded.city_dir.mkdir(parents=True)
    require_own_folder(loaded)
    (loaded.city_dir / "index.html").write_text("mine")
    with pytest.raises(ConfigError, match=r"holds files but no published city: index\.html"):
        require_own_folder(loaded)


def test_a_published_city_and_one_that_was_begun_are_ours(loaded: LoadedConfig) -> None:
    """A first run that was killed while it published left no latest.json."""
    loaded.city_dir.mkdir(parents=True)
    (loaded.city_dir / "terrain").mkdir()
    work_dir(loaded).mkdir(parents=True)
    require_own_folder(loaded)
    work_dir(loaded).rmdir()
    (loaded.city_dir / "latest.json").write_text("{}")
    require_own_folder(loaded)


def test_an_ingested_model_is_not_published_over(loaded: LoadedConfig) -> None:
    """The two would share a working store as well."""
    work_dir(loaded).mkdir(parents=True)
    loaded.city_dir.mkdir(parents=True)
    (loaded.city_dir / "citymodel.json").write_text("{}")
    with pytest.raises(ConfigError, match="holds a city model"):
        require_own_folder(loaded)


def test_a_published_city_is_not_ingested_over(tmp_path: Path) -> None:
    """Although the folder is ours."""
    out = tmp_path / "town"
    (tmp_path / ".work" / "town").mkdir(parents=True)
    out.mkdir()
    (out / "latest.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"--out: .*town holds a published city"):
        ingest([tmp_path], out, IngestOptions(), Silent())


def test_what_was_for_known_readers_is_not_given_to_anyone(
    loaded: LoadedConfig, tmp_path: Path
) -> None:
    """Earlier runs of closed layers lie in the folder still."""
    info = replace(lc.run_info(), publication="served", classification="internal")
    publish(loaded.city_dir, [lc.stage(tmp_path / "s", "roads", classification="internal")], info)
    with pytest.raises(ConfigError, match="published for known readers only"):
        require_own_folder(loaded)
    config = loaded.config.model_copy(update={"publication": "served"})
    require_own_folder(loaded.model_copy(update={"config": config}))
