"""Buckets in a configuration: what is not told, not safe or not open enough is refused by name."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.sources import files_of
from citytwin.errors import ConfigError, SourceError
from citytwin.transports.bucket_address import is_sound_name
from tests.unit.cli.test_main import CITY

MAPS = "publish_to: s3://maps/town\nbuckets: {maps: {}}\n"
SERVER = "publish_to: s3://maps/a/b/\nbuckets: {maps: {endpoint: 'ENDPOINT', region: eu-1}}\n"


def write(folder: Path, text: str) -> Path:
    """Write a configuration."""
    file = folder / "city.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_how_a_folder_is_reached(tmp_path: Path) -> None:
    """Amazon's endpoint where none is told; authorities beside the configuration."""
    loaded = load(write(tmp_path, CITY + MAPS))
    folder = loaded.bucket_folder("s3://maps/town")
    assert folder.told == "s3://maps/town at https://s3.us-east-1.amazonaws.com"
    text = SERVER.replace("ENDPOINT", "https://s3.example:9000/").replace(
        "eu-1", "eu-1, authorities: ca.pem"
    )
    folder = load(write(tmp_path, CITY + text)).bucket_folder("s3://maps/a/b/")
    assert (folder.bucket, folder.prefix, folder.region) == ("maps", "a/b", "eu-1")
    assert (folder.endpoint, folder.authorities) == ("https://s3.example:9000", tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://s3.example:443", "https://s3.example"),
        ("HTTPS://S3.Example/", "https://s3.example"),
        ("https://s3.example:80", "https://s3.example:80"),
        ("http://localhost:80", "http://localhost"),
        ("https://[2001:DB8::1]:443", "https://[2001:db8::1]"),
    ],
)
def test_servers_as_requests_name_them(tmp_path: Path, written: str, asked: str) -> None:
    """Errors are told by the address that the request went to (RFC 3986, 6.2)."""
    loaded = load(write(tmp_path, CITY + SERVER.replace("ENDPOINT", written)))
    assert loaded.bucket_folder("s3://maps/a/b/").endpoint == asked


@pytest.mark.parametrize("login", ["me:topsecret", "me:top/topsecret", "topsecret"])
def test_keys_in_an_endpoint(tmp_path: Path, login: str) -> None:
    """Refused, and not printed."""
    file = write(tmp_path, CITY + SERVER.replace("ENDPOINT", f"https://{login}@s3.example"))
    with pytest.raises(ConfigError, match="endpoint: must name no user and no pass") as refused:
        load(file)
    assert "topsecret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("endpoint", ["http://localhost:9000", "http://127.0.0.1:9000"])
def test_this_computer_needs_no_tls(tmp_path: Path, endpoint: str) -> None:
    """Nobody is on the way."""
    load(write(tmp_path, CITY + SERVER.replace("ENDPOINT", endpoint)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            MAPS.replace("s3://maps/town", "maps/town"),
            "publish_to: must be like s3://bucket/folder",
        ),
        (MAPS.replace("s3://maps/town", "s3://maps/../x"), "publish_to: must be like s3://"),
        (MAPS.replace("s3://maps/town", "s3://maps/a?b"), "publish_to: must be like s3://"),
        (MAPS.replace("s3://maps/town", "s3://M/town"), "publish_to: must be like s3://"),
        (MAPS.replace("{maps: {}}", "{}"), "buckets: does not tell how 'maps' is reached: add"),
        (MAPS.splitlines()[0], "buckets: does not tell how 'maps' is reached: add"),
        (
            SERVER.replace("ENDPOINT", "http://s3.example"),
            "buckets.maps.endpoint: must begin with https",
        ),
        (SERVER.replace("ENDPOINT", "http://localhost.evil.example"), "must begin with https"),
        (SERVER.replace("ENDPOINT", "https://s3.example/x"), "9000, without a path"),
        (SERVER.replace("ENDPOINT", "https://s3.example:99999"), "Port out of range"),
        (
            MAPS.replace("{}", "{secret_access_key: x}"),
            "buckets.maps.secret_access_key: unknown key",
        ),
        (MAPS.replace("s3://maps/town", "s3://maps/*"), "publish_to: must be one folder, without"),
        (f"publication: served\n{MAPS}", "publish_to: would put internal layers into a bucket in"),
    ],
)
def test_mistakes(tmp_path: Path, text: str, message: str) -> None:
    """Each by its key, before anything is sent."""
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, CITY + text))
    assert message in str(refused.value)


