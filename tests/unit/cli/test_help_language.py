"""Help and mistakes in the call are told in one language whole, also where the parser says them."""

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len
from typed import Ended, type_command

from latsar_sync.cli import app

ENGLISH_WORDS = re.compile(
    r"\b(usage|options?|arguments?|commands?|args|required|default|show|this|message|exit|the|and|of|for|with|without|"
    r"who|value|name|number|file|other|missing|invalid|unexpected|such|try|help for)\b(?!-)",
    re.IGNORECASE,
)
LITERAL = re.compile(r'--[a-z-]+|<[^>]*>|\{[^}]*\}|"[^"]*"|latsar-sync\b.*|retention show|surat_\w+|%\S+')
"""What is typed as it stands is in no language."""


def paths() -> Iterator[list[str]]:
    """Yield the words of the whole command line and of every command below it."""

    def below(command: Any, path: list[str]) -> Iterator[list[str]]:
        yield path
        for name, each in getattr(command, "commands", {}).items():
            yield from below(each, [*path, name])

    yield from below(typer.main.get_command(app), [])


def typed(folder: Path, language: str, *words: str) -> Ended:
    return type_command(words, folder, {"LANGUAGE": language, "COLUMNS": "80"})


def described(text: str) -> list[str]:
    """Return the lines of a help without the names of commands and options."""
    inner = [line.strip("│ ") for line in text.splitlines()]
    return [LITERAL.sub("", re.sub(r"^(?:\* +)?[a-z-]+  ", "", line)) for line in inner]


@pytest.mark.parametrize("path", list(paths()), ids=" ".join)
def test_the_indonesian_help_of_a_command_has_no_english_word(tmp_path: Path, path: list[str]) -> None:
    ended = typed(tmp_path, "id", *path, "--help")

    assert ended.code == 0
    assert ended.out.split()[0] == "Pakai:"
    assert [line for line in described(ended.out) if ENGLISH_WORDS.search(line)] == []
    assert [line for line in ended.out.splitlines() if cell_len(line) > 80] == []
    assert re.search(r"<(bool|str|path|int|list\[str)\b", ended.out) is None  # what programmers call it says nothing


def test_the_english_help_stays_english(tmp_path: Path) -> None:
    typed(tmp_path, "id", "sync", "--help")

    told = typed(tmp_path, "en", "threshold", "set", "--help").out

    for said in ("Usage:", "[OPTIONS]", "Arguments", "Options", "[required]", "Show this message and"):
        assert said in told


@pytest.mark.parametrize(("language", "said"), [("en", "[default: the login name]"), ("id", "[bawaan: nama login]")])
def test_a_default_that_the_help_tells_in_brackets_is_shown(tmp_path: Path, language: str, said: str) -> None:
    told = typed(tmp_path, language, "roster", "--help").out

    assert said in " ".join(re.sub("[│]", "", told).split())


@pytest.mark.parametrize(
    ("words", "english", "indonesian"),
    [
        ([], "Missing command.", "Perintahnya belum disebut."),
        (["override"], "Missing command.", "Perintahnya belum disebut."),
        (["foo"], "No such command 'foo'.", "Tidak ada perintah 'foo'."),
        (
            ["rosters"],
            "No such command 'rosters'. Did you mean 'roster'?",
            "Tidak ada perintah 'rosters'. Maksud Anda 'roster'?",
        ),
        (["sync", "--nope"], "No such option: --nope", "Tidak ada opsi --nope"),
        (
            ["sync", "--programm", "x"],
            "No such option: --programm (Possible options: --programme)",
            "Tidak ada opsi --programm (mungkin: --programme)",
        ),
        (["explain"], "Missing argument 'NIP'.", "Argumen 'NIP' belum diberikan."),
        (["explain", "a", "b"], "Got unexpected extra argument(s) (b)", "Ada argumen yang berlebih (b)"),
        (
            ["doctor", "199508172025042003"],
            "Got unexpected extra argument(s) (1995**********2003)",
            "Ada argumen yang berlebih (1995**********2003)",
        ),
        (["threshold", "set", "70"], "Missing option '--legal-basis'.", "Opsi '--legal-basis' belum diberikan."),
        (
            ["runs", "--limit", "0"],
            "Invalid value for '--limit': Input should be greater than or equal to 1",
            "Nilai untuk '--limit' tidak dapat dipakai: paling sedikit 1",
        ),
        (
            ["demo", "--port", "70000"],
            "Invalid value for '--port': Input should be less than or equal to 65535",
            "Nilai untuk '--port' tidak dapat dipakai: paling banyak 65535",
        ),
        (
            ["import", "show", "x"],
            'ID: "x" is no whole number.',
            'ID: "x" bukan bilangan bulat.',
        ),
        (
            ["user", "add", "a", "--role", "x"],
            "Invalid value for '--role': Value error, 'x' is not one of 'admin', 'panitia', 'viewer'.",
            "Nilai untuk '--role' tidak dapat dipakai: 'x' bukan salah satu dari 'admin', 'panitia', 'viewer'.",
        ),
        (["sync", "--full=3"], "Option '--full' does not take a value.", "Opsi '--full' tidak menerima nilai."),
        (["sync", "--programme"], "Option '--programme' requires an argument.", "Opsi '--programme' memerlukan nilai."),
        (["user", "add", "a"], "Missing option '--role'. Choose from:", "Opsi '--role' belum diberikan. Pilih salah"),
    ],
)
def test_a_mistake_in_the_call_is_told_in_the_language_in_use(
    tmp_path: Path, words: list[str], english: str, indonesian: str
) -> None:
    for language, said in (("en", english), ("id", indonesian)):
        ended = typed(tmp_path, language, *words)

        assert ended.code == 2
        assert ended.err.startswith(f"latsar-sync: {said}")
        assert ended.err.splitlines()[0].endswith((".", "?", ":"))  # else it runs into what to do about it, in JSON


def test_a_file_that_may_not_be_read_is_told_in_the_language_in_use_and_a_configuration_with_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "latsar.toml").write_text("x", encoding="utf-8")
    monkeypatch.setattr(os, "access", lambda *_asked: False)
    monkeypatch.setattr(Path, "read_text", refuse_to_read)

    confirmed = typed(tmp_path, "id", "--config", "latsar.toml", "db", "restore", "latsar.toml")
    configured = typed(tmp_path, "id", "--config", "latsar.toml", "status")

    assert "Nilai untuk 'BERKAS' tidak dapat dipakai: 'latsar.toml' tidak boleh dibaca akun ini." in confirmed.err
    assert "Konfigurasi latsar.toml tidak dapat dibaca: akun ini tidak berhak." in configured.err
    assert "Periksa hak aksesnya" in configured.err


def refuse_to_read(*_asked: Any, **_how: Any) -> str:
    """Refuse as the system does, which lets the account of tests read everything."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
