"""The documentation tells of everything that there is, and of nothing that there is not."""

import ast
import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from documents import blocks, words
from hand_over import handing_over
from pydantic import BaseModel
from typed import type_command

from latsar_sync.cli import app
from latsar_sync.domain.finding_sentences import FINDING_TEXTS
from latsar_sync.domain.reason_sentences import TEXTS
from latsar_sync.files.column_titles import TITLES, title_of
from latsar_sync.settings import (
    AngkatanSettings,
    ClearanceSettings,
    CommitteeSettings,
    EvaluationSettings,
    GuardSettings,
    MarkSettings,
    MaterialsSettings,
    MessageSettings,
    NoticeSettings,
    OfficeSettings,
    OidcSettings,
    PingSettings,
    ProgrammeSettings,
    RetentionSettings,
    ServiceSettings,
    Settings,
    SiteSettings,
    SourceSettings,
    ThresholdSeed,
    WebhookSettings,
)
from latsar_sync.settings.angkatan import PlaceSettings
from latsar_sync.settings.institutions import InstitutionSettings, LetterSettings, MailSettings
from latsar_sync.settings.programmes import AccountSettings, CertificateSettings
from latsar_sync.settings.received_files import IntakeSettings, MailboxSettings
from latsar_sync.settings.tables import Table

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
SECTIONS: dict[str, type[BaseModel]] = {
    "Top level": Settings,
    "`[service]`": ServiceSettings,
    "`[service.oidc]`": OidcSettings,
    "`[office]`": OfficeSettings,
    "`[retention]`": RetentionSettings,
    "`[notices]`": NoticeSettings,
    "`[webhooks.NAME]`": WebhookSettings,
    "`[ping]`": PingSettings,
    "`[programmes.committee]`": CommitteeSettings,
    "`[sites.NAME]`": SiteSettings,
    "`[[programmes]]`": ProgrammeSettings,
    "`[programmes.source]`": SourceSettings,
    "`[programmes.evaluation]`": EvaluationSettings,
    "`[programmes.evaluation] threshold`": ThresholdSeed,
    "`[programmes.materials]`": MaterialsSettings,
    "`[programmes.clearances]`": ClearanceSettings,
    "`[programmes.guards]`": GuardSettings,
    "`[programmes.messages]`": MessageSettings,
    "`[programmes.marks]`": MarkSettings,
    "`[[programmes.angkatan]]`": AngkatanSettings,
    "`[office.letters]`": LetterSettings,
    "`[[institutions]]`": InstitutionSettings,
    "`[mail]`": MailSettings,
    "`[[programmes.places]]`": PlaceSettings,
    "`[programmes.intake]`": IntakeSettings,
    "`[programmes.intake.mailbox]`": MailboxSettings,
    "`[programmes.certificates]`": CertificateSettings,
    "`[programmes.accounts]`": AccountSettings,
}


def commands(command: Any = None, path: str = "latsar-sync") -> dict[str, Any]:
    """Return every command of the command line, groups included, by what a person types."""
    command = command or typer.main.get_command(app)
    found = {path: command}
    for name, below in getattr(command, "commands", {}).items():
        found |= commands(below, f"{path} {name}")
    return found


COMMANDS = commands()
GROUPS = {
    "latsar-sync " + name
    for name in (
        "threshold",
        "export",
        "db",
        "person",
        "retention",
        "notices",
        "certificate",
        "clearance",
        "user",
        "programme",
        "angkatan",
    )
}
"""Commands that do nothing by themselves."""


def options_of(path: str) -> set[str]:
    """Return the options of a command, long and short."""
    return {name for parameter in COMMANDS[path].params for name in parameter.opts if name.startswith("-")}


def section(page: str, heading: str) -> str:
    """Return the text under a heading, up to the next one of the same depth; empty if there is no such heading."""
    text = (ROOT / page).read_text(encoding="utf-8")
    match = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return match[1] if match else ""


def rows(text: str) -> dict[str, str]:
    """Return the table rows of a text by each of the names that stand in backticks in their first cell."""
    found = {}
    for line in re.findall(r"^\| (`.*) \|$", text, re.MULTILINE):
        found |= dict.fromkeys(re.findall("`([^`]+)`", line.split(" | ")[0]), line)
    return found


def typed(page: Path) -> Iterator[list[str]]:
    """Yield every call of latsar-sync in a page, as words, from its code blocks and from text in backticks."""
    text = page.read_text(encoding="utf-8")
    for in_block, in_text in re.findall(r"^\$ (latsar-sync.*)$|`(latsar-sync [^`]+)`", text, re.MULTILINE):
        yield shlex.split(in_block or in_text)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_has_a_help_text(path: str) -> None:
    silent = [parameter.name for parameter in COMMANDS[path].params if not parameter.help]

    assert COMMANDS[path].help
    assert silent == []


@pytest.mark.parametrize("path", [path for path in COMMANDS if path not in GROUPS])
def test_every_command_is_documented_with_exactly_its_options(path: str) -> None:
    text = section("docs/commands.md", f"`{path}`")
    documented = {name for name in rows(text) if name.startswith("-")}

    assert text
    assert documented - {"--help"} == options_of(path)


