"""Numerals of angkatan, read exactly or not at all, and what they pair."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.setup.pairing import angkatan_ids, natural_order, numeral_of, pair, pair_group

ROMAN_TENS = ["", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX", "XC"]
ROMAN_ONES = ["", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"]


def roman(number: int) -> str:
    return "C" * (number // 100) + ROMAN_TENS[number // 10 % 10] + ROMAN_ONES[number % 10]


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Angkatan I", 1),
        ("Angkatan 1", 1),
        ("Angkatan 01", 1),
        ("ANGKATAN XII", 12),
        ("angkatan iv", 4),
        ("Angkatan IV Tahun 2026", 4),
        ("Latsar CPNS Golongan III Angkatan IV", 4),
        ("Angkatan II Golongan III", 2),
        ("KLS-II", 2),
        ("kls_07", 7),
        ("Kelompok 40", 40),
        ("Klasikal Angkatan CXX", 120),
        ("XIV", 14),
        ("Latsar III Angkatan IV", 4),
    ],
)
def test_the_number_of_an_angkatan_is_read_in_roman_and_in_digits(name: str, number: int) -> None:
    found = numeral_of(name)

    assert found is not None
    assert found[0] == number


@pytest.mark.parametrize(
    "name",
    [
        "Angkatan",
        "Peserta mandiri",
        "Angkatan IIII",
        "Angkatan IC",
        "Angkatan VX",
        "Angkatan I-A",
        "Angkatan IA",
        "Angkatan 2026",
        "Kelas C",
        "Kelas D",
        "DI",
        "Latsar Golongan III",
        "Latsar III 4",
        "Angkatan I dan Angkatan II",
        "Modul 7",
        "Angkatan 0",
        "i",
        "iv angkatan",
    ],
)
def test_what_is_not_certain_is_no_number(name: str) -> None:
    assert numeral_of(name) is None


@given(st.integers(1, 399).filter(lambda number: number not in (50, 100)))
def test_every_roman_numeral_is_read_back_as_its_number(number: int) -> None:
    assert numeral_of(f"Angkatan {roman(number)}") == (number, roman(number))


def test_groups_and_courses_meet_by_their_number_whatever_its_script() -> None:
    courses = {"KLS-1": "Klasikal Angkatan I", "KLS-2": "Klasikal Angkatan II", "UMUM": "Pengumuman"}

    assert pair(["Angkatan I", "Angkatan II"], courses) == {"Angkatan I": "KLS-1", "Angkatan II": "KLS-2"}


def test_ten_is_never_taken_for_one() -> None:
    assert pair(["Angkatan 1"], {"KLS-10": "Klasikal 10", "KLS-11": "Klasikal 11"}) == {"Angkatan 1": None}


def test_a_number_that_two_carry_pairs_nobody() -> None:
    courses = {"KLS-I": "Klasikal", "KLS-I-LAMA": "Klasikal lama"}

    assert pair(["Angkatan I"], courses) == {"Angkatan I": None}
    assert pair(["Angkatan I", "Angkatan 1"], {"KLS-I": "Klasikal"}) == {"Angkatan I": None, "Angkatan 1": None}


def test_names_of_a_course_that_contradict_each_other_pair_nobody() -> None:
    assert pair(["Angkatan I"], {"KLS-I": "Klasikal Angkatan II"}) == {"Angkatan I": None}


def test_a_group_of_the_course_is_found_by_name_before_its_number() -> None:
    assert pair_group("Angkatan I", ["Angkatan 1", "Angkatan I"]) == "Angkatan I"
    assert pair_group("Angkatan I", ["Kelas 1", "Kelas 2"]) == "Kelas 1"
    assert pair_group("Angkatan I", ["Kelas 1", "Kelompok 1"]) is None
    assert pair_group("Peserta", ["Kelas 1"]) is None


def test_every_group_gets_an_id_of_its_own_that_a_configuration_takes() -> None:
    ids = angkatan_ids(["Angkatan I", "Angkatan 1", "Kelas I", "Peserta & Rekan", "§"])

    assert ids == {
        "Angkatan I": "I",
        "Angkatan 1": "1",
        "Kelas I": "I-2",
        "Peserta & Rekan": "Peserta-Rekan",
        "§": "angkatan",
    }


def test_an_id_has_at_most_36_letters_and_no_sign_at_either_end_and_counts_up_where_it_is_taken() -> None:
    assert list(angkatan_ids(["..Peserta Umum_", "P" * 40]).values()) == ["Peserta-Umum", "P" * 36]
    assert list(angkatan_ids(["Angkatan I", "Kelas I", "KLS-I", "Kelompok I"]).values()) == ["I", "I-2", "I-3", "I-4"]


def test_names_are_sorted_by_the_value_of_their_numbers_and_words_come_after_them() -> None:
    for names in (
        ["Angkatan II", "Angkatan IX", "Angkatan X", "Angkatan Khusus"],
        ["Angkatan ii", "Angkatan ix", "Angkatan X"],
        ["Kelas 0", "Kelas 2", "Kelas 10", "Kelas 2026", "Kelas 10000"],
    ):
        assert sorted([*names[1:], names[0]], key=natural_order) == names
