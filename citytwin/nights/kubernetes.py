"""A CronJob of Kubernetes that runs a city every night, with no more rights than it needs.

Source: Kubernetes API, batch/v1 CronJob and the pod security standard ``restricted``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from citytwin.errors import ConfigError

_LONGEST_NAME = 52
"""Of a CronJob: eleven characters less than a label, for its jobs are named after it."""
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
        If the city's id makes no name that Kubernetes takes.
    """
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
            {"name": "tmp", "mountPath": "/tmp"},
        ],
        "env": [
            {"name": "HOME", "value": "/tmp"},
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