def test_no_command_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^## `(latsar-sync.*)`$", (ROOT / "docs/commands.md").read_text(encoding="utf-8"), re.M)

    assert [path for path in documented if path not in COMMANDS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_call_in_a_page_could_be_typed(page: Path) -> None:
    for call in typed(page):
        path, *rest = call
        while rest and rest[0] == "--config":
            del rest[:2]
        while rest and f"{path} {rest[0]}" in COMMANDS:
            path = f"{path} {rest.pop(0)}"
        unknown = {word for word in rest if word.startswith("-")} - options_of(path) - {"--help"}

        assert unknown == set(), call
        assert path != "latsar-sync" or rest[:1] in ([], ["--version"], ["--help"]), call


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_of_the_configuration_is_documented_with_its_default(heading: str) -> None:
    text = section("docs/configuration.md", heading)
    documented = rows(text)
    # secrets come from elsewhere: the page says that they must not be written
    secrets = {"token", "urls", "client_secret", "secret", "password"} | ({"url"} if heading == "`[ping]`" else set())
    fields = {name: field for name, field in SECTIONS[heading].model_fields.items() if name not in secrets}

    assert documented.keys() == fields.keys()
    for name in secrets & SECTIONS[heading].model_fields.keys():
        assert f"key `{name}` is refused" in " ".join(text.split()), name
    for name, field in fields.items():
        if isinstance(field.default, str | int | float | tuple):
            value = list(field.default) if isinstance(field.default, tuple) else field.default
            assert f"| `{json.dumps(value)}` |" in documented[name], name


def test_every_table_of_the_configuration_is_documented() -> None:
    assert set(SECTIONS.values()) == set(Table.__subclasses__())


def names_of_checks() -> set[str]:
    """Return what the checks of doctor are called in its code, rights in Moodle left out."""
    given = []
    for file in (ROOT / "latsar_sync/setup").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                first = node.args[0]
                if node.func.attr in {"ok", "warn", "fail", "tried"} and isinstance(first, ast.Constant):
                    given.append(str(first.value))
    return {each for each in given if "/" not in each}


def test_every_check_of_doctor_is_documented_by_its_name() -> None:
    listed = re.search(
        r"^`name` is stable.*?\n\n", section("docs/commands.md", "`latsar-sync doctor`") + "\n\n", re.M | re.S
    )

    assert listed is not None
    assert set(re.findall(r"`(\w+)`", listed[0])) - {"name"} == names_of_checks() | NAMED_OTHERWISE


NAMED_OTHERWISE = {"report", "grade_range"}
"""Names of checks that do not stand in a call."""


def test_every_reason_and_every_finding_is_documented() -> None:
    assert rows(section("docs/rules.md", "Reason codes")).keys() == TEXTS.keys()
    assert rows(section("docs/rules.md", "Rule 6: Guards before any push")).keys() == FINDING_TEXTS.keys()


def commands_in(page: str) -> list[str]:
    """Return what a page tells to type."""
    return [text for kind, text in blocks(page) if kind == "console"]


def test_every_title_by_which_a_column_of_participants_and_scores_is_known_is_documented() -> None:
    fields = {"E-mail": "email", "Materials done": "materials"}
    listed = re.findall(r"^\| (.+?) \|.+?\|.+?\| (.+) \|$", section("docs/imports.md", "Columns"), re.MULTILINE)
    told = {
        fields.get(column, column.lower()): [
            {title_of(each.strip(" `")) for each in rank.split(",")} for rank in titles.split("; else ")
        ]
        for column, titles in listed[1:]
    }

    assert told == {each: [set(rank) for rank in TITLES[each]] for each in set(TITLES) - OF_DOCUMENTS_AND_ACCOUNTS}


OF_DOCUMENTS_AND_ACCOUNTS = {"account", "kind", "number", "issuer", "issued", "valid_until"}
"""Columns of lists that are told of elsewhere."""


def test_the_two_readmes_are_in_step() -> None:
    english, indonesian = ((ROOT / page).read_text(encoding="utf-8") for page in ("README.md", "README.id.md"))
    headings = [re.findall("^#+ ", text, re.MULTILINE) for text in (english, indonesian)]

    assert headings[0] == headings[1]
    assert commands_in("README.md") == commands_in("README.id.md")
    assert english.count("\n| ") == indonesian.count("\n| ")


@pytest.mark.parametrize(
    ("page", "language", "beginning"), [("README.md", "en", "First run"), ("README.id.md", "id", "Putaran pertama")]
)
def test_the_readme_quotes_the_demo_as_it_is(tmp_path: Path, page: str, language: str, beginning: str) -> None:
    """In this process: test_command_line.py starts the demo as one of its own."""
    with handing_over():
        shown = type_command(["demo", "--folder", "demo"], tmp_path, {**os.environ, "LANGUAGE": language}).out
    [quoted] = [text for _, text in blocks(page) if text.startswith(beginning)]
    # the page leaves out what differs from one machine to another
    pattern = re.escape(words(quoted)).replace("…", r"[\d.,]+")

    assert re.search(pattern, words(shown))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_no_file_of_the_package_is_longer_than_400_lines() -> None:
    files = [path for path in (ROOT / "latsar_sync").rglob("*.py") if "migrations" not in path.parts]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in files}

    assert {name: length for name, length in lengths.items() if length > 400} == {}
