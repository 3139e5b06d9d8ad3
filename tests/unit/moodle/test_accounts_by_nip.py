"""Whose account cannot be read is found among those asked for together, and keeps nobody else's from being found."""

from typing import Any

import pytest

from latsar_sync.domain.errors import RecordRejected, SiteUnavailable
from latsar_sync.domain.in_class import AccountInClass, CourseAsRead
from latsar_sync.domain.nip import number_form
from latsar_sync.moodle import payloads
from latsar_sync.moodle.accounts_by_nip import read_accounts
from latsar_sync.moodle.in_class_course import add_to_accounts
from latsar_sync.moodle.parsing import Listing

NIPS = [f"19950817202504{number:04}" for number in range(2001, 2021)]
SPOILT = NIPS[7]


class Profiles:
    """A site whose database fails for one person in whichever spelling; notes how many values were asked patiently."""

    name = "kelas"

    def __init__(self, error: RecordRejected | SiteUnavailable) -> None:
        self.error = error
        self.patiently: list[int] = []

    def read(self, _function: object, _shape: object, arguments: Any, *, patient: bool = True) -> Any:
        values = arguments["values"]
        if patient:
            self.patiently.append(len(values))
        if any(number_form(each) == SPOILT for each in values):
            raise self.error
        return Listing(payloads.User(id=int(each[-4:]), fullname="x", idnumber=each) for each in values if each in NIPS)


@pytest.mark.parametrize(
    "error",
    [SiteUnavailable("x", "y", errorcode="dmlreadexception"), RecordRejected("x", "y", "invalidresponse")],
    ids=["an error of the database", "a value that Moodle refuses"],
)
def test_whose_account_cannot_be_read_in_any_spelling_is_set_aside_alone(error: RecordRejected) -> None:
    site, unread = Profiles(error), set[str]()

    found = read_accounts(site, "idnumber", {*NIPS}, unread)  # type: ignore[arg-type]

    assert unread == {SPOILT}
    assert found.keys() == {*NIPS} - unread
    # patiently the whole, and then what is of one person: else each half would be waited for
    assert [each for each in site.patiently if each > 4] == [4 * len(NIPS)]


def test_an_account_that_a_person_chose_or_that_carries_an_odd_spelling_and_cannot_be_read_spoils_no_course() -> None:
    class ById(Profiles):
        def read(self, _function: object, _shape: object, arguments: Any, *, patient: bool = True) -> Any:
            if "7" in arguments["values"]:
                raise self.error
            return Listing(payloads.User(id=int(each), fullname="x") for each in arguments["values"])

    course = CourseAsRead("kelas", 2, "KLS-I", {}, nip_by_account={"idnumber": {3: NIPS[0], 7: NIPS[1]}})
    accounts: dict[str, tuple[AccountInClass, ...]] = dict.fromkeys(NIPS, ())
    site = ById(RecordRejected("x", "y", "invalidresponse"))

    unread = add_to_accounts(site, course, accounts, {"#7": 7, "#8": 8})  # type: ignore[arg-type]

    assert unread == {NIPS[1], "#7"}
    assert [account.user_id for account in accounts[NIPS[0]] + accounts["#8"]] == [3, 8]
