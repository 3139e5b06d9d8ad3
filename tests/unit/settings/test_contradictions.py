"""Keys that need, exclude or repeat each other are refused in the same pass as single wrong values."""

import re
from pathlib import Path

import pytest

from latsar_sync.domain import language
from latsar_sync.domain.errors import ConfigurationError
from latsar_sync.settings import ClearanceSettings, load_settings

SITES = """
[sites.mooc]
url = "https://mooc.example.go.id"
token_env = "A_TOKEN"
[sites.kelas]
url = "https://LMS.example.go.id/"
token_env = "A_TOKEN"
[sites.again]
url = "https://lms.example.go.id"
token_env = "A_TOKEN"
"""
PROGRAMME = """
[[programmes]]
id = "p"
title = "Latsar"
[programmes.source]
kind = "moodle"
site = "mooc"
course = "MOOC"
[programmes.evaluation]
cmid = 7
[programmes.materials]
include = [1, 2]
[[programmes.angkatan]]
id = "I"
source_group = "A1"
site = "kelas"
course = "KLS"
role_id = 5
starts = 2026-12-07
ends = 2026-12-12
"""
SECOND_ANGKATAN = """
[[programmes.angkatan]]
id = "II"
source_group = "A2"
site = "kelas"
course = "KLS"
role_id = 5
"""


