"""What is asked and typed: yes and no in both languages, days as an office writes them."""

import io
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from latsar_sync.actions.typed_text import named
from latsar_sync.cli import main
from latsar_sync.cli.context import typed_day, typed_moment
from latsar_sync.cli.init_questions import Interview, yes_or_no
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import speaking


def asked(language: str, answers: list[str], default: bool) -> str:
    """Return what is printed when the question is asked, with what came of it in the last line."""
    app = typer.Typer()

    @app.command()
    def ask() -> None:
        with speaking(language):
            typer.echo(f"\n{yes_or_no('Ganti?', default)}")

    return CliRunner().invoke(app, input="".join(f"{each}\n" for each in answers)).output


def test_an_empty_answer_is_told_to_be_none_before_the_question_is_asked_again() -> None:
    """Once the same line came again, and nothing said why."""
    app = typer.Typer()

    @app.command()
    def ask() -> None:
        with speaking("id"):
            typer.echo(Interview(Console(), silent=False).answer("--title", "Judul", None, str))

    said = CliRunner().invoke(app, input="\n  \nLatsar\n").output.splitlines()

    assert said[0] == "Judul: "
    assert said[1].startswith("  Jawaban kosong.")
    assert said[-1] == "Latsar"


@pytest.mark.parametrize(
    ("answer", "meant"),
    [
        ("y", "True"),
        ("Ya", "True"),
        ("YES", "True"),
        ("t", "False"),
        ("tidak", "False"),
        ("n", "False"),
        ("No", "False"),
    ],
)
@pytest.mark.parametrize("language", ["id", "en"])
def test_an_answer_counts_in_either_language(language: str, answer: str, meant: str) -> None:
    assert asked(language, [answer], default=meant == "False").splitlines()[-1] == meant


@pytest.mark.parametrize(
    ("language", "default", "choices"),
    [("id", True, "[Y/t]"), ("id", False, "[y/T]"), ("en", True, "[Y/n]"), ("en", False, "[y/N]")],
)
def test_enter_is_the_answer_that_is_written_large(language: str, default: bool, choices: str) -> None:
    said = asked(language, [""], default)

    assert f"Ganti? {choices}:" in said
    assert said.splitlines()[-1] == str(default)


def test_what_is_neither_is_asked_again() -> None:
    said = asked("id", ["mungkin", "ya"], default=False)

    assert "Jawab y untuk ya atau t untuk tidak." in said
    assert said.splitlines()[-1] == "True"


@pytest.mark.parametrize("text", ["2026-12-07", "7/12/2026", "7 Desember 2026", "Senin, 7 Desember 2026"])
def test_a_day_is_typed_as_an_office_writes_it(text: str) -> None:
    assert typed_day("--date", text) == date(2026, 12, 7)


def test_a_moment_is_typed_as_an_office_writes_it_with_its_time() -> None:
    assert typed_moment("--effective-from", "7/12/2026 08.30", UTC) == datetime(2026, 12, 7, 8, 30, tzinfo=UTC)


def test_what_is_no_day_is_refused_by_the_name_of_the_option() -> None:
    with pytest.raises(UsageError, match='--until: "besok" is no date'):
        typed_day("--until", "besok")


def test_days_that_people_write_are_read_in_one_place() -> None:
    package = Path(__file__).parents[3] / "latsar_sync"
    reads = re.compile(r"\bstrptime\b|formats=\[")
    found = [
        str(path.relative_to(package))
        for path in sorted(package.rglob("*.py"))
        if path.relative_to(package).parts[0] != "demo" and reads.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_a_question_that_nobody_can_answer_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["latsar-sync", "--config", str(tmp_path / "latsar.toml"), "init"])
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setenv("LANG", "en_US.UTF-8")

    with pytest.raises(SystemExit) as left:
        main()

    assert left.value.code == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "A question was asked, and nobody can answer it here. → Give the command in a terminal" in told


@pytest.mark.parametrize("input_", ["</dev/null", "<&-", "<<<rahasia"])
def test_a_secret_is_not_asked_for_where_no_terminal_can_hide_it(input_: str, tmp_path: Path) -> None:
    asks = f"{sys.executable} -m latsar_sync init --mooc-url https://mooc.example.go.id"

    ended = subprocess.run(
        ["bash", "-c", f"{asks} {input_}"],
        capture_output=True,
        check=False,
        cwd=tmp_path,
        env={"LANG": "en_US.UTF-8"},
        start_new_session=True,
        text=True,
    )

    assert ended.returncode == 2
    assert ended.stderr.splitlines()[0] == "latsar-sync: A question was asked, and nobody can answer it here."
    assert ended.stdout.endswith(":\n")


def test_what_a_person_says_stands_on_record_in_one_line() -> None:
    assert named("--by", " Rina\nTercatat: terima\u2028 untuk  semua\t") == "Rina Tercatat: terima untuk semua"


def test_no_number_that_is_typed_is_greater_than_a_database_holds() -> None:
    package = Path(__file__).parents[3] / "latsar_sync" / "cli"
    numbers = re.compile(r"Annotated\[\s*int\b(?:[^\[\]]|\[[^\]]*\])*\]")
    found = [each for path in sorted(package.glob("*.py")) for each in numbers.findall(path.read_text("utf-8"))]

    assert len(found) > 10
    assert [each for each in found if "max=" not in each] == []
