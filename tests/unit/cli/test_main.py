"""The entry point: what a user can mend is told in one line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from citytwin.cli.main import main


def test_a_folder_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Here because a file stands where the folder should."""
    (tmp_path / "file").write_text("")
    target = tmp_path / "file" / "city.yaml"
    monkeypatch.setattr(sys, "argv", ["citytwin", "init", str(target)])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert said.startswith("error: ")
    assert said.count("\n") == 1
    assert str(tmp_path / "file") in said