def problems(folder: Path, text: str, *changes: tuple[str, str]) -> tuple[str, ...]:
    """Return the mistakes found in a text after the changes; empty if it is fine."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "latsar.toml"
    path.write_text(text, encoding="utf-8")
    try:
        load_settings(path, {"A_TOKEN": "x"})
    except ConfigurationError as error:
        return error.details
    return ()


def test_two_angkatan_of_one_course_with_a_group_each_are_fine(tmp_path: Path) -> None:
    assert problems(tmp_path, SITES + PROGRAMME + SECOND_ANGKATAN) == ()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (
            "ends = 2026-12-12",
            'ends = 2026-12-12\nplace = "Utara"\n[[programmes.places]]\nname = "Timur"',
            'programmes[0].angkatan[0].place: names "Utara", which is not among the places. Add it to places',
        ),
        ("cmid = 7", "", "programmes[0].evaluation: names no evaluation. Give exactly one of item"),
        ("cmid = 7", 'cmid = 7\nitem = "E"', "programmes[0].evaluation: names both item and cmid. Give"),
        (
            "[programmes.evaluation]\ncmid = 7\n",
            "",
            "programmes[0].evaluation: is missing. Add [programmes.ev",
        ),
        ("starts = 2026-12-07", "starts = 2026-12-13", "starts = 2026-12-13: is after ends = 2026-12-12."),
        ("role_id = 5", "role_id = 5\nadmit_until = 2026-12-13", "admit_until = 2026-12-13: is after ends"),
        ('title = "Latsar"', 'title = "L"\neffect = "prioritise"', 'fill_from: is missing, effect = "prior'),
        (
            'title = "Latsar"',
            'title = "L"\nfill_from = 2026-12-01',
            'fill_from = 2026-12-01: has no meaning with effect = "block". Remove it, or set effect = "prioritise".',
        ),
        (
            'title = "Latsar"',
            'title = "L"\nplacement = "list"',
            'placement_file: is missing, placement = "list"',
        ),
        (
            'title = "Latsar"',
            'title = "L"\nplacement_file = "latsar.toml"',
            'placement_file = "latsar.toml": has no meaning with placement = "group".',
        ),
        ('source_group = "A1"\n', "", 'angkatan[0].source_group: is missing, placement = "group" needs it.'),
        ("role_id = 5\n", "", "angkatan[0].role_id: is missing, course needs it. Add the number"),
        ('course = "KLS"\n', "", "angkatan[0].course: is missing, site needs it. Add course, or remove site"),
        ('site = "kelas"\n', "", "angkatan[0].site: is missing, course needs it."),
        (
            'site = "kelas"',
            'site = "klas"',
            'angkatan[0].site = "klas": is not the name of a [sites] table. Did you mean "kelas"?',
        ),
        (
            "include = [1, 2]",
            "include = [1, 2]\nexclude = [2, 3]",
            "exclude: names 2, which include names too.",
        ),
        (
            "cmid = 7",
            'cmid = 7\nthreshold = {value = 100.5, scale = "percent", legal_basis = "SK"}',
            "threshold.value = 100.5: is more than 100 percent.",
        ),
    ],
)
def test_keys_that_do_not_fit_together_are_told_once(tmp_path: Path, old: str, new: str, line: str) -> None:
    found = problems(tmp_path, SITES + PROGRAMME, (old, new))

    assert len(found) == 1
    assert line in found[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[programmes.evaluation]\ncmid = 7\n", ""),
        ("ends = 2026-12-12", "ends = 2026-12-07\nadmit_until = 2026-12-07"),
        ("cmid = 7", 'cmid = 7\nthreshold = {value = 100, scale = "percent", legal_basis = "SK"}'),
        ("cmid = 7", 'cmid = 7\nthreshold = {value = 150, scale = "points", legal_basis = "SK"}'),
        ('title = "Latsar"', 'title = "L"\neffect = "prioritise"\nfill_from = 2026-12-01'),
        ('source_group = "A1"\n', ""),
    ],
)
def test_what_only_just_fits_together_is_taken(tmp_path: Path, old: str, new: str) -> None:
    loose = ('title = "L', 'method = "classical"\nplacement = "first_qualified"\ntitle = "L')

    assert problems(tmp_path, SITES + PROGRAMME, (old, new), loose) == ()


def test_a_placement_file_that_is_not_there_yet_is_no_mistake_of_the_configuration(tmp_path: Path) -> None:
    change = ('title = "Latsar"', 'title = "L"\nplacement = "list"\nplacement_file = "list.csv"')

    assert problems(tmp_path, SITES + PROGRAMME, change, ('source_group = "A1"\n', "")) == ()


def test_an_id_used_twice_names_its_first_user(tmp_path: Path) -> None:
    again = PROGRAMME.replace("KLS", "KLS-2") + SECOND_ANGKATAN.replace('"II"', '"I"')

    found = problems(tmp_path, SITES + PROGRAMME + again)

    used = [line for line in found if "is used by" in line]
    assert used[0].startswith('programmes[1].angkatan[1].id = "I": is used by programmes[1].angkatan[0] already.')
    assert used[1].startswith('programmes[1].id = "p": is used by programmes[0] already.')


def test_a_source_group_used_twice_is_told(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        SITES + PROGRAMME + SECOND_ANGKATAN,
        ('"A2"', '"A1"'),
        ('"KLS"\nrole_id = 5\nst', '"OTHER"\nrole_id = 5\nst'),
    )

    assert len(found) == 1
    assert 'angkatan[1].source_group = "A1": is used by programmes[0].angkatan[0] already.' in found[0]


@pytest.mark.parametrize("site", ["kelas", "again"])
def test_one_group_of_one_course_has_one_writer_across_programmes_and_site_names(tmp_path: Path, site: str) -> None:
    other = PROGRAMME.replace('"p"', '"q"').replace('site = "kelas"', f'site = "{site}"')

    (problem,) = problems(tmp_path, SITES + PROGRAMME + other)

    expected = 'programmes[1].angkatan[0].group: "A1" of the course "KLS" is filled by programmes[0].angkatan[0]'
    assert problem.startswith(expected)


def test_a_programme_names_the_moodle_of_its_courses_by_one_name(tmp_path: Path) -> None:
    two = SECOND_ANGKATAN.replace('site = "kelas"', 'site = "again"')
    theirs = PROGRAMME.replace('"p"', '"q"').replace('site = "kelas"', 'site = "again"').replace('"KLS"', '"OTHER"')

    (problem,) = problems(tmp_path, SITES + PROGRAMME + two + theirs)

    assert 'programmes[0].angkatan[1].site = "again": has the same address as kelas' in problem
    assert 'Write site = "kelas" in every angkatan of this programme.' in problem


@pytest.mark.parametrize("idnumber", ["latsar:p:I", "latsar:p:II"])
def test_one_group_idnumber_of_one_course_has_one_writer(tmp_path: Path, idnumber: str) -> None:
    explicit = ("role_id = 5\nstarts", f'role_id = 5\ngroup_idnumber = "{idnumber}"\nstarts')
    found = problems(
        tmp_path,
        SITES + PROGRAMME + SECOND_ANGKATAN,
        explicit,
        ('id = "II"', f'id = "II"\ngroup_idnumber = "{idnumber}"'),
    )

    assert len(found) == 1
    assert f'angkatan[1].group_idnumber: "{idnumber}" of the course' in found[0]


def test_a_default_idnumber_that_another_angkatan_took_is_told(tmp_path: Path) -> None:
    taken = ("role_id = 5\nstarts", 'role_id = 5\ngroup_idnumber = "latsar:p:II"\nstarts')

    (problem,) = problems(tmp_path, SITES + PROGRAMME + SECOND_ANGKATAN, taken)

    assert 'angkatan[1].group_idnumber: "latsar:p:II" of the course "KLS" is filled by' in problem


def test_a_site_is_asked_for_where_there_is_none(tmp_path: Path) -> None:
    found = problems(tmp_path, PROGRAMME)

    assert found[0].startswith(
        'programmes[0].angkatan[0].site = "kelas": is not the name of a [sites] table. Add a [sites'
    )
    assert not [line for line in found if line.startswith("sites:")]


def test_a_wrong_value_does_not_bring_a_contradiction_with_it(tmp_path: Path) -> None:
    wrong = ('title = "Latsar"', 'title = "L"\nplacement = "lst"\neffect = 3\nfill_from = 2026-12-01')

    found = problems(tmp_path, SITES + PROGRAMME, wrong, ("ends = 2026-12-12", 'ends = "x"'))

    assert [line.split(" = ")[0] for line in found] == [
        "programmes[0].angkatan[0].ends",
        "programmes[0].effect",
        "programmes[0].placement",
    ]


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        ("ledger = 24", "retention.legal_basis: is missing"),
        ("access_log = 24", "retention.legal_basis: is missing"),
        ('identities = 25\nledger = 24\nlegal_basis = "JRA"', "retention.identities = 25: is longer than ledger = 24"),
    ],
)
def test_a_period_needs_a_legal_basis_and_names_go_no_later_than_the_whole(
    tmp_path: Path, retention: str, expected: str
) -> None:
    with language.speaking("en"):
        [problem] = problems(tmp_path, f"{SITES}{PROGRAMME}[retention]\n{retention}\n")

    assert problem.startswith(expected)


@pytest.mark.parametrize("retention", ["", 'legal_basis = "JRA"', 'identities = 24\nledger = 24\nlegal_basis = "JRA"'])
def test_periods_with_their_legal_basis_are_fine(tmp_path: Path, retention: str) -> None:
    assert problems(tmp_path, f"{SITES}{PROGRAMME}[retention]\n{retention}\n") == ()


CLEARANCES = "[programmes.clearances]\n"


@pytest.mark.parametrize(
    ("programme", "clearances", "key", "reason"),
    [
        ("", 'effect = "warn"', "effect", "has no meaning while no clearance is required"),
        ("", 'preset = "covid"\neffect = "prioritise"', "fill_from", 'clearances.effect = "prioritise" needs it'),
        ("fill_from = 2026-12-01\n", 'preset = "covid"', "fill_from", 'has no meaning with effect = "block"'),
    ],
)
def test_what_happens_without_a_clearance_must_fit_the_rest(
    tmp_path: Path, programme: str, clearances: str, key: str, reason: str
) -> None:
    text = PROGRAMME.replace('title = "Latsar"\n', f'title = "Latsar"\n{programme}')
    [found] = problems(tmp_path, SITES + text + CLEARANCES + clearances)

    assert key in found
    assert reason in found


@pytest.mark.parametrize(
    ("programme", "clearances"),
    [
        ("", 'preset = "covid"'),
        ("", 'preset = "covid"\neffect = "warn"'),
        ("", 'angkatan = ["rekomendasi_satgas"]\neffect = "block"'),
        ("fill_from = 2026-12-01\n", 'participant = ["antigen/pcr"]\neffect = "prioritise"'),
        ('effect = "prioritise"\nfill_from = 2026-12-01\n', 'participant = ["skp"]\neffect = "block"'),
    ],
)
def test_clearances_may_have_an_effect_of_their_own(tmp_path: Path, programme: str, clearances: str) -> None:
    text = PROGRAMME.replace('title = "Latsar"\n', f'title = "Latsar"\n{programme}')

    assert problems(tmp_path, SITES + text + CLEARANCES + clearances) == ()


@pytest.mark.parametrize("kind", ["Surat Sehat", "", "antigen/", "a;b"])
def test_a_kind_of_clearance_is_a_plain_code(tmp_path: Path, kind: str) -> None:
    found = problems(tmp_path, SITES + PROGRAMME + CLEARANCES + f'participant = ["{kind}"]')

    assert "is not a kind of clearance" in found[0]


def test_the_covid_set_is_a_preset_beside_what_else_is_required(tmp_path: Path) -> None:
    path = tmp_path / "latsar.toml"
    wanted = 'preset = "covid"\nparticipant = ["surat_tugas", "surat_sehat"]'
    path.write_text(SITES + PROGRAMME + CLEARANCES + wanted, encoding="utf-8")

    [programme] = load_settings(path, {"A_TOKEN": "x"}).programmes

    assert programme.clearances.of_participant == ("surat_sehat", "antigen/pcr", "surat_tugas")
    assert programme.clearances.of_angkatan == ("rekomendasi_satgas",)
    assert ClearanceSettings().of_participant == ClearanceSettings().of_angkatan == ()


INTAKE = """
[programmes.intake]
folder = "masuk"
[programmes.intake.mailbox]
host = "imap.example.go.id"
user = "latsar"
password_env = "A_TOKEN"
senders = ["diklat@bkd.example.go.id", "@pusdiklat.example.go.id"]
"""
OTHER_PROGRAMME = PROGRAMME.replace('id = "p"', 'id = "q"').replace('course = "KLS"', 'course = "KLS-Q"')


@pytest.mark.parametrize(
    ("folder", "mailbox", "senders", "expected"),
    [
        ("lain", "INBOX", '["siti@bkn.example.go.id"]', ()),
        ("./masuk/", "INBOX", '["siti@bkn.example.go.id"]', ("folder",)),
        ("lain", "Latsar", '["diklat@bkd.example.go.id"]', ()),
        ("lain", "INBOX", '["Diklat@BKD.example.go.id"]', ("senders",)),
        ("lain", "INBOX", '["@bkd.example.go.id"]', ("senders",)),
        ("lain", "INBOX", '["budi@pusdiklat.example.go.id"]', ("senders",)),
    ],
)
def test_no_programme_takes_the_files_of_another(
    tmp_path: Path, folder: str, mailbox: str, senders: str, expected: tuple[str, ...]
) -> None:
    """A file that lies there, or an unread mail, is taken by whichever programme looks first."""
    others = INTAKE.replace('"masuk"', f'"{folder}"').replace(
        'user = "latsar"', f'user = "latsar"\nfolder = "{mailbox}"'
    )
    others = "\n".join(f"senders = {senders}" if line.startswith("senders") else line for line in others.splitlines())

    found = problems(tmp_path, f"{SITES}{PROGRAMME}{INTAKE}{OTHER_PROGRAMME}{others}\n")

    assert tuple(re.split("[ :]", line)[0].rpartition(".")[2] for line in found) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ()),
        ('user = "u"\npassword_env = "A_TOKEN"', ()),
        ('password_env = "A_TOKEN"', ("mail.user: is missing, password_env needs it",)),
        ('port = 465\nsecurity = "tls"', ()),
        ("port = 465", ('mail.security: is "starttls", and port 465 speaks TLS from the first byte',)),
    ],
)
def test_a_mail_server_is_entered_as_its_table_says(tmp_path: Path, more: str, expected: tuple[str, ...]) -> None:
    """A password without an account is given to nobody, and on port 465 a mail would wait for words that never come."""
    mail = f'[mail]\nhost = "mail.example.go.id"\nsender = "diklat@example.go.id"\n{more}\n'

    with language.speaking("en"):
        found = problems(tmp_path, f"{SITES}{PROGRAMME}{mail}")

    assert tuple(line.partition(". ")[0] for line in found) == expected


@pytest.mark.parametrize(
    ("fill_from", "dates", "expected"),
    [
        ("2026-12-07", "", ()),
        ("2026-12-08", "", ("programmes[0].fill_from = 2026-12-08: is after 2026-12-07",)),
        ("2026-12-08", "admit_until = 2026-12-09", ()),
        ("2026-12-10", "admit_until = 2026-12-09", ("programmes[0].fill_from = 2026-12-10: is after 2026-12-09",)),
    ],
)
def test_what_is_left_is_filled_while_anybody_is_admitted(
    tmp_path: Path, fill_from: str, dates: str, expected: tuple[str, ...]
) -> None:
    """Else nobody ever is, and nothing says so."""
    effect = ('title = "Latsar"', f'title = "L"\neffect = "prioritise"\nfill_from = {fill_from}')
    last_day = ("starts = 2026-12-07", f"starts = 2026-12-07\n{dates}")

    with language.speaking("en"):
        closed = problems(tmp_path, SITES + PROGRAMME, effect, last_day)
        open_without_end = problems(tmp_path, SITES + PROGRAMME + SECOND_ANGKATAN, effect, last_day)

    assert tuple(line.partition(",")[0] for line in closed) == expected
    assert open_without_end == ()
