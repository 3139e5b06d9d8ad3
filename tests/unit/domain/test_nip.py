"""A NIP is taken however an office writes it, and refused with the one reason that helps."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from latsar_sync.domain.nip import check_nip, format_nip, mask_nip

TODAY = date(2026, 11, 24)
NIP = "199508172025042003"

births = st.dates(date(1950, 1, 1), TODAY)
appointments = st.tuples(st.integers(1970, 2030), st.integers(1, 12))
sequences = st.integers(1, 999)
separators = st.sampled_from(["", " ", ".", "-", "\u00a0", "\u2013", "\t", " - "])


@st.composite
def nips(draw: st.DrawFn) -> str:
    year, month = draw(appointments)
    sex = draw(st.sampled_from("12"))
    return f"{draw(births):%Y%m%d}{year}{month:02}{sex}{draw(sequences):03}"


@given(nips(), st.lists(separators, min_size=19, max_size=19), st.sampled_from(["", "'", "\u2019"]))
def test_any_valid_nip_passes_however_it_is_spaced(nip: str, gaps: list[str], quote: str) -> None:
    digits = zip(nip, gaps[1:], strict=True)
    written = quote + gaps[0] + "".join(digit + gap for digit, gap in digits)

    check = check_nip(written, TODAY)

    assert (check.nip, check.reason, check.detail) == (nip, None, "")


@pytest.mark.parametrize("mark", ["\u200b", "\ufeff", "\u00ad", "\u202c", "\u2060", "\u00a0", "\t", "\u200e", "'"])
@given(nips(), st.integers(0, 18))
def test_what_nobody_sees_in_a_pasted_nip_does_no_harm(mark: str, nip: str, place: int) -> None:
    assert check_nip(nip[:place] + mark + nip[place:], TODAY).nip == nip


def test_full_width_digits_are_digits() -> None:
    assert check_nip("\uff11\uff19" + NIP[2:], TODAY).nip == NIP


@given(nips(), st.sampled_from(["00000000", "19950230", "19951301", "19950832", "20230229", "00000101"]))
def test_a_birth_date_that_never_was_is_refused(nip: str, birth: str) -> None:
    assert check_nip(birth + nip[8:], TODAY).detail == "birth_date"


@given(nips(), st.integers(1, 3000))
def test_a_birth_date_in_the_future_is_refused(nip: str, days: int) -> None:
    assert check_nip(f"{TODAY + timedelta(days=days):%Y%m%d}" + nip[8:], TODAY).detail == "birth_date"


def test_a_leap_day_and_today_are_birth_dates() -> None:
    assert check_nip("199602292025042003", TODAY).reason is None
    assert check_nip("202611242025042003", TODAY).reason is None


@given(nips(), st.sampled_from([0, *range(13, 21), *range(30, 100)]))
def test_a_month_that_is_none_is_refused(nip: str, month: int) -> None:
    assert check_nip(f"{nip[:12]}{month:02}{nip[14:]}", TODAY).detail == "appointment_month"


@pytest.mark.parametrize(
    ("month", "detail"),
    [
        ("00", "appointment_month"),
        ("01", ""),
        ("12", ""),
        ("13", "appointment_month"),
        ("20", "appointment_month"),
        ("21", "looks_like_pppk"),
        ("29", "looks_like_pppk"),
        ("30", "appointment_month"),
    ],
)
def test_the_months_of_an_appointment_are_1_to_12_and_contracts_of_pppk_21_to_29(month: str, detail: str) -> None:
    assert check_nip(f"{NIP[:12]}{month}{NIP[14:]}", TODAY).detail == detail


@given(nips(), st.integers(21, 29))
def test_a_contract_count_in_place_of_the_month_looks_like_pppk(nip: str, count: int) -> None:
    assert check_nip(f"{nip[:12]}{count}{nip[14:]}", TODAY).detail == "looks_like_pppk"


@given(nips(), st.sampled_from("03456789"))
def test_a_sex_digit_other_than_one_or_two_is_refused(nip: str, sex: str) -> None:
    assert check_nip(nip[:14] + sex + nip[15:], TODAY).detail == "sex"


@given(nips())
def test_three_zeros_at_the_end_of_bare_digits_were_lost_by_a_spreadsheet(nip: str) -> None:
    assert check_nip(nip[:15] + "000", TODAY).detail == "spreadsheet_lost_digits"


@given(nips())
def test_a_sequence_of_zeros_written_as_text_is_refused_as_sequence(nip: str) -> None:
    assert check_nip(format_nip(nip[:15] + "000"), TODAY).detail == "sequence"


@pytest.mark.parametrize(
    "written", ["1,99508E+17", "1.99508172025042E+17", "1.99508e17", "2E+17", "199508172025042000,00"]
)
def test_a_number_that_a_spreadsheet_rounded_is_refused_as_such(written: str) -> None:
    check = check_nip(written, TODAY)

    assert (check.nip, check.reason, check.detail) == (None, "nip_invalid", "spreadsheet_lost_digits")


@given(st.text("0123456789", min_size=16, max_size=16))
def test_sixteen_digits_look_like_a_nik(digits: str) -> None:
    assert check_nip(digits, TODAY).detail == "looks_like_nik"


@given(nips(), st.integers(0, 17))
def test_a_digit_too_few_or_too_many_is_refused_as_length(nip: str, place: int) -> None:
    assert check_nip(nip[:place] + nip[place + 1 :], TODAY).detail == "length"
    assert check_nip(nip[:place] + "1" + nip[place:], TODAY).detail == "length"


@given(nips(), st.integers(0, 17), st.sampled_from(["O", "l", ",", "/", "\u0661"]))
def test_anything_but_an_ascii_digit_is_refused_as_length(nip: str, place: int, character: str) -> None:
    assert check_nip(nip[:place] + character + nip[place + 1 :], TODAY).detail == "length"


@pytest.mark.parametrize("written", [None, "", "  ", "\u00a0", "-", " - ", "'", "\u2014"])
def test_a_cell_without_anything_in_it_is_missing_not_invalid(written: str | None) -> None:
    check = check_nip(written, TODAY)

    assert (check.nip, check.reason, check.detail) == (None, "nip_missing", "")


@given(st.none() | st.text())
def test_whatever_is_written_gets_an_answer(written: str | None) -> None:
    check = check_nip(written, TODAY)

    assert (check.nip is None) == (check.reason is not None)


def test_the_result_of_a_check_can_be_logged_without_the_nip() -> None:
    assert NIP not in repr(check_nip(NIP, TODAY))


def test_a_masked_nip_keeps_birth_year_and_end_only() -> None:
    assert mask_nip(NIP) == "1995**********2003"


@given(st.text().filter(lambda text: len(text) != 18))
def test_what_is_not_a_nip_is_masked_wholly(text: str) -> None:
    assert mask_nip(text) == "*" * len(text)


def test_a_name_of_eighteen_letters_is_masked_wholly() -> None:
    assert mask_nip("Siti Nurhaliza Sar") == "*" * 18


def test_a_nip_is_printed_as_letters_print_it() -> None:
    assert format_nip(NIP) == "19950817 202504 2 003"
    assert format_nip("not a NIP") == "not a NIP"


@given(nips())
def test_a_printed_nip_reads_back_as_itself(nip: str) -> None:
    assert check_nip(format_nip(nip), TODAY).nip == nip
