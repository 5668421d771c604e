"""The demo city is the same on every run, and the embedded copy is up to date."""

import subprocess
import sys
from pathlib import Path

import pytest

from citytwin.testing import write_demo_city

EMBEDDED = Path(__file__).resolve().parents[3] / "data" / "demo"


def contents(directory):
    """Bytes of every file below a folder."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """A new copy of the demo city."""
    return contents(write_demo_city(tmp_path_factory.mktemp("fresh")).directory)


def test_command_in_another_process_writes_the_same_bytes(tmp_path, fresh):
    """The command line gives what the function gives: nothing depends on the process."""
    command = [sys.executable, "-W", "error", "-m", "citytwin.testing.demo_city", tmp_path]
    subprocess.run(command, check=True, cwd=EMBEDDED.parents[1])
    assert contents(tmp_path) == fresh


def test_generators_need_no_test_tools():
    """A user without pytest and hypothesis can make the demo city."""
    code = (
        "import sys, citytwin.testing; sys.exit(bool({'pytest', 'hypothesis'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=EMBEDDED.parents[1])


def test_embedded_copy_is_what_the_generator_writes(fresh):
    """Regenerating changes no byte of data/demo, adds nothing and leaves nothing over."""
    embedded = contents(EMBEDDED)
    assert sorted(embedded) == sorted(fresh)
    differing = [name for name in fresh if embedded[name] != fresh[name]]
    assert differing == []
