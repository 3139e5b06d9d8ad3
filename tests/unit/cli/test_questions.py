"""Yes and no are asked for in the language in use, and understood in both."""

import pytest
import typer
from typer.testing import CliRunner

from latsar_sync.cli.init_questions import yes_or_no
from latsar_sync.domain.language import speaking


def asked(language: str, answers: list[str], default: bool) -> str:
    """Return what is printed when the question is asked, with what came of it in the last line."""
    app = typer.Typer()

    @app.command()
    def ask() -> None:
        with speaking(language):
            typer.echo(f"\n{yes_or_no('Ganti?', default)}")

    return CliRunner().invoke(app, input="".join(f"{each}\n" for each in answers)).output


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
