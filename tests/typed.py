"""A command as somebody types it, run by ``main`` in this process: which saves starting a process for each."""

import contextlib
import io
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from latsar_sync.cli import main
from latsar_sync.domain import language


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value that it must be."""
        return json.loads(self.out)


def type_command(arguments: Sequence[str], folder: Path, environment: Mapping[str, str], umask: int = 0o022) -> Ended:
    """Run one command in a folder, under this environment alone; the process is afterwards as it was."""
    out, err, code = io.StringIO(), io.StringIO(), None
    mask, spoken, zone = os.umask(umask), language.in_use(), language.zone_in_use()
    with (
        patch.object(sys, "argv", ["latsar-sync", *arguments]),
        patch.dict(os.environ, environment, clear=True),
        contextlib.chdir(folder),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        finally:
            os.umask(mask)
            language.choose(spoken)
            language.choose_zone(zone)
    assert isinstance(code, int)
    return Ended(code, out.getvalue(), err.getvalue())
