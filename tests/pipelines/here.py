"""The command line in this very process: no program to start, and no modules to load again."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from citytwin.cli.main import main


def citytwin_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What the command line says and ends with."""
    out, err = io.StringIO(), io.StringIO()
    with (
        redirect_stdout(out),
        redirect_stderr(err),
        patch.object(sys, "argv", ["citytwin", *arguments]),
    ):
        try:
            main()
        except SystemExit as end:
            code = 0 if end.code is None else int(end.code)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())
