"""``citytwin check`` as an operator calls it."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from citytwin.cli.check import command
from tests.unit.live.live_city import city, feed


def test_a_feed_without_its_folder_is_doubtful(tmp_path: Path) -> None:
    """A name that is written wrong looks like a folder into which nothing comes."""
    (tmp_path / "incoming").mkdir()
    feeds = [
        feed(name="wrong", folder={"path": "incomin"}),
        feed(name="right", folder={"path": "incoming"}),
    ]
    city(tmp_path, feeds)
    done = CliRunner().invoke(command, [str(tmp_path / "town.yaml")], catch_exceptions=False)
    doubts = [line for line in done.stdout.splitlines() if line.startswith("doubtful")]
    assert len(doubts) == 1
    assert doubts[0].startswith("doubtful wrong            folder ")
    assert "incomin cannot be read: No such file or directory (make it," in doubts[0]
    assert done.exit_code == 1
