"""What `citytwin install-timer` and `check` find out before the first night."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from citytwin.cli.install_timer import command
from citytwin.config import load
from citytwin.errors import ConfigError
from citytwin.nights.readiness import nights_troubles
from tests.unit.nights.records import CITY

SEALED = (
    CITY.replace("classification: public", "classification: CLASS")
    + """\
encryption: {key: hall}
nights: """
)


def city(folder: Path, nights: dict[str, object], classification: str = "public") -> Path:
    """Write a configuration; nothing of it is run."""
    file = folder / "city.yaml"
    text = SEALED.replace("CLASS", classification)
    if classification == "public":
        text = text.replace("encryption: {key: hall}\n", "")
    file.write_text(text + json.dumps(nights), encoding="utf-8")
    return file


def install(file: Path, *words: str) -> None:
    """Call the command as the shell does."""
    command.main([str(file), "--to", str(file.parent / "units"), *words], standalone_mode=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that a service could see: it does not see temporary ones."""
    monkeypatch.setattr("citytwin.nights.systemd._HIDDEN", ())
    monkeypatch.delenv("SUDO_USER", raising=False)
    return tmp_path


def test_folders_that_the_unit_names_are_there(place: Path) -> None:
    """Systemd starts no service of which one is missing."""
    file = city(place, {"at": "02:30", "metrics": "prom/c.prom", "report": "told/run.json"})
    install(file)
    unit = (place / "units" / "citytwin-c.service").read_text("utf-8")
    assert f"User={getpass.getuser()}\n" in unit
    folders = [place / name for name in ("out", "prom", "told")]
    assert all(folder.is_dir() and str(folder) in unit for folder in folders)


@pytest.mark.parametrize(("publication", "umask"), [("static", "0022"), ("served", "0027")])
def test_what_is_for_anyone_can_be_read_by_a_web_server(
    place: Path, publication: str, umask: str
) -> None:
    """As after a run by hand; a unit that closes new files would take them off the map."""
    file = city(place, {"at": "02:30"})
    file.write_text(f"publication: {publication}\n{file.read_text('utf-8')}", "utf-8")
    install(file)
    assert f"UMask={umask}\n" in (place / "units/citytwin-c.service").read_text("utf-8")


def test_sudo_does_not_make_it_a_service_of_root(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs as the caller, to whom the city must belong."""
    (place / "out").mkdir()
    monkeypatch.setenv("SUDO_USER", "somebody")
    file = city(place, {"at": "02:30"})
    with pytest.raises(ConfigError, match=r"belongs to .*, and the service would run as somebody"):
        install(file)
    assert not (place / "units").exists()
    install(file, "--account", getpass.getuser())


def test_a_sealed_city_has_no_cron_job(place: Path) -> None:
    """Its pod would have no key."""
    file = city(place, {"at": "02:30"}, "restricted")
    with pytest.raises(ConfigError, match="hands no key"):
        install(file, "--kubernetes", "citytwin:1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("out: out", "out: ../out", r"out: \.\./out is /out in the container, off the claim"),
        ("path: rain", "path: ../rain", r"sources\[0\].path: \.\./rain is /rain in the container"),
        ("path: rain", "path: /srv/rain", r"sources\[0\].path: /srv/rain is /srv/rain"),
        ("path: rain", "path: rain, root: ..", r"sources\[0\].root: \.\. is / in the container"),
        ("02:30", '02:30", "report": "../run.json', r"nights.report: \.\./run.json is /run.json"),
        (
            "out: out",
            "out: out\nassessments: [{use: shade_rule, params: {rule: ../rule.yaml}}]",
            r"assessments\[0\].params: .*/rule.yaml is ",
        ),
    ],
)
def test_a_cron_job_has_all_its_files_on_the_claim(
    place: Path, old: str, new: str, said: str
) -> None:
    """The configuration lies at its top there; all else of the pod is read-only and empty."""
    file = city(place, {"at": "02:30"})
    (place.parent / "rule.yaml").write_text("")
    text = file.read_text("utf-8")
    file.write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ConfigError, match=said):
        install(file, "--kubernetes", "citytwin:1")
    assert not (place / "units").exists()
    file.write_text(text.replace("path: rain", "path: /data/rain"), "utf-8")
    install(file, "--kubernetes", "citytwin:1")
    (written,) = (place / "units").iterdir()
    assert "- /data/city.yaml\n" in written.read_text("utf-8")


def test_another_city_of_the_same_id_keeps_its_units(place: Path) -> None:
    """Its nights would end without a word; whoever means that says so."""
    file = city(place, {"at": "02:30"})
    install(file)
    install(file)
    unit = place / "units" / "citytwin-c.service"
    before = unit.read_text("utf-8")
    other = place / "other"
    other.mkdir()
    other = city(other, {"at": "03:30"}).rename(place / "other.yaml")
    with pytest.raises(ConfigError, match=r"does not run .*other\.yaml: ExecStart=.*city\.yaml"):
        install(other)
    assert unit.read_text("utf-8") == before
    install(other, "--replace")
    assert "other.yaml" in unit.read_text("utf-8")


def test_an_account_that_is_none_is_told_before_anything_is_made(place: Path) -> None:
    """Folders that root makes for it would stay root's."""
    file = city(place, {"at": "02:30", "report": "told/run.json"})
    before = sorted(place.rglob("*"))
    with pytest.raises(ConfigError, match="no account 'nosuch'"):
        install(file, "--account", "nosuch")
    with pytest.raises(ConfigError, match="--account says nosuch"):
        install(file, "--user", "--account", "nosuch")
    assert sorted(place.rglob("*")) == before


def test_what_would_fail_at_night_is_told_by_day(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program, a secret and a folder, each named; nothing is said where all is well."""
    (place / "file").write_text("", "utf-8")
    hook: dict[str, object] = {
        "command": ["/no/such/program"],
        "webhook": {"url": "https://ops.example/n", "secret_envs": ["NIGHT_SECRET"]},
    }
    file = city(place, {"metrics": "file/c.prom", "report": "new/run.json", "on_failure": hook})
    monkeypatch.setenv("NIGHT_SECRET", "short")
    folder, program, secret = nights_troubles(load(file))
    assert "nights.metrics" in folder
    assert "/no/such/program" in program
    assert "shorter than 32" in secret
    monkeypatch.delenv("NIGHT_SECRET")
    assert "NIGHT_SECRET" in nights_troubles(load(file))[2]
    assert nights_troubles(load(city(place, {"report": "new/run.json"}))) == ()


def test_nights_that_would_not_begin_are_told(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By Kubernetes, which leaves a time out that a day lacks; by a manager that ends with a login."""
    file = city(place, {"at": "02:30"})
    install(file, "--user")
    assert "loginctl enable-linger" in capsys.readouterr().out
    install(file, "--kubernetes", "citytwin:1")
    assert capsys.readouterr().err == ""
    file.write_text(file.read_text("utf-8").replace("Asia/Tokyo", "Europe/Berlin"), "utf-8")
    install(file, "--kubernetes", "citytwin:1")
    assert "clocks of Europe/Berlin jump over 02:30" in capsys.readouterr().err
