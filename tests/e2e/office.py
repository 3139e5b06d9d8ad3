"""One installation as a training body has it: a folder with a configuration and a database, and what is typed there."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from service import PROGRAMME, TOKENS, default_angkatan

from latsar_sync.demo import Campus
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database

# a test run in the background hands on that Ctrl-C is to be ignored
ONE_COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from latsar_sync.cli import main; main()"
)

MANY_COMMANDS = """
import contextlib, io, json, os, sys, traceback
from latsar_sync.cli import main
for line in sys.stdin:
    arguments, folder, environment = json.loads(line)
    sys.argv = ["latsar-sync", *arguments]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    out, err, code = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        except BaseException:
            code = 1
            traceback.print_exc()
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


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


class Clerk:
    """Types commands one after another into one process, which saves the start of an interpreter for each."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", MANY_COMMANDS],
            env={**_without_ours(), "COLUMNS": "80", "LANGUAGE": "en"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def __enter__(self) -> "Clerk":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate(timeout=60)

    def type(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Ended:
        """Run one command in a folder and return how it ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([list(arguments), str(folder), dict(environment)]) + "\n")
        self._process.stdin.flush()
        return Ended(*json.loads(self._process.stdout.readline()))


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LATSAR_")}


@dataclass
class Office:
    """A folder in which commands are run; ``config/latsar.toml`` and ``data/latsar.db`` lie in it."""

    folder: Path
    campus: Campus
    clerk: Clerk
    environment: dict[str, str] = field(default_factory=lambda: dict(TOKENS))

    @property
    def config(self) -> Path:
        """The configuration, where the service looks for it by itself."""
        return self.folder / "config" / "latsar.toml"

    def configure(
        self,
        programme: str = "",
        evaluation: str = 'item = "EVAL-AKADEMIK"\nthreshold = { value = 70, scale = "points", legal_basis = "Uji" }',
        angkatan: str | None = None,
        course: str = "MOOC-LATSAR",
        more: str = "",
        urls: Mapping[str, str] | None = None,
    ) -> None:
        """Write the configuration of the seeded programme."""
        addresses = {"mooc": self.campus.mooc.url, "kelas": self.campus.kelas.url, **(urls or {})}
        sites = "".join(
            f'[sites.{name}]\nurl = "{url}"\ntoken_env = "LATSAR_{name.upper()}_TOKEN"\n'
            "requests_per_second = 1000\nretry_budget = 0\n"
            for name, url in addresses.items()
        )
        self.config.parent.mkdir(exist_ok=True)
        self.config.write_text(
            f"""{sites}
[[programmes]]
id = "{PROGRAMME}"
title = "Latsar CPNS Golongan III 2026"
{programme}
[programmes.source]
kind = "moodle"
site = "mooc"
course = "{course}"
[programmes.evaluation]
{evaluation}
{default_angkatan() if angkatan is None else angkatan}
{more}
""",
            encoding="utf-8",
        )

    def _environment(self) -> dict[str, str]:
        return {**_without_ours(), "COLUMNS": "80", "LANGUAGE": "en", **self.environment}

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command and return its process."""
        return subprocess.Popen(
            [sys.executable, "-c", ONE_COMMAND, *arguments],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def start_and_wait(self, *arguments: str) -> Ended:
        """Run one command in a process of its own."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return Ended(process.returncode, out, err)

    def run(self, *arguments: str) -> Ended:
        """Let the clerk type one command."""
        return self.clerk.type(arguments, self.folder, self._environment())

    def run_all(self, commands: Sequence[Sequence[str]]) -> list[Ended]:
        """Let the clerk type several commands."""
        return [self.run(*command) for command in commands]

    def database(self) -> Database:
        """Open the office's database; close it afterwards."""
        return Database(load_settings(self.config, self.environment).database_url)
