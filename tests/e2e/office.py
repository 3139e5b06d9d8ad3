"""One installation as a training body has it: a folder with a configuration and a database, and what is typed there."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service import PROGRAMME, TOKENS, default_angkatan
from typed import Ended, type_command

from latsar_sync.demo import Campus
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database

# a test run in the background hands on that Ctrl-C is to be ignored
ONE_COMMAND = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from latsar_sync.__main__ import main; main()"
)


def _without_ours() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("LATSAR_")}


@dataclass
class Office:
    """A folder in which commands are run; ``config/latsar.toml`` and ``data/latsar.db`` lie in it."""

    folder: Path
    campus: Campus
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

    def run(self, *arguments: str, umask: int = 0o022) -> Ended:
        """Type one command, in this process."""
        return type_command(arguments, self.folder, self._environment(), umask)

    def run_all(self, commands: Sequence[Sequence[str]]) -> list[Ended]:
        """Type several commands."""
        return [self.run(*command) for command in commands]

    def database(self) -> Database:
        """Open the office's database; close it afterwards."""
        return Database(load_settings(self.config, self.environment).database_url)
