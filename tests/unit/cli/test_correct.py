"""``citytwin correct`` as a planner calls it, also where data have become restricted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from citytwin.cli import correct, seal
from citytwin.config import load
from citytwin.engine.corrected import corrections_of
from citytwin.errors import ConfigError, StoreError
from citytwin.security import sealed_folders
from citytwin.security.key_files import write_new_key

CITY = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {cell_m: 10.0, bounds: [0, 0, 100, 100]}
sources:
  - {name: works, use: footprints, path: works.gpkg, classification: CLASS, synthetic: true,
     title: Works, licence: none}
"""
RESTRICTED = "publication: served\nencryption: {key: first}\n"
POLICY = """
version: 1
rules:
  - {name: works, effect: allow, actions: [read], kinds: [table], names: [corrections], roles: [works],
     up_to: secret}
"""


def call(config: Path, *words: str) -> Result:
    """Call it; errors come out."""
    return CliRunner().invoke(correct.command, [str(config), *words], catch_exceptions=False)


def sealed_from_now_on(config: Path) -> None:
    """Restrict what the city reads."""
    config.write_text(CITY.replace("CLASS", "restricted") + RESTRICTED, encoding="utf-8")


def shown(config: Path) -> str:
    """What stands corrected, as somebody is told to whom the policy gives it."""
    policy = config.with_name("policy.yaml")
    policy.write_text(POLICY, encoding="utf-8")
    return call(config, "--policy", str(policy), "--role", "works").stdout


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city of public data, and a key that it does not need yet."""
    write_new_key(tmp_path / "keys", "first")
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    sealed_folders.forget_keys()
    (tmp_path / "works.gpkg").write_bytes(b"")
    config = tmp_path / "city.yaml"
    config.write_text(CITY.replace("CLASS", "public"), encoding="utf-8")
    return config


def test_what_is_said_stands_until_it_is_withdrawn(config: Path) -> None:
    """Shown with who said it."""
    assert "nothing stands corrected" in call(config).stdout
    done = call(config, "b1", "storeys", "4", "--by", "Tanaka")
    assert "kept" in done.stdout
    assert done.stderr == ""  # which buildings there are is not known before the first run
    assert "b1 storeys: 4, by Tanaka" in call(config).stdout
    told = call(config, "b1", "storeys", "--withdraw", "--by", "Sato").stdout
    assert "b1 storeys: as the city model says, by Sato" in told
    assert "nothing stands corrected" in call(config).stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("b1", "storeys", "5.5"), "^value: storeys are a number from 1 to 300, got '5.5'"),
        (("", "usage", "flats"), "^building: .*, got ''"),
        (("b1", "usage", "flats\nb2 storeys: 9"), "^VALUE holds the control character U.000A"),
        (("b1", "usage", "flats", "--why", "\x1b[2K"), "^--why holds the control character U.001B"),
        (
            ("b2", "storeys", "--withdraw"),
            "^storeys of b2 does not stand corrected, known are b1",
        ),
        (("b1", "usage", "--withdraw"), "^usage of b1 does not stand corrected"),
    ],
)
def test_what_cannot_be_meant_is_refused(config: Path, words: tuple[str, ...], said: str) -> None:
    """And nothing of it is kept, which could not be changed."""
    call(config, "b1", "storeys", "4", "--by", "田中\u3000太郎")  # as names are written in Japan
    before = call(config).stdout
    with pytest.raises(ConfigError, match=said):
        call(config, *words, "--by", "Tanaka")
    assert call(config).stdout == before


def test_nothing_is_overlooked_when_data_become_restricted(config: Path) -> None:
    """What lies in clear is neither read nor added to before it is sealed; then it stands again."""
    call(config, "b1", "storeys", "4", "--by", "Tanaka")
    sealed_from_now_on(config)
    for ask in (lambda: call(config), lambda: corrections_of(load(config))):
        with pytest.raises(StoreError, match="lie in clear") as refused:
            ask()
        assert "citytwin seal" in (refused.value.hint or "")
    done = CliRunner().invoke(seal.command, [str(config)], catch_exceptions=False)
    assert "sealed: 1 files" in done.stdout
    call(config, "b2", "usage", "病院", "--by", "Sato")
    assert "b1 storeys: 4" in shown(config)
    assert len(corrections_of(load(config)).standing) == 2


def test_a_sealed_city_without_feeds_is_corrected(config: Path) -> None:
    """Its words are on no disk in clear."""
    sealed_from_now_on(config)
    call(config, "b1", "usage", "SecretPumpingStation", "--by", "Tanaka")
    assert "b1 usage: SecretPumpingStation" in shown(config)
    files = [path for path in (config.parent / "out").rglob("*") if path.is_file()]
    assert files
    assert not any(b"SecretPumping" in path.read_bytes() for path in files)
