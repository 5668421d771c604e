"""A CronJob of Kubernetes that runs a city every night, with no more rights than it needs.

Source: Kubernetes API, batch/v1 CronJob and the pod security standard ``restricted``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from citytwin.config import LoadedConfig
from citytwin.engine.beside import files_named
from citytwin.errors import ConfigError
from citytwin.transports.bucket_address import is_bucket_address

_LONGEST_NAME = 52
"""Of a CronJob: eleven characters less than a label, for its jobs are named after it."""
_SUBDOMAIN = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
)
"""RFC 1123, as Kubernetes reads it."""
_TEMPORARY = "/tmp"
"""Of the container, on a disk of its own."""
_FAILURE_RULES = [
    # 2 wrong configuration, 3 done with losses: nothing to try again.
    {
        "action": "FailJob",
        "onExitCodes": {"containerName": "citytwin", "operator": "In", "values": [2, 3]},
    },
    {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    },
]


@dataclass(frozen=True)
class ClusterJob:
    """What the CronJob runs, and where its files are."""

    city: str
    image: str
    """With citytwin in it."""
    config: str
    """Path of the configuration in the container, below `data`."""
    claim: str
    """PersistentVolumeClaim with inputs and outputs."""
    data: str
    """Where the claim is mounted."""
    at: str
    """Local time of the day, ``HH:MM``."""
    time_zone: str
    memory: str = "16Gi"
    cpus: str = "4"
    timeout_h: float = 6.0


def cron_job(job: ClusterJob) -> str:
    """Return the manifest as YAML.

    Parameters
    ----------
    job
        What it runs. Two runs never overlap; a run that could not start within three hours is
        left out. What failed (1) or found the city held (75) is tried twice more and resumes; a run
        with losses (3) has published, and still shows as failed, since Kubernetes knows no third.

    Raises
    ------
    ConfigError
        If the city's id makes no name that Kubernetes takes, or the claim, its place or the image
        cannot be.
    """
    _require_sound(job)
    hour, minute = job.at.split(":")
    name = "citytwin-" + job.city.lower().replace("_", "-").strip("-")
    if len(name) > _LONGEST_NAME or name.endswith("-"):
        msg = f"city id {job.city!r} makes the name {name!r}, which a CronJob cannot have"
        hint = f"take an id with a letter or digit, of at most {_LONGEST_NAME - len('citytwin-')}"
        raise ConfigError(msg, hint=hint)
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name, "labels": {"app.kubernetes.io/name": "citytwin"}},
        "spec": {
            "schedule": f"{int(minute)} {int(hour)} * * *",
            "timeZone": job.time_zone,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3 * 3600,
            "successfulJobsHistoryLimit": 7,
            "failedJobsHistoryLimit": 7,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 2,
                    "activeDeadlineSeconds": round(job.timeout_h * 3600),
                    "podFailurePolicy": {"rules": _FAILURE_RULES},
                    "template": {"spec": _pod(job)},
                }
            },
        },
    }
    text: str = yaml.safe_dump(manifest, sort_keys=False)
    return text


def _require_sound(job: ClusterJob) -> None:
    if not _SUBDOMAIN.fullmatch(job.claim):
        msg = f"claim {job.claim!r} is no name that Kubernetes takes"
        raise ConfigError(msg, hint="take a-z, 0-9, - and ., with a letter or digit at both ends")
    folder = job.data
    plain = folder.rstrip("/")  # which leaves nothing of the root
    sound = plain.startswith("/") and posixpath.normpath(plain) == plain
    hidden = f"{plain}/".startswith(f"{_TEMPORARY}/")
    if not sound or hidden or ":" in folder or not folder.isprintable():
        msg = f"{folder!r} is no place for the claim"
        hint = "name an absolute folder of its own, such as /data: not / or /tmp, without : and .."
        raise ConfigError(msg, hint=hint)
    if not job.image or not job.image.isprintable() or " " in job.image:
        raise ConfigError(f"{job.image!r} is no image", hint="such as registry.example/citytwin:1")


def refuse_places_off_the_claim(loaded: LoadedConfig, data: str) -> None:
    """Refuse a configuration whose files would not lie on the claim when it lies at the top of that.

    Parameters
    ----------
    loaded
        The configuration, wherever it lies here.
    data
        Where the claim is mounted.

    Raises
    ------
    ConfigError
        If a path leads elsewhere, with its key: nothing else of the container takes files, or holds
        inputs.
    """
    for key, text in _places(loaded):
        there = posixpath.normpath(posixpath.join(data, text))
        if posixpath.commonpath([there, data]) != data.rstrip("/"):
            msg = f"{loaded.file.name}: {key}: {text} is {there} in the container, off the claim"
            hint = (
                f"the configuration lies at the top of the claim, as {data.rstrip('/')}/"
                f"{loaded.file.name}: name what lies beside or below it, such as `out: out`"
            )
            raise ConfigError(msg, hint=hint)


def _places(loaded: LoadedConfig) -> Iterator[tuple[str, str]]:
    """Paths of a configuration that a run reads or writes, each with its key."""
    config = loaded.config
    hook = config.nights.on_failure.webhook if config.nights.on_failure else None
    named = [
        ("out", config.out),
        *((f"sources[{k}].path", source.path) for k, source in enumerate(config.sources)),
        *((f"sources[{k}].root", source.root) for k, source in enumerate(config.sources)),
        ("nights.metrics", config.nights.metrics),
        ("nights.report", config.nights.report),
        ("nights.on_failure.webhook.authorities", hook.authorities if hook else None),
        *((f"buckets.{name}.authorities", one.authorities) for name, one in config.buckets.items()),
    ]
    for key, text in named:
        if text is not None and not is_bucket_address(text):
            yield key, text
    here = loaded.file.parent
    steps = {"grids": config.grids, "simulations": config.simulations}
    for section, listed in {**steps, "assessments": config.assessments}.items():
        for k, step in enumerate(listed):
            for file in files_named(step.params, here):
                beside = file.is_relative_to(here)
                yield f"{section}[{k}].params", str(file.relative_to(here) if beside else file)


def _pod(job: ClusterJob) -> dict[str, Any]:
    container: dict[str, Any] = {
        "name": "citytwin",
        "image": job.image,
        "command": ["citytwin", "run", job.config],
        "resources": {
            "requests": {"memory": job.memory, "cpu": job.cpus},
            "limits": {"memory": job.memory},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "data", "mountPath": job.data},
            {"name": "tmp", "mountPath": _TEMPORARY},
        ],
        "env": [
            {"name": "HOME", "value": _TEMPORARY},
            # Compiled kernels stay on the claim, so that no night compiles them anew.
            {"name": "XDG_CACHE_HOME", "value": f"{job.data.rstrip('/')}/.cache"},
        ],
    }
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 300,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "runAsGroup": 10001,
            "fsGroup": 10001,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [container],
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": job.claim}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }
