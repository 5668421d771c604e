"""What follows a run: old runs go, figures for the monitoring, a word to whom it concerns."""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable

from citytwin.config import FailureHook, LoadedConfig
from citytwin.engine.locking import holding
from citytwin.engine.request import read_latest
from citytwin.errors import BusyError, CityTwinError
from citytwin.nights.metrics import metrics_text
from citytwin.nights.record import RunRecord
from citytwin.store.atomic import write_text
from citytwin.store.prune import prune

log = logging.getLogger(__name__)


def follow_up(loaded: LoadedConfig, record: RunRecord) -> None:
    """Do what the configuration asks for after a run; a fault of one does not keep the others.

    Parameters
    ----------
    loaded
        The configuration.
    record
        Of the run that has ended.
    """
    nights = loaded.config.nights
    if nights.keep_runs is not None and record.outcome == "done":
        _tried("old runs cannot be removed", lambda: _prune(loaded, nights.keep_runs or 1))
    if nights.report is not None:
        report = loaded.path(nights.report)
        text = record.model_dump_json(indent=1) + "\n"
        _tried("the report cannot be written", lambda: write_text(report, text))
    if nights.metrics is not None:
        file = loaded.path(nights.metrics)
        latest = read_latest(loaded.city_dir)
        text_of_metrics = metrics_text(record, latest)
        _tried("the figures cannot be written", lambda: write_text(file, text_of_metrics))
    if nights.on_failure is not None and (record.failures or record.losses):
        hook = nights.on_failure
        _tried("nobody could be told of the failure", lambda: _tell(hook, record))


def _prune(loaded: LoadedConfig, keep: int) -> None:
    try:
        with holding(loaded):
            prune(loaded.city_dir, keep)
    except BusyError:
        log.info("old runs stay for the run that goes on now")


def _tell(hook: FailureHook, record: RunRecord) -> None:
    said = subprocess.run(
        hook.command,
        input=record.model_dump_json().encode(),
        timeout=hook.timeout_s,
        capture_output=True,
        check=False,
    )
    if said.returncode:
        text = said.stderr.decode(errors="replace").strip()[-500:]
        log.error("%s ended with %d: %s", hook.command[0], said.returncode, text)


def _tried(trouble: str, work: Callable[[], None]) -> None:
    try:
        work()
    except (CityTwinError, OSError, subprocess.TimeoutExpired) as error:
        log.error("%s: %s", trouble, error)
