"""A configuration that is no TOML says where, what was typed there and what to do, in words of no parser."""

from pathlib import Path

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.domain.language import speaking
from latsar_sync.settings import load_settings


@pytest.mark.parametrize(
    ("line", "column", "cause", "remedy"),
    [
        ("course = “KLS-I”", 10, "a curved quote, as word processors make them", 'Write straight quotes: ".'),
        ("capacity\u00a0= 40", 9, "a blank that is none", "Delete the blanks of that line and type them anew."),
        ("starts = 7/12/2026", 11, "a day that is written otherwise than here", "Write it as in 2026-12-07."),
        ("starts = 2026-12-7", 14, "a day that is written otherwise than here", "Write it as in 2026-12-07."),
        ("threshold = { value = 70,5 }", 28, "a number with a comma", "Write a point instead, as in 70.5."),
        ('logo = "C:\\Users\\logo.png"', 13, "a backslash within double quotes", "Write / instead"),
        ("title: Latsar", 6, "a colon where = belongs", "Write key = value."),
        ("title = Latsar 2026", 9, "a text without quotes", 'Put it into quotes: "…".'),
        ('timezone = "Asia/Jakarta"', 26, "this key or table stands there twice", "Delete one of the two."),
        ("title = 2026-12-07 [", 20, "something more behind what the line says", "Correct it; texts stand in quotes"),
        ("title", 6, "a line that is no key = value", "Write key = value."),
        ("[programmes", 12, "a bracket that is not closed", "Correct it; texts stand in quotes"),
        ('title = "Latsar', 16, "a quote that is not closed", "Correct it; texts stand in quotes"),
        ("starts = 2026-02-31", 10, "a day that there is not", "Write it as in 2026-12-07."),
        ("source = { a = 1, a = 2 }", 24, "this key or table stands there twice", "Delete one of the two."),
    ],
)
def test_what_was_typed_instead_of_toml_is_named_with_its_remedy(
    tmp_path: Path, line: str, column: int, cause: str, remedy: str
) -> None:
    file = tmp_path / "latsar.toml"
    file.write_text(f'timezone = "Asia/Jakarta"\n{line}\n', encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})

    [problem] = caught.value.details
    assert problem.startswith(f"line 2, column {column}: {cause}")
    assert remedy in caught.value.remedy
    assert "Users" not in str(caught.value) + problem


@pytest.mark.parametrize("line", ["a = " + "[" * 3000 + "]" * 3000, "a = " + "{ b = " * 3000 + "1" + " }" * 3000])
def test_brackets_without_end_are_told_as_such(tmp_path: Path, line: str) -> None:
    file = tmp_path / "latsar.toml"
    file.write_text(line, encoding="utf-8")

    with pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})

    assert caught.value.details == ("brackets within brackets, more than anything here has",)


def test_a_file_that_breaks_off_is_told_by_its_last_line(tmp_path: Path) -> None:
    file = tmp_path / "latsar.toml"
    file.write_text('timezone = "Asia/Jakarta"\nlanguage', encoding="utf-8")

    with speaking("id"), pytest.raises(ConfigurationError) as caught:
        load_settings(file, {})

    assert caught.value.details == ("baris 2, kolom 1: baris yang bukan kunci = nilai",)
