"""The page of the JSON, the commands and the API tell of the same shapes."""

import re
from pathlib import Path
from typing import Any

import typer
from pydantic import TypeAdapter

from latsar_sync.cli import app
from latsar_sync.shapes.commands import COMMANDS
from latsar_sync.shapes.json_page import API, page
from latsar_sync.web import api
from latsar_sync.web.app import CALLS

DOCS = Path(__file__).parents[3] / "docs"


def commands_with_json(command: Any = None, path: str = "") -> set[str]:
    """Return every command that has the option ``--json``, as a person types it."""
    command = command or typer.main.get_command(app)
    found = {path.strip()} if any("--json" in each.opts for each in command.params) else set()
    context = typer.Context(command)
    for name in command.list_commands(context) if hasattr(command, "list_commands") else ():
        found |= commands_with_json(command.get_command(context, name), f"{path} {name}")
    return found


def test_the_page_of_the_json_is_written_from_the_shapes() -> None:
    written = (DOCS / "json.md").read_text(encoding="utf-8")

    assert written == page(), "run scripts/json-shapes"


def test_every_command_with_json_has_a_shape_and_the_page_of_the_commands_leads_to_it() -> None:
    assert commands_with_json() == set(COMMANDS)

    sections = re.split(r"^## ", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    by_command = {each.split("`")[1].removeprefix("latsar-sync").strip(): each for each in sections[1:] if "`" in each}
    for name, shape in COMMANDS.items():
        single = getattr(shape, "__args__", (shape,))[0].__name__.removesuffix("Shape")
        assert f"[{single}](json.md#{single.lower()})" in by_command[name], name


def test_the_api_answers_with_the_same_shapes() -> None:
    routes = [route for each in (api, *CALLS) for route in each.router.routes if route.response_model is not None]
    answers = {f"{method} {route.path}": route.response_model for route in routes for method in route.methods}

    assert {call: TypeAdapter(shape).json_schema() for call, shape in answers.items()} == {
        call: TypeAdapter(shape).json_schema() for call, shape in API.items()
    }
