"""A list of accounts: a user id is a number that a Moodle can have given, whatever else a cell holds."""

from datetime import date

import pytest

from latsar_sync.files.account_list import check_accounts
from latsar_sync.files.opening import read_office_bytes

NIP = "199508172025042003"


@pytest.mark.parametrize("text", ["0", "-4", "4.5", "2147483648", "٤٧", "9" * 5000, "akun 47"])
def test_what_no_moodle_gives_as_a_user_id_is_refused_with_its_line(text: str) -> None:
    office = read_office_bytes("akun.csv", f"NIP;ID akun\n{NIP};{text}\n".encode())

    told, sheet = check_accounts(office, date(2026, 11, 20))

    assert told == {}
    assert [(each.line, each.code) for each in sheet.rejected] == [(2, "account_unreadable")]


def test_the_greatest_user_id_is_one() -> None:
    office = read_office_bytes("akun.csv", f"NIP;ID akun\n{NIP};2147483647\n".encode())

    told, sheet = check_accounts(office, date(2026, 11, 20))

    assert (told, sheet.rejected) == ({NIP: (2, 2147483647)}, [])
