"""A programme that runs on files needs no MOOC; what only a MOOC gives meaning to is told with the way to its key."""

from pathlib import Path

import pytest

from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import Settings, load_settings

BY_FILES = """
language = "en"
[sites.kelas]
url = "https://lms.example.go.id"
token_env = "A_TOKEN"
[[programmes]]
id = "p"
title = "Latsar"
[programmes.source]
kind = "import"
[programmes.evaluation]
maximum = 1000
[[programmes.angkatan]]
id = "I"
site = "kelas"
course = "KLS"
role_id = 5
"""
BY_MOOC = """
[sites.kelas]
url = "https://lms.example.go.id"
token_env = "A_TOKEN"
[[programmes]]
id = "p"
title = "Latsar"
[programmes.source]
kind = "moodle"
[programmes.evaluation]
item = "E"
maximum = 100
[[programmes.angkatan]]
id = "I"
source_group = "A"
"""


def load(folder: Path, text: str) -> Settings:
    path = folder / "latsar.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, {"A_TOKEN": "x"})


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load(folder, text)
    return [line.split(":")[0].split(" = ")[0] for line in refused.value.details]


def test_site_course_item_and_group_are_not_needed(tmp_path: Path) -> None:
    programme = load(tmp_path, BY_FILES).programmes[0]

    assert programme.by_files
    assert programme.sites == {"kelas"}
    assert programme.evaluation is not None
    assert programme.evaluation.maximum == 1000


def test_a_programme_by_files_that_enrols_nobody_needs_no_site(tmp_path: Path) -> None:
    text = BY_FILES.replace('[sites.kelas]\nurl = "https://lms.example.go.id"\ntoken_env = "A_TOKEN"\n', "")

    settings = load(tmp_path, text.replace('site = "kelas"\ncourse = "KLS"\nrole_id = 5\n', ""))

    assert (dict(settings.sites), settings.programmes[0].sites) == ({}, frozenset())


@pytest.mark.parametrize(
    ("table", "line", "key"),
    [
        ("[programmes.source]", 'site = "kelas"', "programmes[0].source.site"),
        ("[programmes.source]", 'course = "MOOC"', "programmes[0].source.course"),
        ("[programmes.source]", 'participant_key = "username"', "programmes[0].source.participant_key"),
        ("[[programmes]]", 'participant_roles = ["student"]', "programmes[0].participant_roles"),
        ("[programmes.evaluation]", 'item = "E"', "programmes[0].evaluation.item"),
        ("[programmes.evaluation]", "cmid = 7", "programmes[0].evaluation.cmid"),
        ("[programmes.evaluation]", 'basis = "best_attempt"', "programmes[0].evaluation.basis"),
        ("[[programmes.angkatan]]", 'source_group = "Angkatan I"', "programmes[0].angkatan[0].source_group"),
    ],
)
def test_what_only_a_mooc_gives_meaning_to_is_refused_with_its_key(
    tmp_path: Path, table: str, line: str, key: str
) -> None:
    assert problems(tmp_path, BY_FILES.replace(table, f"{table}\n{line}")) == [key]


def test_materials_of_a_file_are_asked_for_or_not_but_not_picked(tmp_path: Path) -> None:
    picked = '[programmes.materials]\nmode = "course"\ninclude = [3]\n[[programmes.angkatan]]'

    assert load(tmp_path, f'{BY_FILES}[programmes.materials]\nmode = "none"\n').programmes[0].materials.mode == "none"
    assert problems(tmp_path, BY_FILES.replace("[[programmes.angkatan]]", picked)) == [
        "programmes[0].materials.include",
        "programmes[0].materials.mode",
    ]


def test_a_mooc_needs_site_and_course_and_tells_its_range_itself(tmp_path: Path) -> None:
    assert problems(tmp_path, BY_MOOC) == [
        "programmes[0].evaluation.maximum",
        "programmes[0].source.course",
        "programmes[0].source.site",
    ]


def test_nobody_on_a_list_is_written_to_through_a_mooc(tmp_path: Path) -> None:
    wanted = (
        "[programmes.messages]\nadmitted = true\nreminders = [7]\nmooc_deadline = 2026-11-30\n[[programmes.angkatan]]"
    )

    assert problems(tmp_path, BY_FILES.replace("[[programmes.angkatan]]", wanted)) == [
        "programmes[0].messages.admitted",
        "programmes[0].messages.reminders",
    ]
