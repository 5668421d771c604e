"""Units of systemd and the CronJob, judged by systemd's own checker and Kubernetes' own schemas."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from citytwin.errors import ConfigError
from citytwin.nights.kubernetes import ClusterJob, cron_job
from citytwin.nights.systemd import NightJob, service, timer

JOB = NightJob(
    city="demo",
    program=Path("/bin/true"),
    config=Path("/srv/city twin/100% $HOME/町.yaml"),
    writable=(Path("/srv/city twin/out"),),
    at="02:30",
    time_zone="Asia/Tokyo",
    user="root",
)
TODAY = date(2026, 11, 20)


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd itself."""
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not here: apt-get install systemd")
    command = [program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_systemd_takes_the_units_without_a_word(tmp_path: Path) -> None:
    """Unknown keys, wrong values and bad paths would be told."""
    (tmp_path / f"{JOB.unit}.service").write_text(service(JOB), encoding="utf-8")
    (tmp_path / f"{JOB.unit}.timer").write_text(timer(JOB, TODAY), encoding="utf-8")
    for suffix in ("service", "timer"):
        said = analyze("verify", "--man=no", str(tmp_path / f"{JOB.unit}.{suffix}"))
        about_ours = [line for line in said.stderr.splitlines() if JOB.unit in line]
        assert (said.returncode, about_ours) == (0, [])


def test_systemd_finds_a_mistake(tmp_path: Path) -> None:
    """The check above would see one."""
    text = service(JOB).replace("Type=oneshot", "Type=oneshoot\nNoSuchKey=1")
    (tmp_path / "broken.service").write_text(text, encoding="utf-8")
    said = analyze("verify", "--man=no", str(tmp_path / "broken.service"))
    assert "NoSuchKey" in said.stderr


def test_the_next_night_is_the_local_one() -> None:
    """Systemd reads the calendar expression as we mean it."""
    expression = next(
        line for line in timer(JOB, TODAY).splitlines() if line.startswith("OnCalendar=")
    )
    said = analyze("calendar", "--base-time=2026-11-20 00:00:00 UTC", expression.split("=", 1)[1])
    assert said.returncode == 0
    assert "17:30:00 UTC" in said.stdout  # 02:30 in Tokyo


@pytest.mark.parametrize(
    ("zone", "night"),
    [
        ("Europe/Berlin", "2027-03-28 01:30:00 UTC"),  # 02:30 in winter's time, 03:30 on the clock
        ("America/New_York", "2027-03-14 07:30:00 UTC"),
    ],
)
def test_the_night_in_which_summer_time_begins_is_begun_too(zone: str, night: str) -> None:
    """Systemd leaves out a day that lacks the time of its timer, which is named beside it."""
    text = timer(replace(JOB, time_zone=zone), TODAY)
    moments = [line.split("=", 1)[1] for line in text.splitlines() if line.startswith("OnCalendar")]
    day_before = f"--base-time={night[:9]}{int(night[9]) - 1} 12:00:00 UTC"
    said = [analyze("calendar", day_before, moment).stdout for moment in moments]
    assert night not in said[0]
    assert [moment for moment, text in zip(moments, said, strict=True) if night in text] == [night]
    assert len(timer(JOB, TODAY).split("OnCalendar=")) == 2  # Tokyo has no summer time


def test_the_sandbox_is_tight(tmp_path: Path) -> None:
    """Systemd rates the exposure of a service from 0 to 10; 10 is a service without any."""
    unit = tmp_path / f"{JOB.unit}.service"
    unit.write_text(service(JOB), encoding="utf-8")
    said = analyze("security", "--offline=yes", "--threshold=40", "--no-pager", str(unit))
    assert said.returncode == 0, said.stdout[-300:]


def test_paths_stand_in_the_unit_as_they_are() -> None:
    """Blanks, and what systemd would take for specifiers and variables."""
    unit = service(replace(JOB, writable=(Path("/srv/city twin/100% $HOME"),)))
    assert unit.count('"/srv/city twin/100%% $$HOME/町.yaml"') == 2  # ExecStart, ExecStopPost
    assert 'ReadWritePaths="/srv/city twin/100%% $HOME"' in unit  # no command: no variables
    with pytest.raises(ConfigError, match="temporary place"):
        service(replace(JOB, config=Path("/tmp/c.yaml")))
    with pytest.raises(ConfigError, match="control character"):
        service(replace(JOB, config=Path("/srv/a\nExecStartPre=evil.yaml")))


def test_kubernetes_takes_the_cron_job() -> None:
    """By the schema of the API, strictly: keys it does not know are refused."""
    job = ClusterJob("Demo_1", "registry/citytwin:1", "/data/c.yaml", "d", "/data", "02:05", "UTC")
    manifest = yaml.safe_load(cron_job(job))
    kubernetes_validate.validate(manifest, "1.31", strict=True)
    assert manifest["metadata"]["name"] == "citytwin-demo-1"
    assert manifest["spec"]["schedule"] == "5 2 * * *"
    for bad in ("_", "c" * 44):  # the API takes 52 characters, and no dash at the end
        with pytest.raises(ConfigError, match="which a CronJob cannot have"):
            cron_job(replace(job, city=bad))
    manifest["spec"]["shedule"] = "x"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(manifest, "1.31", strict=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"claim": "A_b"}, {"claim": "-a"}, {"claim": "a..b"}, {"claim": ""}, {"claim": "a" * 254},
        {"data": "rel/x"}, {"data": "/"}, {"data": "/tmp"}, {"data": "/tmp/a"}, {"data": "/a/../b"},
        {"data": "/a:b"}, {"image": ""}, {"image": "a b"},
    ],
)  # fmt: skip
def test_names_that_kubernetes_refuses_are_refused_here(changes: dict[str, str]) -> None:
    """By RFC 1123, and by what the pod has mounted elsewhere; not by the API, when it is too late."""
    job = ClusterJob("demo", "citytwin:1", "/data/c.yaml", "a.b-1", "/data/", "02:05", "UTC")
    cron_job(job)
    with pytest.raises(ConfigError, match=r"no name|no place|no image"):
        cron_job(replace(job, **changes))
