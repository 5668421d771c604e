"""The notebooks run from top to bottom."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import make_small_city

DEMO = Path(__file__).parents[2] / "data" / "demo"
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory, workers: str) -> Path:
    """A freshly published city."""
    config = make_small_city(tmp_path_factory.mktemp("notebooks"))
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    return config.parent / "out" / "small"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path: Path, city: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every cell runs."""
    import nbformat  # seconds, which no other worker of the tests needs to spend
    from nbclient import NotebookClient

    monkeypatch.setenv("CITYTWIN_CITY", str(city))
    monkeypatch.setenv("CITYTWIN_MODEL", str(DEMO))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=200, kernel_name="python3").execute()