def test_sealed_cities_may_go(tmp_path: Path) -> None:
    """What is restricted is sealed wherever it lies."""
    text = CITY.replace("classification: public", "classification: restricted")
    load(write(tmp_path, f"{text}publication: served\nencryption: {{key: k}}\n{MAPS}"))


def test_a_feed_seals_a_city(tmp_path: Path) -> None:
    """As a source does."""
    feed = (
        "{name: gauges, use: senml, folder: {path: in, pattern: '*.senml'}, licence: ours,"
        " title: Gauges, classification: restricted}"
    )
    text = f"{CITY}publication: served\nencryption: {{key: k}}\nlive: {{feeds: [{feed}]}}\n{MAPS}"
    loaded = load(write(tmp_path, text))
    assert loaded.city_dir == tmp_path / "out" / ".sealed" / "little"
    with pytest.raises(ConfigError, match="would put internal layers into a bucket in clear"):
        load(write(tmp_path, text.replace("restricted", "internal")))


SOURCE = CITY.replace("path: a.gml", "path: 's3://models/town/**/*.gml'")
MODELS = "buckets: {models: {anonymous: true}}\n"


def test_sources_have_copies(tmp_path: Path) -> None:
    """A path on the disk stands for an address, so that all else reads files."""
    loaded = load(write(tmp_path, SOURCE + MODELS))
    copies = tmp_path / "out" / ".work" / ".fetched" / "little"
    (source,) = loaded.remote_sources
    assert loaded.path(source.path) == copies / "models" / "town" / "**" / "*.gml"
    assert loaded.bucket_folder(source.path).anonymous


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SOURCE, "buckets: does not tell how 'models' is reached"),
        (SOURCE.replace("town/**", "../x") + MODELS, "sources[0].path: must be like s3://bucket/"),
        (
            SOURCE.replace("public", "restricted") + MODELS,
            "sources[0].classification: what lies in",
        ),
        (
            SOURCE.replace("classification: public, ", "") + MODELS,
            "sources[0].classification: what",
        ),
        (CITY.replace("out: out", "out: s3://maps/out"), "out: must lie on a disk; `publish_to`"),
    ],
)
def test_mistakes_of_sources(tmp_path: Path, text: str, message: str) -> None:
    """What would lie on the disk in clear, or outside of the folder of copies, is refused."""
    with pytest.raises(ConfigError) as refused:
        load(write(tmp_path, text))
    assert message in str(refused.value)


@pytest.mark.parametrize("name", ["", "/a", "a//b", "a/../b", "..", "./a", "a\\b", "a\nb", "a/"])
def test_names_that_lead_elsewhere(name: str) -> None:
    """Whoever writes to a bucket may name objects as they like."""
    assert not is_sound_name(name)
    assert is_sound_name("町/a b+c?#.gml")


def test_a_source_that_is_not_there_is_named_as_in_the_configuration(tmp_path: Path) -> None:
    """Its copies lie in a folder of which the operator knows nothing."""
    text = CITY.replace("path: a.gml", "path: s3://maps/udx") + "buckets: {maps: {}}\n"
    loaded = load(write(tmp_path, text))
    (source,) = bind(loaded).sources
    with pytest.raises(SourceError, match=r"^s3://maps/udx: no such file") as told:
        files_of(loaded, source)
    assert str(tmp_path) not in str(told.value)
