"""Numbers, names and days are one whatever people, spreadsheets and messengers make of them (rule 19)."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from latsar_sync.domain.nip import number_form, rare_spellings, spellings_in_a_username, usual_spellings
from latsar_sync.domain.spelling import (
    CLOSE,
    decree_number,
    may_be_one_person,
    name_form,
    names_differ,
    plain,
    search_form,
    seen,
    without_titles,
    without_weekday,
)
from latsar_sync.moodle.fields import clean

NIP = "199508172025042003"
MARKS = st.sampled_from(
    "\u200b\ufeff\u00ad\u202c\u2060\u00a0\t\u200f\u2068 .-_\u2013'\u2019\u02bc\u00b4`\ufe0f\u00b7\x00\r\n"
)


@given(st.lists(st.lists(MARKS, max_size=3), min_size=19, max_size=19))
def test_nothing_that_stands_between_digits_makes_another_number(gaps: list[list[str]]) -> None:
    written = "".join("".join(gap) + digit for gap, digit in zip(gaps, [*NIP, ""], strict=True))

    assert number_form(written) == NIP


@given(st.text(), st.text())
@example("D\u2019Arc", "\u0308Dinas \u00a8")
def test_words_are_found_likewise_whether_two_texts_are_told_together_or_each_by_itself(one: str, other: str) -> None:
    assert search_form(f"{one} {other}") == f"{search_form(one)} {search_form(other)}".strip()


def test_what_no_xml_may_hold_is_left_out_of_every_cell_and_of_what_moodle_answers() -> None:
    """Once a letter in DOCX to a whole institution broke off over one name."""
    assert plain("Siti\uffff Aminah\ufffe") == seen("Siti\uffff Aminah\ufffe") == "Siti Aminah"
    assert clean("Siti\uffff Aminah\ufffe") == "Siti Aminah"


def test_titles_before_a_name_and_after_a_comma_are_not_part_of_it() -> None:
    told = ["dr. Hj. Nyé Ani, S.Ked., M.Kes.", "Ir. Budi", "Dr", "Budi Santoso", ""]

    assert [without_titles(each) for each in told] == ["Nyé Ani", "Budi", "Dr", "Budi Santoso", ""]


def test_full_width_digits_and_capitals_make_no_other_account() -> None:
    assert number_form("\uff11\uff19\uff19\uff15") == "1995"
    assert number_form("Budi.Santoso") == number_form("budisantoso")
    assert number_form("budi") != number_form("budi2")


@given(st.text(st.characters(max_codepoint=0x17F) | MARKS))
@example("\u0149")
@example("A\u00af")
def test_every_form_is_stable(text: str) -> None:
    for form in (seen, plain, number_form, name_form):
        assert form(form(text)) == form(text)


def test_every_spelling_that_a_site_is_asked_for_is_the_same_number() -> None:
    asked = [*usual_spellings(NIP), *rare_spellings(NIP), *spellings_in_a_username(NIP)]

    assert {number_form(spelling) for spelling in asked} == {NIP}
    assert usual_spellings(NIP)[:2] == (NIP, "19950817 202504 2 003")
    assert len(set(asked)) >= 15


def test_a_username_is_asked_for_only_as_moodle_lets_it_be() -> None:
    assert all(set(spelling) <= set("0123456789.-_") for spelling in spellings_in_a_username(NIP))


def test_what_is_shown_keeps_its_letters_and_loses_what_nobody_sees() -> None:
    assert seen(" Nur\u2019aini\u200b \u00a0 Putri\ufeff ") == "Nur\u2019aini Putri"
    assert plain("\ufb01na \uff21") == "fina A"
    assert unicodedata.is_normalized("NFKC", plain("Sa\u00b4adah"))


@pytest.mark.parametrize(
    "other", ["NURAINI", "Nur\u2019aini", "Nur\u02bcaini", "Nur`aini", "Nur\u00b4aini", "nur aini", "N\u00fbr'aini"]
)
def test_an_apostrophe_an_accent_or_a_capital_makes_nobody_else(other: str) -> None:
    assert name_form("Nur'aini") == name_form(other)
    assert may_be_one_person("Nur'aini, S.Pd.", other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Jumaidi Zul-Fikar", "JUMAIDI ZULFIKAR"),
        ("Abdul Rahman", "ABDURRAHMAN"),
        ("Abd. Rahman", "ABDURRAHMAN"),
        ("Muhammad Rizki", "Mohamad Rizky"),
        ("Soekarno", "Sukarno"),
        ("Jusuf", "Yusuf"),
        ("Drs. Achmad", "Ahmad, S.E."),
        ("Al Amin", "Al-Amin"),
        ("Siti-Aminah", "Siti Aminah"),
        ("Drs. M. Rizky Pratama, S.E.", "rizky"),
        ("dr. Ni Ketut", "Ketut Sari"),
        ("A. B.", "Budi"),
        ("", "Budi"),
        ("Li Na", "Budi Li"),
        ("Budi", "Li Na"),
    ],
)
def test_two_spellings_of_one_name_do_not_contradict(one: str, other: str) -> None:
    assert may_be_one_person(one, other)
    assert may_be_one_person(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Siti", "Budi"), ("Dewi Lestari", "Ahmad Yani"), ("Drs. Budi", "Drs. Ahmad"), ("Rahmat", "Rohmah")],
)
def test_two_people_s_names_contradict(one: str, other: str) -> None:
    assert not may_be_one_person(one, other)


def test_names_are_close_from_the_share_on_that_is_written_down() -> None:
    # 17 of 20 letters agree, then 16 of 20
    assert CLOSE == 0.85
    assert may_be_one_person("abcdefghijklmnopqrst", "abcdefghijklmnopqxyz")
    assert not may_be_one_person("abcdefghijklmnopqrst", "abcdefghijklmnopvxyz")


@pytest.mark.parametrize(
    "written",
    [
        "Jum'at, 12 April 2026",
        "Jum\u2019at 12 April 2026",
        "JUMAT, 12 April 2026",
        "Bandung, 12 April 2026",
        "Friday 12 April 2026",
        "12 April 2026",
    ],
)
def test_the_day_of_the_week_before_a_date_says_nothing(written: str) -> None:
    assert without_weekday(written) == "12 April 2026"


def test_a_month_before_a_day_is_no_day_of_the_week() -> None:
    assert without_weekday("April 12 2026") == "April 12 2026"


@pytest.mark.parametrize(
    ("one", "other", "may"),
    [
        ("Ani Lestari", "Ani Wijaya", True),
        ("Budi Santoso", "Ani", False),
        ("Ani", "Budi Santoso", False),
        ("Budi Santoso", "Al In", True),
        ("Siti, Santoso", "Budi Santoso", False),
        ("Siti, Santoso, MM", "Budi Santoso", False),
    ],
)
def test_a_word_of_three_letters_tells_and_nothing_after_a_comma_does(one: str, other: str, may: bool) -> None:
    assert may_be_one_person(one, other) is may


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("Muhammad Rizki", "Muhammad Fajar, S.Kom.", True),
        ("Ni Made Ayu", "Ni Wayan Ayu", True),
        ("Zulkarnain", "Siti Rahmawati", True),
        ("Siti Rahmawati", "dr. Siti Rahmawati Putri", False),
        ("M. Rizki", "Muhammad Rizki", False),
        ("ABDURRAHMAN", "Abdul Rahman", False),
        ("ABDURRAHMAN", "Abd. Rahman", False),
        ("Sa'adah", "SA ADAH", False),
        ("Rizky Tjahjono", "Rizki Cahyono", False),
        ("Nurul Hidayah", "Nurul Hidayat", False),
        ("", "Siti Rahmawati", False),
    ],
)
def test_names_differ_where_each_has_a_word_that_the_other_lacks(one: str, other: str, differ: bool) -> None:
    assert names_differ(one, other) is differ
    assert names_differ(other, one) is differ


def test_the_mark_of_a_footnote_is_no_digit_of_the_number_before_it() -> None:
    assert plain("69,9²") == "69,9²"
    assert number_form("19950817202504200³") == "19950817202504200³"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("800/117/BKD/2026", "800/117/BKD/2026"),
        ("SK 800/117/BKD/2026", "800/117/BKD/2026"),
        ("sk Nomor: 893.3/17/2026", "893.3/17/2026"),
        ("S.K. no. 12", "12"),
        ("SK-12/2026", "SK-12/2026"),
        ("Keputusan Kepala BKD Nomor 5", "Keputusan Kepala BKD Nomor 5"),
        ("SK", "SK"),
    ],
)
def test_the_number_of_a_decree_is_told_without_the_word_that_stands_before_it_anyway(typed: str, told: str) -> None:
    assert decree_number(typed) == told
