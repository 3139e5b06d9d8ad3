"""The commands and their files: ``sync`` stands in sync.py, as ``app``, and is loaded when somebody calls it."""

import gc
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typing_extensions import override

from latsar_sync.cli.as_typed import strict
from latsar_sync.cli.parser_language import speak

COMMANDS = (
    "demo",
    "init",
    "doctor",
    "sync",
    "plan",
    "run",
    "serve",
    "resync",
    "roster",
    "participants",
    "explain",
    "export",
    "threshold",
    "override",
    "identity",
    "person",
    "retention",
    "access-log",
    "notices",
    "certificate",
    "clearance",
    "import",
    "runs",
    "status",
    "user",
    "db",
    "programme",
    "angkatan",
)
"""In the order in which the help lists them."""
NOT_A_MODULE_NAME = {"import": "imports"}


class LazyCommands(Mapping[str, Any]):
    """Every command by name; its file is loaded, with the libraries it needs, when the command is looked up.

    So one command starts fast, and the help of all, which looks up every one, reads each in the one place where it is.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    @override
    def __getitem__(self, name: str) -> Any:
        if name not in COMMANDS:
            raise KeyError(name)
        if name not in self._loaded:
            module = import_module(f"latsar_sync.cli.{NOT_A_MODULE_NAME.get(name, name.replace('-', '_'))}")
            command = strict(speak(typer.main.get_command(module.app)))
            command.name = name
            self._loaded[name] = command
            gc.freeze()  # what was loaded stays: the collector need never go through it
            gc.enable()
        return self._loaded[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    @override
    def __len__(self) -> int:
        return len(COMMANDS)


class CommandFiles(TyperGroup):
    """The whole command line, whose commands are files."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = LazyCommands()  # type: ignore[assignment] # nothing adds to it
