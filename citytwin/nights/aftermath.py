"""What follows a run: old runs go, figures for the monitoring, a word to whom it concerns."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from citytwin.config import LoadedConfig
from citytwin.engine.locking import holding
from citytwin.engine.request import read_latest
from citytwin.engine.web_hooks import web_hook
from citytwin.errors import BusyError, CityTwinError, UnreachableError
from citytwin.live_config import WebhookConfig
from citytwin.nights.metrics import metrics_text
from citytwin.nights.record import RunRecord, stamp_of
from citytwin.security.told_names import told_names
from citytwin.store.atomic import replacing, write_text
from citytwin.store.prune import prune

log = logging.getLogger(__name__)
PAUSES_S = (5.0, 30.0)
"""Before a receiver that does not answer is tried again [s]."""
_LOOK_S = 0.2
"""Between two looks whether a program has ended [s]."""


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
        _tried("the report cannot be written", lambda: _report(loaded, report, record))
    if nights.metrics is not None:
        file = loaded.path(nights.metrics)
        latest = read_latest(loaded.city_dir)
        text_of_metrics = metrics_text(record, latest, _told_names(loaded))
        _tried("the figures cannot be written", lambda: _figures(file, text_of_metrics))
    tell_of_failure(loaded, record)


def tell_of_failure(loaded: LoadedConfig, record: RunRecord) -> None:
    """Tell whom the configuration names of a run that did not end well; of others nobody.

    Parameters
    ----------
    loaded
        The configuration.
    record
        Of the run.
    """
    hook = loaded.config.nights.on_failure
    # Whoever stops a run at a terminal knows.
    known = record.outcome == "stopped" and sys.stdin is not None and sys.stdin.isatty()
    if hook is None or known or not (record.failures or record.losses):
        return
    names = _told_names(loaded)
    feeds = [
        feed.model_copy(update={"source": names.get(feed.source, feed.source)})
        for feed in record.feeds
    ]
    record = record.model_copy(update={"feeds": tuple(feeds)})
    command, told = hook.command, hook.webhook
    if command is not None:
        _tried(
            "the command could not be told of the failure",
            lambda: _tell(command, hook.timeout_s, record),
        )
    if told is not None:
        _tried("the web hook could not be told of the failure", lambda: _post(loaded, told, record))


def _told_names(loaded: LoadedConfig) -> dict[str, str]:
    """Whom it is told is not known here: of restricted sources a number stands for the name."""
    return told_names({source.name: source.classification for source in loaded.config.sources})


def _figures(file: Path, text: str) -> None:
    """Beside the file under no name ``*.prom``: all such files of its folder are collected, also one
    that is just being written, or was left by a kill.
    """
    beside = file.with_name(f"{file.name}.new")
    write_text(beside, text)
    try:
        beside.replace(file)
    except OSError:
        beside.unlink()
        raise


def _report(loaded: LoadedConfig, file: Path, record: RunRecord) -> None:
    """Like the journal, for those who may enter the city."""
    with replacing(file) as temporary:
        temporary.touch(0o640 if loaded.private else 0o666)
        temporary.write_text(record.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _prune(loaded: LoadedConfig, keep: int) -> None:
    try:
        with holding(loaded):
            prune(loaded.city_dir, keep)
    except BusyError:
        log.info("old runs stay for the run that goes on now")


def _post(loaded: LoadedConfig, config: WebhookConfig, record: RunRecord) -> None:
    """Post a record; a receiver that is away is tried again after a while, twice."""
    hook = web_hook(loaded, "nights.on_failure", config)
    body = record.model_dump_json().encode()
    key = f"{record.city}-{stamp_of(record.begun)}-{record.process}"
    for pause_s in PAUSES_S:
        try:
            return hook.post(body, key, "application/json")
        except UnreachableError as error:
            log.warning("%s, tried again in %.0f s", error, pause_s)
            time.sleep(pause_s)
    return hook.post(body, key, "application/json")


def _tell(command: Sequence[str], timeout_s: float, record: RunRecord) -> None:
    until_s = time.monotonic() + timeout_s
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as program:
        said = _heard(program, record.model_dump_json().encode(), until_s)
        if program.poll() is None:
            program.kill()
            raise subprocess.TimeoutExpired(command, timeout_s)
    if program.returncode:
        text = said.decode(errors="replace").strip()[-500:]
        log.error("%s ended with %d: %s", command[0], program.returncode, text)


def _heard(program: subprocess.Popen[bytes], body: bytes, until_s: float) -> bytes:
    """Return what a program said of its troubles until it ended, or its time.

    It has ended when its own process has: one that it left behind, such as a mailer, may hold its
    output open for as long as it likes.
    """
    sent: bytes | None = body
    has_ended = False
    while True:
        try:
            return program.communicate(sent, timeout=_LOOK_S)[1]
        except subprocess.TimeoutExpired as waiting:
            if has_ended or time.monotonic() >= until_s:
                return waiting.stderr or b""
        sent, has_ended = None, program.poll() is not None  # then read once more


def _tried(trouble: str, work: Callable[[], None]) -> None:
    try:
        work()
    except (CityTwinError, OSError, subprocess.TimeoutExpired) as error:
        log.error("%s: %s", trouble, error)
