"""The configuration is read whole, and every mistake is told at once with its place, reason and remedy."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from latsar_sync.domain.errors import ConfigurationError, UsageError
from latsar_sync.settings import Settings, load_settings

GOOD = """
language = "en"
[sites.mooc]
url = "https://mooc.example.go.id/"
token_env = "MOOC_TOKEN"
[[programmes]]
id = "latsar-2026"
title = "Latsar 2026"
schedule = "*/15 6-21 * * *"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[programmes.evaluation]
item = "EVAL"
threshold = { value = 69.995, scale = "points", legal_basis = "SK 1/2026" }
[programmes.guards]
max_drop_share = 0.25
[[programmes.angkatan]]
id = "I"
source_group = "Angkatan I"
site = "mooc"
course = "KLS"
role_id = 5
capacity = 40
starts = 2026-12-07
ends = 2026-12-12
"""
ENVIRON = {"MOOC_TOKEN": "0123456789abcdef"}


def load(folder: Path, *changes: tuple[str, str]) -> Settings:
    text = GOOD
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "latsar.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path, ENVIRON)


def problems(folder: Path, *changes: tuple[str, str]) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        load(folder, *changes)
    return caught.value.details


def test_a_good_file_becomes_settings_with_exact_numbers(tmp_path: Path) -> None:
    settings = load(tmp_path)

    programme = settings.programme("latsar-2026")
    assert programme.evaluation is not None
    assert programme.evaluation.threshold is not None
    assert programme.evaluation.threshold.value == Decimal("69.995")
    assert programme.guards.max_drop_share == 0.25
    assert programme.angkatan[0].starts == date(2026, 12, 7)
    assert settings.sites["mooc"].url == "https://mooc.example.go.id"
    assert settings.sites["mooc"].token.get_secret_value() == ENVIRON["MOOC_TOKEN"]


def test_a_whole_number_is_a_threshold_too(tmp_path: Path) -> None:
    settings = load(tmp_path, ("value = 69.995", "value = 70"))

    assert settings.model_dump()["programmes"][0]["evaluation"]["threshold"]["value"] == Decimal(70)


def test_a_programme_keeps_its_own_time_zone_or_takes_the_common_one(tmp_path: Path) -> None:
    common = load(tmp_path)
    own = load(tmp_path, ('title = "Latsar 2026"', 'title = "L"\ntimezone = "Asia/Makassar"'))

    assert common.zone_of(common.programmes[0]) == common.zone == ZoneInfo("Asia/Jakarta")
    assert own.zone_of(own.programmes[0]) == ZoneInfo("Asia/Makassar")


def test_an_unknown_programme_is_answered_with_the_known_ids(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path).programme("latsar-2025")

    expected = 'No programme has the id "latsar-2025". Did you mean "latsar-2026"? Known: latsar-2026.'
    assert str(caught.value) == expected


def test_an_angkatan_knows_its_group_and_its_last_day_of_admission(tmp_path: Path) -> None:
    plain = load(tmp_path).programmes[0].angkatan[0]
    own_lines = 'ends = 2026-12-12\nadmit_until = 2026-12-08\ngroup = "Kelas A"\ngroup_idnumber = "a-1"'
    own = load(tmp_path, ("ends = 2026-12-12", own_lines)).programmes[0].angkatan[0]
    groupless = ('source_group = "Angkatan I"\n', "")
    by_order = ("schedule", 'placement = "first_qualified"\nschedule')
    numbered = load(tmp_path, groupless, by_order, ('id = "I"', 'id = "12"')).programmes[0].angkatan[0]

    assert (plain.group_name, plain.group_key("p")) == ("Angkatan I", "latsar:p:I")
    assert plain.admit_until_or_starts == date(2026, 12, 7)
    assert (own.group_name, own.group_key("p")) == ("Kelas A", "a-1")
    assert own.admit_until_or_starts == date(2026, 12, 8)
    assert numbered.group_name == "Angkatan 12"


def test_an_angkatan_without_an_in_class_phase_is_legal(tmp_path: Path) -> None:
    settings = load(
        tmp_path,
        (
            'source_group = "Angkatan I"\nsite = "mooc"\ncourse = "KLS"\nrole_id = 5\n',
            'source_group = "Angkatan I"\n',
        ),
    )

    assert not settings.programmes[0].angkatan[0].has_course


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    path = tmp_path / "latsar.toml"
    path.write_text(GOOD, encoding="utf-8-sig")

    assert load_settings(path, ENVIRON).language == "en"


def test_a_syntax_error_names_line_and_column(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ('kind = "moodle"', "kind = moodle"))

    assert re.match(r"line 11, column 8: ", problem)


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.toml cannot be read.*latsar-sync init"):
        load_settings(tmp_path / "nowhere.toml", ENVIRON)


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "latsar.toml"
    path.write_bytes("# é".encode("latin-1"))

    with pytest.raises(ConfigurationError, match="UTF-8"):
        load_settings(path, ENVIRON)


def test_an_empty_file_names_what_is_missing(tmp_path: Path) -> None:
    assert [line.split(":")[0] for line in problems(tmp_path, (GOOD, ""))] == ["programmes"]


def test_all_mistakes_are_told_at_once_in_the_order_of_their_places(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        ("capacity = 40", "capacity = 0"),
        ('site = "mooc"\ncourse = "MOOC"', 'site = "moc"\ncourse = "MOOC"'),
        ("ends = 2026-12-12", "ends = 2026-12-01"),
        ('title = "Latsar 2026"\n', ""),
        ('language = "en"', 'language = "jv"'),
    )

    assert found == (
        'language = "jv": is not one of the choices. Known: en, id.',
        "programmes[0].angkatan[0].capacity = 0: must be at least 1. Correct the number.",
        "programmes[0].angkatan[0].starts = 2026-12-07: is after ends = 2026-12-01. Correct one of the two dates.",
        'programmes[0].source.site = "moc": is not the name of a [sites] table. Did you mean "mooc"? Known: mooc.',
        "programmes[0].title: is missing. Add it; config/latsar.example.toml shows how.",
    )


def test_the_message_counts_the_mistakes(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"latsar\.toml has 1 mistake\. Correct"):
        load(tmp_path, ("capacity = 40", "capacity = 0"))


def test_a_misspelt_key_is_answered_with_the_one_meant(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("capacity = 40", "capcity = 40"))

    meant = 'programmes[0].angkatan[0].capcity: is not a known key. Did you mean "capacity"?'
    assert problem.startswith(meant)


def test_a_key_that_slipped_below_a_table_is_told_where_it_belongs(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, ("token_env", 'timezone = "Asia/Jakarta"\ntoken_env'))

    assert problem.startswith("sites.mooc.timezone: is not a known key.")
    assert "At the top of the file" in problem


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("capacity = 40", "capacity = true", "angkatan[0].capacity = true: must be a whole number."),
        ("capacity = 40", "capacity = 40.0", "angkatan[0].capacity = 40.0: must be a whole number."),
        ("capacity = 40", 'capacity = "40"', 'angkatan[0].capacity = "40": must be a whole number.'),
        ("starts = 2026-12-07", 'starts = "2026-12-07"', 'starts = "2026-12-07": must be a date.'),
        ("starts = 2026-12-07", "starts = 2026-12-07T00:00:00", "must be a date."),
        ("value = 69.995", "value = true", "evaluation.threshold.value = true: must be a number."),
        ("value = 69.995", 'value = "70"', 'evaluation.threshold.value = "70": must be a number.'),
        ("value = 69.995", "value = nan", "evaluation.threshold.value = NaN: must be a finite number."),
        ("value = 69.995", "value = 1e9999999999999999999", "must be a finite number."),
        ("value = 69.995", "value = 0", "evaluation.threshold.value = 0: must be more than 0."),
        ("value = 69.995", "value = 69.999999", "has more than 5 decimal places"),
        ("max_drop_share = 0.25", "max_drop_share = true", "guards.max_drop_share = true: must be a number."),
        (
            "max_drop_share = 0.25",
            "max_drop_share = inf",
            "guards.max_drop_share = inf: must be a finite number.",
        ),
        ("max_drop_share = 0.25", "max_drop_share = 25", "guards.max_drop_share = 25: must be at most 1."),
        ("max_drop_share = 0.25", "max_push = -1", "guards.max_push = -1: must be at least 0."),
        ("token_env", "max_parallel = 9\ntoken_env", "sites.mooc.max_parallel = 9: must be at most 8."),
        ("token_env", "read_timeout = 0\ntoken_env", "sites.mooc.read_timeout = 0: must be more than 0."),
        ('id = "I"', 'id = "Angkatan I"', 'angkatan[0].id = "Angkatan I": is not a usable id. Use letters'),
        ('id = "latsar-2026"', 'id = "Latsar_2026"', 'id = "Latsar_2026": is not a usable id. Use small'),
        ('id = "latsar-2026"', f'id = "{"a" * 41}"', "must have at most 40 characters"),
        ('legal_basis = "SK 1/2026"', 'legal_basis = "  "', 'legal_basis = "  ": must not be empty.'),
        ("schedule", "participant_roles = []\nschedule", "participant_roles: must have at least 1 entry."),
        ("schedule", "participant_roles = [5]\nschedule", "participant_roles[0] = 5: must be a text."),
        (
            'kind = "moodle"',
            'kind = "lti"',
            'source.kind = "lti": is not one of the choices. Known: import, moodle.',
        ),
        (
            "[programmes.guards]",
            "[programmes.materials]\nmode = 3\n[programmes.guards]",
            "materials.mode = 3: is",
        ),
        ("[programmes.guards]", "[[programmes.guards]]", "programmes[0].guards: must be a table."),
        ("[[programmes.angkatan]]", "[programmes.angkatan]", "programmes[0].angkatan: must be a list."),
        ('title = "Latsar 2026"', f'title = "Latsar"\npush = "{"x" * 80}"', f'push = "{"x" * 59}…": is not one of'),
        (
            'title = "Latsar 2026"',
            'title = "Latsar"\ntoken = "x"',
            "programmes[0].token: is not a known key. A token never",
        ),
        ("[sites.mooc]", "[sites.'A b']", 'sites."A b": is not a usable site name.'),
    ],
)
def test_a_value_that_does_not_fit_is_refused_not_bent(tmp_path: Path, old: str, new: str, line: str) -> None:
    found = problems(tmp_path, (old, new))

    assert any(line in problem for problem in found), found


@pytest.mark.parametrize("number", ["37", "3.5", "true"])
def test_values_in_the_place_of_tables_are_told_so(tmp_path: Path, number: str) -> None:
    assert problems(tmp_path, (GOOD, f"sites = {number}\nprogrammes = {number}\n")) == (
        f"programmes = {number}: must be a list. config/latsar.example.toml shows how.",
        f"sites = {number}: must be a table. config/latsar.example.toml shows how.",
    )


def test_values_in_the_place_of_inner_tables_are_told_so(tmp_path: Path) -> None:
    inner = "sites = { mooc = 3 }\nprogrammes = [4, { source = 5, evaluation = 6, angkatan = [7] }]\n"

    wrong = [line.split(":")[0] for line in problems(tmp_path, (GOOD, inner)) if "must be a table" in line]

    assert wrong == [
        "programmes[0] = 4",
        "programmes[1].angkatan[0] = 7",
        "programmes[1].evaluation = 6",
        "programmes[1].source = 5",
        "sites.mooc = 3",
    ]
