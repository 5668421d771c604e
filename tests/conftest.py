"""What all tests share: the folder of real samples, and a run in which nothing may be skipped."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Every worker of pytest computes on one core, and so does every process it starts. Read when numba
# is imported. `tests/physics/test_wind_threads.py` has more threads.
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

# The same examples in every run: a change is judged by what it did, not by the dice. New examples
# are drawn with `pytest --hypothesis-profile=explore`. No example is judged by how long it took.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, deadline=None)
settings.load_profile("repeatable")


# The processor draws. What stands on the screen in the end is tested: pixels need not be sampled
# four times, nor the finished map be put on the page by WebGL once more; and scripts that run for
# seconds are not worth compiling better.
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",
    "--webgl-antialiasing-mode=none",
    "--js-flags=--single-threaded,--no-opt",
)

# Workers take whole files in this order. What comes first compiles most, each another family of
# kernels, so that two do not compile the same at the same time; then what takes long by itself.
FIRST = (
    "tests/physics/test_flood_waves.py",
    "tests/unit/formats/test_citygml_fast.py",
    "tests/physics/test_wind_flow.py",
    "tests/physics/test_sunlight_towers.py",
    "tests/physics/test_irradiation_of_roofs.py",
    "tests/pipelines/",
    "tests/server/",
    "tests/browser/",
    "tests/real/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the files into that order; the others stay as they are, behind them."""

    def place(item: pytest.Item) -> int:
        found = [k for k, begin in enumerate(FIRST) if item.nodeid.startswith(begin)]
        return found[0] if found else len(FIRST)

    items.sort(key=place)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect ten thousand tests without looking for garbage among them.

    They and the modules that they need stay to the end: what frees memory later need not visit them.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, drawing WebGL in software: one for all tests of a worker."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("no Chromium on this machine")
    with api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def samples() -> Path:
    """Folder of the real samples; tests that need it are skipped where it is absent."""
    name = os.environ.get("CITYTWIN_SAMPLES")
    if not name or not Path(name).is_dir():
        pytest.skip("the real samples are not here: set CITYTWIN_SAMPLES to their folder")
    return Path(name)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a run that skipped something it could have installed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    if os.environ.get("CITYTWIN_NO_SKIPS") and skipped and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
